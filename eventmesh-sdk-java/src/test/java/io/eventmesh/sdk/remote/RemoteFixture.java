package io.eventmesh.sdk.remote;

import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.time.MeshClock;
import io.eventmesh.common.topic.TopicName;
import io.eventmesh.spi.event.Event;
import io.eventmesh.spi.mesh.CallContext;
import io.eventmesh.spi.mesh.Outgoing;
import io.eventmesh.spi.security.Principal;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.AfterEach;

/** Real doors and clients of theirs, closed after the test. */
abstract class RemoteFixture {
    static final Duration SOON = Duration.ofSeconds(10);
    static final CallContext CALLER = CallContext.of(Principal.ANONYMOUS, "test");

    final List<AutoCloseable> toClose = new ArrayList<>();
    final TestDiscovery discovery = new TestDiscovery();

    /** Chooses the last of several runtimes, never moves to one that came new, and makes no pause longer than half. */
    private static final class Steady implements RandomGenerator {
        @Override
        public int nextInt(int bound) {
            return bound - 1;
        }

        @Override
        public long nextLong(long bound) {
            return 0;
        }

        @Override
        public long nextLong() {
            return 0;
        }
    }

    @AfterEach
    void closeAll() throws Exception {
        for (int i = toClose.size() - 1; i >= 0; i--) {
            toClose.get(i).close();
        }
    }

    TestRuntime runtime(String id) {
        TestRuntime runtime = TestRuntime.started(id);
        toClose.add(runtime);
        return runtime;
    }

    RemoteMesh mesh() {
        return mesh(RemoteOptions.defaults());
    }

    RemoteMesh mesh(RemoteOptions options) {
        return mesh(options, new Steady());
    }

    RemoteMesh mesh(RemoteOptions options, RandomGenerator random) {
        RemoteMesh mesh = new RemoteMesh(discovery, options, MeshClock.system(), random);
        toClose.add(mesh);
        return mesh;
    }

    static Event event(String id) {
        return Event.builder().id(id).source("/t").type("t").text("hello").build();
    }

    static Outgoing outgoing(String id) {
        return new Outgoing(TopicName.of("orders/eu"), event(id));
    }

    static <T> T now(CompletionStage<T> stage) throws Exception {
        return stage.toCompletableFuture().get(15, TimeUnit.SECONDS);
    }

    static EventMeshException refusal(CompletionStage<?> stage) throws Exception {
        try {
            stage.toCompletableFuture().get(15, TimeUnit.SECONDS);
        } catch (ExecutionException failure) {
            return EventMeshException.of(failure);
        }
        throw new AssertionError("not refused");
    }
}
