package io.eventmesh.test;

import io.eventmesh.common.config.DataSize;
import io.eventmesh.common.thread.NamedThreads;
import io.eventmesh.common.thread.SerialExecutor;
import io.eventmesh.common.time.MeshClock;
import io.eventmesh.common.time.Scheduler;
import io.eventmesh.runtime.mesh.LocalMesh;
import io.eventmesh.runtime.mesh.MeshSettings;
import io.eventmesh.runtime.mesh.MeshSurroundings;
import io.eventmesh.runtime.plugin.InstalledPlugins;
import io.eventmesh.sdk.EventMesh;
import io.eventmesh.spi.mesh.MeshEndpoint;
import io.eventmesh.spi.protocol.ProtocolContext;
import io.eventmesh.spi.protocol.ProtocolServer;
import io.eventmesh.spi.protocol.ProtocolServerProvider;
import io.eventmesh.spi.security.Authorizer;
import io.eventmesh.spi.security.Principal;
import io.eventmesh.spi.storage.Storage;
import io.eventmesh.spi.storage.StorageContext;
import io.eventmesh.spi.storage.StorageProvider;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** One mesh in memory with its client. Started and closed by the thread that runs the test. */
final class MeshUnderTest implements AutoCloseable {
    private static final String RUNTIME = "test";
    private static final String LOOPBACK = "127.0.0.1";
    private static final Duration CUT_OFF_AFTER = Duration.ofMillis(100);

    private final MeshClock clock = MeshClock.system();
    private final ScheduledThreadPoolExecutor timer = new ScheduledThreadPoolExecutor(
            1, new NamedThreads("test-mesh-timer"), new ThreadPoolExecutor.DiscardPolicy());
    private final ThreadPoolExecutor dispatch = new ThreadPoolExecutor(
            1,
            1,
            1,
            TimeUnit.SECONDS,
            new LinkedBlockingQueue<>(),
            new NamedThreads("test-mesh-dispatch"),
            new ThreadPoolExecutor.DiscardPolicy());
    private final InstalledPlugins plugins =
            new InstalledPlugins(Optional.empty(), MeshUnderTest.class.getClassLoader());
    private final PlannedFailures failures = new PlannedFailures();
    private final Scheduler scheduler = (delay, task) -> {
        Future<?> scheduled = timer.schedule(task, delay.toNanos(), TimeUnit.NANOSECONDS);
        return () -> scheduled.cancel(false);
    };
    private final Storage storage;
    private final LocalMesh local;
    private final ProbedMesh probed;
    private final MeshProbe probe;
    private @Nullable ProtocolServer door;
    private final EventMesh client;

    private MeshUnderTest(Transport transport) {
        timer.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
        StorageProvider<?> storages = plugins.named(StorageProvider.class, "memory");
        storage = storage(storages);
        storage.start();
        MeshSettings settings = MeshSettings.defaults(RUNTIME);
        local = new LocalMesh(
                storage,
                settings,
                MeshSurroundings.of(
                        clock, scheduler, dispatch, Authorizer.allowAll(), new SimpleMeterRegistry(), plugins));
        local.start();
        probed = new ProbedMesh(local, failures, () -> new SerialExecutor(dispatch, clock::nanoTime));
        probe = new MeshProbe(this, new MeshReading(local), failures, clock);
        if (transport == Transport.GRPC) {
            openDoor(0);
        }
        client = transport == Transport.GRPC
                ? EventMesh.builder().address(address()).clientName(RUNTIME).build()
                : EventMesh.builder().mesh(probed).clientName(RUNTIME).build();
    }

    static MeshUnderTest start(Transport transport) {
        return new MeshUnderTest(transport);
    }

    EventMesh client() {
        return client;
    }

    MeshProbe probe() {
        return probe;
    }

    String address() {
        ProtocolServer open = door;
        if (open == null) {
            throw new IllegalStateException("transport: IN_PROCESS (expected: GRPC, to have an address)");
        }
        return "grpc://" + open.address();
    }

    void dropConnections() {
        ProtocolServer open = door;
        if (open == null) {
            probed.dropConnections();
            return;
        }
        String address = open.address();
        open.close();
        openDoor(Integer.parseInt(address.substring(address.lastIndexOf(':') + 1)));
    }

    @Override
    public void close() {
        client.closeNow();
        if (door != null) {
            door.close();
        }
        local.close();
        storage.close();
        timer.shutdownNow();
        dispatch.shutdownNow();
        plugins.close();
    }

    private void openDoor(int port) {
        ProtocolServerProvider<?> doors = plugins.named(ProtocolServerProvider.class, "grpc");
        ProtocolServer opened = door(doors, port);
        opened.start();
        door = opened;
        local.announce(() -> List.of(new MeshEndpoint(RUNTIME, opened.address(), "")));
    }

    private <C extends Record> ProtocolServer door(ProtocolServerProvider<C> provider, int port) {
        C config = ChangedRecord.of(
                provider.defaults(), Map.of("host", LOOPBACK, "port", port, "drainTimeout", CUT_OFF_AFTER));
        return provider.create(
                config,
                new ProtocolContext(
                        RUNTIME,
                        probed,
                        credentials -> Principal.ANONYMOUS,
                        (key, host) -> {},
                        DataSize.ofMebibytes(1),
                        clock,
                        scheduler,
                        dispatch));
    }

    private <C extends Record> Storage storage(StorageProvider<C> provider) {
        return provider.create(provider.defaults(), new StorageContext("test", clock, Path.of("")));
    }
}
