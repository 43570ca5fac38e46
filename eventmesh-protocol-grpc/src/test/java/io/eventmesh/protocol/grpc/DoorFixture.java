package io.eventmesh.protocol.grpc;

import io.eventmesh.common.config.DataSize;
import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.thread.NamedThreads;
import io.eventmesh.common.time.MeshClock;
import io.eventmesh.common.time.Scheduler;
import io.eventmesh.spi.protocol.ProtocolContext;
import io.eventmesh.spi.protocol.ProtocolServer;
import io.eventmesh.spi.security.Authenticator;
import io.eventmesh.spi.security.Principal;
import io.eventmesh.testkit.ManualTime;
import io.eventmesh.testkit.mesh.RecordingMesh;
import io.grpc.ManagedChannel;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * An open door over a mesh that records, and a channel to it. A caller with any cluster key is a runtime; one that is
 * authorized as {@code nobody} is refused.
 */
final class DoorFixture implements AutoCloseable {
    final RecordingMesh mesh = new RecordingMesh();
    private final ScheduledExecutorService timer =
            Executors.newSingleThreadScheduledExecutor(new NamedThreads("fixture-timer"));
    private final ExecutorService dispatch = Executors.newSingleThreadExecutor(new NamedThreads("fixture-dispatch"));
    final ProtocolServer door;
    final ManagedChannel channel;

    DoorFixture() {
        this(null);
    }

    /** @param time drives the door; null for the machine's own */
    DoorFixture(@Nullable ManualTime time) {
        Scheduler machine = (delay, task) -> {
            Future<?> scheduled = timer.schedule(task, delay.toNanos(), TimeUnit.NANOSECONDS);
            return () -> scheduled.cancel(false);
        };
        ProtocolContext context = new ProtocolContext(
                "runtime-1",
                mesh,
                DoorFixture::authenticated,
                (key, host) -> {},
                DataSize.ofMebibytes(1),
                time == null ? MeshClock.system() : time,
                time == null ? machine : time,
                dispatch);
        door = new GrpcServerProvider().create(GrpcServerContractTest.config("127.0.0.1", 0), context);
        door.start();
        channel = GrpcTestClient.channel(door.address());
    }

    private static Principal authenticated(Authenticator.Credentials credentials) {
        if ("nobody".equals(credentials.authorization())) {
            throw new EventMeshException(ErrorCode.UNAUTHENTICATED, "token: 'nobody' (expected: somebody's)");
        }
        return credentials.clusterKey() == null
                ? Principal.ANONYMOUS
                : Principal.runtime(String.valueOf(credentials.runtime()));
    }

    @Override
    public void close() {
        channel.shutdownNow();
        door.close();
        timer.shutdownNow();
        dispatch.shutdownNow();
    }
}
