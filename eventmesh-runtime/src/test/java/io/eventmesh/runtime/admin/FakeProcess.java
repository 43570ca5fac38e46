package io.eventmesh.runtime.admin;

import io.eventmesh.common.config.DataSize;
import io.eventmesh.common.config.Secret;
import io.eventmesh.common.thread.NamedThreads;
import io.eventmesh.common.time.MeshClock;
import io.eventmesh.common.time.Scheduler;
import io.eventmesh.spi.mesh.Mesh;
import io.eventmesh.spi.plugin.Plugins;
import io.eventmesh.spi.role.RoleContext;
import io.eventmesh.spi.security.Authenticator;
import io.eventmesh.spi.security.BindGuard;
import io.eventmesh.spi.security.Principal;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.file.Path;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/** A process for one role, with a machine's clock and a meta store of the test's. */
public final class FakeProcess implements RoleContext, AutoCloseable {
    private final FakeMeta meta;
    private final Path directory;
    private final Plugins plugins;
    private final Mesh mesh;
    private final int speed;
    private final Map<Class<?>, Record> sections = new ConcurrentHashMap<>();
    private final ScheduledExecutorService threads =
            new ScheduledThreadPoolExecutor(2, new NamedThreads("fake-process"));
    private final Map<Class<?>, Object> shared = new ConcurrentHashMap<>();
    private final MeterRegistry meters = new SimpleMeterRegistry();

    public FakeProcess(FakeMeta meta, Path directory, Plugins plugins, Mesh mesh) {
        this(meta, directory, plugins, mesh, 1);
    }

    /** @param speed of its clock and its timers, as a multiple of the machine's */
    public FakeProcess(FakeMeta meta, Path directory, Plugins plugins, Mesh mesh, int speed) {
        this.speed = speed;
        this.meta = meta;
        this.directory = directory;
        this.plugins = plugins;
        this.mesh = mesh;
    }

    @Override
    public void close() {
        if (shared.get(AdminLink.class) instanceof AdminLink link) {
            link.close();
        }
        threads.shutdownNow();
    }

    @Override
    public String runtimeId() {
        return "runtime-1";
    }

    @Override
    public String incarnation() {
        return "incarnation-1";
    }

    @Override
    public String cluster() {
        return "test";
    }

    @Override
    public Set<String> roles() {
        return Set.of("connector");
    }

    @Override
    public String version() {
        return "test";
    }

    @Override
    public MeshClock clock() {
        MeshClock machine = MeshClock.system();
        return speed == 1 ? machine : new Hurried(machine, speed);
    }

    @Override
    public Scheduler scheduler() {
        return (delay, task) -> {
            if (threads.isShutdown()) {
                return () -> {};
            }
            ScheduledFuture<?> timer = threads.schedule(task, delay.toNanos() / speed, TimeUnit.NANOSECONDS);
            return () -> timer.cancel(false);
        };
    }

    @Override
    public Executor dispatch() {
        return threads;
    }

    @Override
    public Executor blocking() {
        return threads;
    }

    @Override
    public FakeMeta meta() {
        return meta;
    }

    @Override
    public Plugins plugins() {
        return plugins;
    }

    @Override
    public <C extends Record> C config(String section, Class<C> type) {
        return type.cast(Objects.requireNonNull(sections.get(type), section));
    }

    /** What the process has configured of this type. */
    public void configure(Record section) {
        sections.put(section.getClass(), section);
    }

    @Override
    public String storageType() {
        return "memory";
    }

    @Override
    public Authenticator authenticator() {
        return credentials -> Principal.ANONYMOUS;
    }

    @Override
    public BindGuard bindGuard() {
        return (key, host) -> {};
    }

    @Override
    public Secret clusterKey() {
        return Secret.of("key");
    }

    @Override
    public DataSize maxEventSize() {
        return DataSize.ofMebibytes(1);
    }

    @Override
    public Path dataDirectory() {
        return directory;
    }

    @Override
    public Path runtimeDirectory() {
        return directory;
    }

    @Override
    public MeterRegistry meters() {
        return meters;
    }

    @Override
    public void offerMesh(Mesh offered) {
        // nobody asks
    }

    @Override
    public Optional<Mesh> localMesh() {
        return Optional.of(mesh);
    }

    @Override
    public <T> T shared(Class<T> type, Supplier<T> make) {
        return type.cast(shared.computeIfAbsent(type, key -> make.get()));
    }

    private record Hurried(MeshClock machine, int speed) implements MeshClock {
        @Override
        public long millis() {
            return machine.millis();
        }

        @Override
        public long nanoTime() {
            return machine.nanoTime() * speed;
        }
    }
}
