package io.eventmesh.runtime;

import io.eventmesh.common.config.DataSize;
import io.eventmesh.common.config.Secret;
import io.eventmesh.common.time.MeshClock;
import io.eventmesh.common.time.Scheduler;
import io.eventmesh.runtime.config.Configuration;
import io.eventmesh.spi.mesh.Mesh;
import io.eventmesh.spi.meta.MetaStore;
import io.eventmesh.spi.plugin.Plugins;
import io.eventmesh.spi.role.RoleContext;
import io.eventmesh.spi.security.Authenticator;
import io.eventmesh.spi.security.BindGuard;
import io.micrometer.core.instrument.MeterRegistry;
import java.nio.file.Path;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;

/** What the roles of this process are given. */
final class ProcessContext implements RoleContext {
    private final RuntimeIdentity identity;
    private final Set<String> roles;
    private final String version;
    private final Configuration configuration;
    private final Path dataDirectory;
    private final MeshClock clock;
    private final RuntimeThreads threads;
    private final Scheduler scheduler;
    private final SharedParts parts;
    private final MetaStore meta;
    private final Plugins plugins;
    private final Secret clusterKey;
    private final Authenticator authenticator;
    private final BindGuard bindGuard;
    private final MeterRegistry meters;
    private final AtomicReference<Mesh> mesh = new AtomicReference<>();

    ProcessContext(
            RuntimeIdentity identity,
            Set<String> roles,
            ProcessSetup setup,
            RuntimeThreads threads,
            SharedParts parts,
            MetaStore meta,
            Secret clusterKey,
            BindGuard bindGuard,
            MeterRegistry meters) {
        this.identity = identity;
        this.roles = Set.copyOf(roles);
        this.version = setup.version();
        this.configuration = setup.configuration();
        this.dataDirectory = setup.dataDirectory();
        this.clock = setup.clock();
        this.plugins = setup.plugins();
        this.threads = threads;
        this.parts = parts;
        this.scheduler = threads.scheduler();
        this.meta = meta;
        this.clusterKey = clusterKey;
        this.authenticator = new ClusterAuthenticator(clusterKey);
        this.bindGuard = bindGuard;
        this.meters = meters;
    }

    @Override
    public String runtimeId() {
        return identity.id();
    }

    @Override
    public String incarnation() {
        return identity.incarnation();
    }

    @Override
    public String cluster() {
        return configuration.core().cluster();
    }

    @Override
    public Set<String> roles() {
        return roles;
    }

    @Override
    public String version() {
        return version;
    }

    @Override
    public MeshClock clock() {
        return clock;
    }

    @Override
    public Scheduler scheduler() {
        return scheduler;
    }

    @Override
    public Executor dispatch() {
        return threads.dispatch();
    }

    @Override
    public Executor blocking() {
        return threads.blocking();
    }

    @Override
    public MetaStore meta() {
        return meta;
    }

    @Override
    public Plugins plugins() {
        return plugins;
    }

    @Override
    public <C extends Record> C config(String section, Class<C> type) {
        return configuration.section(section, type);
    }

    @Override
    public String storageType() {
        return configuration.core().storage().type();
    }

    @Override
    public Authenticator authenticator() {
        return authenticator;
    }

    @Override
    public BindGuard bindGuard() {
        return bindGuard;
    }

    @Override
    public Secret clusterKey() {
        return clusterKey;
    }

    @Override
    public DataSize maxEventSize() {
        return configuration.core().limits().maxEventSize();
    }

    @Override
    public Path dataDirectory() {
        return dataDirectory;
    }

    @Override
    public Path runtimeDirectory() {
        return identity.directory();
    }

    @Override
    public MeterRegistry meters() {
        return meters;
    }

    @Override
    public void offerMesh(Mesh offered) {
        if (!mesh.compareAndSet(null, offered)) {
            throw new IllegalStateException("a mesh was offered already");
        }
    }

    @Override
    public Optional<Mesh> localMesh() {
        return Optional.ofNullable(mesh.get());
    }

    @Override
    public <T> T shared(Class<T> type, Supplier<T> make) {
        return parts.get(type, make);
    }
}
