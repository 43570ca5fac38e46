package io.eventmesh.sdk.remote;

import io.eventmesh.common.config.DataSize;
import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.thread.NamedThreads;
import io.eventmesh.common.time.MeshClock;
import io.eventmesh.protocol.grpc.GrpcConfig;
import io.eventmesh.protocol.grpc.GrpcServerProvider;
import io.eventmesh.spi.mesh.MeshEndpoint;
import io.eventmesh.spi.protocol.ProtocolContext;
import io.eventmesh.spi.protocol.ProtocolServer;
import io.eventmesh.spi.security.Authenticator;
import io.eventmesh.spi.security.Principal;
import io.eventmesh.testkit.mesh.RecordingMesh;
import java.time.Duration;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/** A real gRPC door on a free port over a mesh that records. */
public final class TestRuntime implements AutoCloseable {
    public final RecordingMesh mesh = new RecordingMesh();
    private final String id;
    private final ScheduledExecutorService timer =
            Executors.newSingleThreadScheduledExecutor(new NamedThreads("test-timer"));
    private final ExecutorService dispatch = Executors.newSingleThreadExecutor(new NamedThreads("test-dispatch"));
    final TestLeases leases = new TestLeases();
    private final ProtocolServer door;

    private TestRuntime(String id, Duration drainTimeout, Duration pingInterval) {
        this.id = id;
        Authenticator authenticator = credentials -> {
            if (credentials.clusterKey() == null) {
                String token = credentials.authorization();
                return token == null ? Principal.ANONYMOUS : new Principal(token, Principal.Kind.USER);
            }
            if (!credentials.clusterKey().equals("right")) {
                throw new EventMeshException(ErrorCode.UNAUTHENTICATED, "cluster key: wrong (expected: the cluster's)");
            }
            return Principal.runtime(String.valueOf(credentials.runtime()));
        };
        ProtocolContext context = new ProtocolContext(
                id,
                mesh,
                authenticator,
                (key, host) -> {},
                DataSize.ofMebibytes(1),
                MeshClock.system(),
                (delay, task) -> {
                    Future<?> scheduled = timer.schedule(task, delay.toNanos(), TimeUnit.NANOSECONDS);
                    return () -> scheduled.cancel(false);
                },
                dispatch,
                leases);
        this.door = new GrpcServerProvider()
                .create(
                        new GrpcConfig(
                                true,
                                "127.0.0.1",
                                0,
                                "",
                                DataSize.ofMebibytes(4),
                                DataSize.ofMebibytes(1),
                                1,
                                drainTimeout,
                                pingInterval,
                                Duration.ofSeconds(60)),
                        context);
    }

    /** A runtime that ends at once when it is closed. */
    public static TestRuntime started(String id) {
        return started(id, Duration.ZERO, Duration.ofMillis(200));
    }

    public static TestRuntime started(String id, Duration drainTimeout, Duration pingInterval) {
        TestRuntime runtime = new TestRuntime(id, drainTimeout, pingInterval);
        runtime.door.start();
        runtime.mesh.answerEndpoints(java.util.List.of(runtime.endpoint()));
        return runtime;
    }

    public MeshEndpoint endpoint() {
        return new MeshEndpoint(id, door.address(), "");
    }

    /** Begins to end: what is accepted is answered, what comes is sent elsewhere. */
    public void drain() {
        door.drain();
    }

    @Override
    public void close() {
        door.close();
        timer.shutdownNow();
        dispatch.shutdownNow();
    }
}
