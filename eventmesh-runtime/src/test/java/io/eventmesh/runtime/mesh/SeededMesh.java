package io.eventmesh.runtime.mesh;

import io.eventmesh.common.time.MeshClock;
import io.eventmesh.common.time.Scheduler;
import io.eventmesh.spi.security.Authorizer;
import io.eventmesh.spi.storage.Storage;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.concurrent.Executor;
import java.util.random.RandomGenerator;

/** A mesh whose randomness belongs to the test, for tests in other packages. */
public final class SeededMesh {
    private SeededMesh() {}

    public static LocalMesh of(
            Storage storage,
            MeshSettings settings,
            MeshClock clock,
            Scheduler scheduler,
            Executor dispatch,
            MeterRegistry meters,
            RandomGenerator random) {
        return new LocalMesh(
                storage,
                settings,
                new MeshSurroundings(
                        clock,
                        scheduler,
                        dispatch,
                        Authorizer.allowAll(),
                        meters,
                        new FakePlugins(new FakeTargets(), new FakeFilters()),
                        random,
                        random,
                        Outward.local()));
    }
}
