package io.eventmesh.runtime;

import io.eventmesh.common.config.Secret;
import io.eventmesh.common.lifecycle.Component;
import io.eventmesh.common.lifecycle.LifeCycle;
import io.eventmesh.runtime.config.Configuration;
import io.eventmesh.runtime.config.RuntimeConfig;
import io.eventmesh.runtime.ops.HealthReport;
import io.eventmesh.runtime.ops.OpsServer;
import io.eventmesh.spi.meta.MetaStore;
import io.eventmesh.spi.meta.MetaStoreProvider;
import io.eventmesh.spi.meta.RuntimeRegistration;
import io.eventmesh.spi.role.Role;
import io.eventmesh.spi.role.RoleContext;
import io.eventmesh.spi.role.RoleProvider;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The composition root: everything one runtime process consists of, made and started top to bottom, closed bottom to
 * top.
 *
 * <p>Started once by one thread; a failed start has given everything back. {@link #close} may be called any number of
 * times by any thread: it withdraws the registration, drains the roles and closes all in reverse.
 */
public final class RuntimeProcess implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(RuntimeProcess.class);

    /** Of the 20 s that {@link Main} gives a stop; the rest is for closing. */
    private static final Duration DRAIN = Duration.ofSeconds(16);

    private final ProcessSetup setup;
    private final RoleNames roleNames;
    private final LifeCycle lifeCycle = new LifeCycle();
    private final HealthReport report = new HealthReport();
    private final List<Role> roles = new ArrayList<>();
    private @Nullable RoleContext context;
    private @Nullable OpsServer ops;
    private @Nullable MetaStore meta;

    RuntimeProcess(ProcessSetup setup, RoleNames roleNames) {
        this.setup = setup;
        this.roleNames = roleNames;
    }

    /**
     * Starts everything; returns when the runtime is announced.
     *
     * @throws io.eventmesh.common.error.EventMeshException why not, after everything was given back
     */
    public void start() {
        try {
            startAll();
        } catch (RuntimeException | Error failure) {
            lifeCycle.close();
            throw failure;
        }
    }

    private void startAll() {
        Configuration configuration = setup.configuration();
        RuntimeConfig core = configuration.core();
        log.info("Configuration in effect. {}", String.join(" ", configuration.lines()));

        RuntimeThreads threads = started(new RuntimeThreads(Runtime.getRuntime().availableProcessors()));
        Meters meters = started(new Meters(setup.version()));
        threads.bindTo(meters.registry());

        RuntimeIdentity identity = started(new RuntimeIdentity(setup.dataDirectory(), setup.host(), setup.random()));
        LoopbackGuard bindGuard = new LoopbackGuard(core.security().anonymous());
        OpsServer opsServer = started(new OpsServer(core.ops(), bindGuard, report, meters::scrape));
        ops = opsServer;

        MetaStore store = started(metaStore(configuration));
        meta = store;
        Secret clusterKey = ClusterKey.of(core.security().clusterKey(), store, setup.random());

        SharedParts parts = started(new SharedParts());
        ProcessContext shared = new ProcessContext(
                identity, roleNames.asSet(), setup, threads, parts, store, clusterKey, bindGuard, meters.registry());
        context = shared;
        for (RoleProvider<?> provider : roleNames.providers()) {
            roles.add(started(role(provider, shared)));
        }
        started(new Draining(roles, setup.clock(), DRAIN));

        long startedMillis = setup.clock().millis();
        started(new Announcement(
                store,
                report,
                () -> new RuntimeRegistration(
                        identity.id(),
                        identity.incarnation(),
                        roleNames.inOrder(),
                        setup.version(),
                        endpoints(),
                        startedMillis)));
        log.info("Runtime started. id={} roles={} endpoints={}", identity.id(), roleNames.inOrder(), endpoints());
    }

    /** What others reach this runtime by, such as {@code mesh.grpc} and {@code ops}; after start. */
    public Map<String, String> endpoints() {
        Map<String, String> endpoints = new LinkedHashMap<>();
        roles.forEach(role -> endpoints.putAll(role.endpoints()));
        if (ops != null) {
            endpoints.put("ops", ops.address());
        }
        return Map.copyOf(endpoints);
    }

    /** What the roles of this process were given; after start. */
    public RoleContext context() {
        if (context == null) {
            throw new IllegalStateException("not started");
        }
        return context;
    }

    /** Lines for people: what runs here and where; after start. */
    List<String> banner() {
        return Banner.of(
                setup, context(), roleNames, meta == null ? "" : meta.health().detail(), roles);
    }

    @Override
    public void close() {
        lifeCycle.close();
    }

    private MetaStore metaStore(Configuration configuration) {
        RuntimeConfig.Meta choice = configuration.core().meta();
        MetaStoreProvider<?> provider = setup.plugins().named(MetaStoreProvider.class, choice.type());
        return metaStore(provider, configuration);
    }

    private <C extends Record> MetaStore metaStore(MetaStoreProvider<C> provider, Configuration configuration) {
        RuntimeConfig core = configuration.core();
        C section = configuration.section("meta." + provider.name(), provider.configType());
        return provider.create(section, core.meta().connect(), core.cluster(), setup.clock(), setup.dataDirectory());
    }

    private static <C extends Record> Role role(RoleProvider<C> provider, RoleContext context) {
        return provider.create(context.config(provider.name(), provider.configType()), context);
    }

    private <T extends Component> T started(T component) {
        lifeCycle.start(component);
        report.add(component);
        return component;
    }

    /** The components that run, in the order of their start. */
    Collection<String> components() {
        return lifeCycle.components().stream().map(Component::name).collect(Collectors.toList());
    }
}
