package io.eventmesh.admin;

import io.eventmesh.admin.database.DatabaseConfig;
import io.eventmesh.admin.rest.Contract;
import io.eventmesh.common.config.DataSize;
import io.eventmesh.common.config.Secret;
import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.thread.NamedThreads;
import io.eventmesh.common.time.MeshClock;
import io.eventmesh.common.time.Scheduler;
import io.eventmesh.spi.mesh.Mesh;
import io.eventmesh.spi.meta.MetaStore;
import io.eventmesh.spi.plugin.Plugin;
import io.eventmesh.spi.plugin.Plugins;
import io.eventmesh.spi.role.RoleContext;
import io.eventmesh.spi.security.Authenticator;
import io.eventmesh.spi.security.BindGuard;
import io.eventmesh.spi.security.Principal;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** A process with the role admin and nothing else, on free ports and a meta store of the test. */
public final class AdminProcess implements RoleContext, AutoCloseable {
    public static final String KEY = "the-cluster-key";

    private static final HttpClient CLIENT =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    private final MeterRegistry meters = new SimpleMeterRegistry();
    private final String id;
    private final MetaStore meta;
    private final Path directory;
    private final List<Plugin> plugins = new ArrayList<>();
    private final ScheduledExecutorService timer = Executors.newScheduledThreadPool(1, new NamedThreads("timer"));
    private final ExecutorService dispatch = Executors.newFixedThreadPool(1, new NamedThreads("dispatch"));
    private final ExecutorService blocking = Executors.newFixedThreadPool(4, new NamedThreads("blocking"));
    private @Nullable Mesh mesh;
    private @Nullable AdminRole role;

    public AdminProcess(String id, MetaStore meta, Path directory) {
        this.id = id;
        this.meta = meta;
        this.directory = directory;
    }

    public AdminProcess with(Plugin... more) {
        plugins.addAll(List.of(more));
        return this;
    }

    public static AdminConfig config(Duration lease) {
        return config(lease, DatabaseConfig.defaults());
    }

    public static AdminConfig config(Duration lease, DatabaseConfig database) {
        AdminConfig defaults = AdminConfig.defaults();
        AdminConfig.Address free = new AdminConfig.Address("127.0.0.1", 0);
        return new AdminConfig(free, free, database, lease, defaults.grace(), defaults.suspectAfter());
    }

    public AdminProcess start(AdminConfig config) {
        AdminRole started = (AdminRole) new AdminRoleProvider().create(config, this);
        started.start();
        role = started;
        return this;
    }

    /** Its own endpoints. */
    public String endpoint(String name) {
        return Objects.requireNonNull(role().endpoints().get(name), name);
    }

    AdminRole role() {
        if (role == null) {
            throw new IllegalStateException("not started");
        }
        return role;
    }

    /**
     * A request to the REST side, which must be answered as the contract says; headers as name, value, name, value.
     */
    public HttpResponse<String> http(String method, String path, String body, String... headers) {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(endpoint("admin.http") + path))
                .timeout(Duration.ofSeconds(10))
                .method(method, HttpRequest.BodyPublishers.ofString(body));
        if (!body.isEmpty() && headers.length == 0) {
            request.header("Content-Type", "application/json");
        } else if (headers.length > 0) {
            request.headers(headers);
        }
        try {
            HttpResponse<String> answer = CLIENT.send(request.build(), HttpResponse.BodyHandlers.ofString());
            Contract.served().check(method, path, body, answer);
            return answer;
        } catch (Exception failure) {
            throw new IllegalStateException(failure);
        }
    }

    @Override
    public void close() {
        if (role != null) {
            role.close();
        }
        timer.shutdownNow();
        dispatch.shutdownNow();
        blocking.shutdownNow();
    }

    @Override
    public String runtimeId() {
        return id;
    }

    @Override
    public String incarnation() {
        return id + "-1";
    }

    @Override
    public String cluster() {
        return "test";
    }

    @Override
    public Set<String> roles() {
        return Set.of("admin");
    }

    @Override
    public String version() {
        return "dev";
    }

    @Override
    public MeshClock clock() {
        return MeshClock.system();
    }

    @Override
    public Scheduler scheduler() {
        return (delay, task) -> {
            if (timer.isShutdown()) {
                return () -> {};
            }
            var future = timer.schedule(task, delay.toNanos(), TimeUnit.NANOSECONDS);
            return () -> future.cancel(false);
        };
    }

    @Override
    public Executor dispatch() {
        return dispatch;
    }

    @Override
    public Executor blocking() {
        return blocking;
    }

    @Override
    public MetaStore meta() {
        return meta;
    }

    @Override
    public Plugins plugins() {
        return new Plugins() {
            @Override
            public <P extends Plugin> List<P> all(Class<P> kind) {
                return plugins.stream()
                        .filter(kind::isInstance)
                        .map(kind::cast)
                        .sorted(Comparator.comparing(Plugin::name))
                        .toList();
            }

            @Override
            public <P extends Plugin> P named(Class<P> kind, String name) {
                return all(kind).stream()
                        .filter(plugin -> plugin.name().equals(name))
                        .findFirst()
                        .orElseThrow(() -> new EventMeshException(
                                ErrorCode.PLUGIN_UNKNOWN,
                                "%s: '%s' (expected one of: %s)"
                                        .formatted(
                                                kind.getSimpleName(),
                                                name,
                                                all(kind).stream()
                                                        .map(Plugin::name)
                                                        .toList())));
            }
        };
    }

    @Override
    public <C extends Record> C config(String section, Class<C> type) {
        throw new UnsupportedOperationException(section);
    }

    @Override
    public String storageType() {
        return "memory";
    }

    @Override
    public Authenticator authenticator() {
        return credentials -> {
            if (credentials.clusterKey() == null) {
                return Principal.ANONYMOUS;
            }
            if (!credentials.clusterKey().equals(KEY) || credentials.runtime() == null) {
                throw new EventMeshException(ErrorCode.UNAUTHENTICATED, "cluster key: wrong (expected: the cluster's)");
            }
            return Principal.runtime(credentials.runtime());
        };
    }

    @Override
    public BindGuard bindGuard() {
        return (key, host) -> {};
    }

    @Override
    public Secret clusterKey() {
        return Secret.of(KEY);
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
        mesh = offered;
    }

    @Override
    public Optional<Mesh> localMesh() {
        return Optional.ofNullable(mesh);
    }

    @Override
    public <T> T shared(Class<T> type, Supplier<T> make) {
        return make.get();
    }
}
