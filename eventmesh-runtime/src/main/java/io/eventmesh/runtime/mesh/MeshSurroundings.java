package io.eventmesh.runtime.mesh;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.time.MeshClock;
import io.eventmesh.common.time.Scheduler;
import io.eventmesh.spi.plugin.Plugin;
import io.eventmesh.spi.plugin.Plugins;
import io.eventmesh.spi.security.Authorizer;
import io.micrometer.core.instrument.MeterRegistry;
import java.security.SecureRandom;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.ThreadLocalRandom;
import java.util.random.RandomGenerator;

/**
 * What a mesh is given besides its storage.
 *
 * @param scheduler fires time-outs
 * @param dispatch runs what groups do not do inline on the calling thread; must not be blocked
 * @param plugins filters and kinds of destinations
 * @param random for the jitter of retries; thread-safe
 * @param secrets for what nobody may guess; thread-safe
 * @param outward what senders may do outside of the mesh
 */
public record MeshSurroundings(
        MeshClock clock,
        Scheduler scheduler,
        Executor dispatch,
        Authorizer authorizer,
        MeterRegistry meters,
        Plugins plugins,
        RandomGenerator random,
        RandomGenerator secrets,
        Outward outward) {
    private static final Plugins NO_PLUGINS = new Plugins() {
        @Override
        public <P extends Plugin> List<P> all(Class<P> kind) {
            return List.of();
        }

        @Override
        public <P extends Plugin> P named(Class<P> kind, String name) {
            throw new EventMeshException(
                    ErrorCode.PLUGIN_UNKNOWN, "%s: '%s' (expected: none)".formatted(kind.getSimpleName(), name));
        }
    };

    /** Without plugins, and with everybody allowed to do everything. */
    public static MeshSurroundings of(MeshClock clock, Scheduler scheduler, Executor dispatch, MeterRegistry meters) {
        return of(clock, scheduler, dispatch, Authorizer.allowAll(), meters, NO_PLUGINS);
    }

    /** With the randomness of the machine. */
    public static MeshSurroundings of(
            MeshClock clock,
            Scheduler scheduler,
            Executor dispatch,
            Authorizer authorizer,
            MeterRegistry meters,
            Plugins plugins) {
        return new MeshSurroundings(
                clock,
                scheduler,
                dispatch,
                authorizer,
                meters,
                plugins,
                () -> ThreadLocalRandom.current().nextLong(),
                new SecureRandom(),
                Outward.local());
    }

    public MeshSurroundings withOutward(Outward other) {
        return new MeshSurroundings(clock, scheduler, dispatch, authorizer, meters, plugins, random, secrets, other);
    }
}
