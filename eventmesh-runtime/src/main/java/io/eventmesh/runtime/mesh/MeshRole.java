package io.eventmesh.runtime.mesh;

import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.lifecycle.Component;
import io.eventmesh.common.lifecycle.Health;
import io.eventmesh.common.lifecycle.LifeCycle;
import io.eventmesh.runtime.admin.AdminLink;
import io.eventmesh.runtime.admin.LeaderPresence;
import io.eventmesh.runtime.config.LimitsConfig;
import io.eventmesh.runtime.config.RuntimeConfig;
import io.eventmesh.runtime.mesh.lane.TargetLanes;
import io.eventmesh.spi.mesh.TaskFence;
import io.eventmesh.spi.meta.MetaPaths;
import io.eventmesh.spi.meta.MetaStore;
import io.eventmesh.spi.peer.PeerLinksProvider;
import io.eventmesh.spi.protocol.ProtocolContext;
import io.eventmesh.spi.protocol.ProtocolServer;
import io.eventmesh.spi.protocol.ProtocolServerProvider;
import io.eventmesh.spi.role.Role;
import io.eventmesh.spi.role.RoleContext;
import io.eventmesh.spi.security.Authorizer;
import io.eventmesh.spi.security.LeaseTokens;
import io.eventmesh.spi.storage.Capability;
import io.eventmesh.spi.storage.Durability;
import io.eventmesh.spi.storage.GroupInfo;
import io.eventmesh.spi.storage.Storage;
import io.eventmesh.spi.storage.StorageContext;
import io.eventmesh.spi.storage.StorageProvider;
import java.lang.reflect.RecordComponent;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The mesh role: storage, engine, delivery to targets, doors, started in this order. Nothing is taken from outside before
 * the storage is known to be this runtime's.
 */
final class MeshRole implements Role {
    private static final Logger log = LoggerFactory.getLogger(MeshRole.class);
    private static final Duration OLD_SESSION = Duration.ofSeconds(15);
    private static final Duration FENCES_PATIENCE = Duration.ofSeconds(5);

    private final MeshConfig config;
    private final RoleContext context;
    private final LifeCycle parts = new LifeCycle();
    private final LiveMeshes live;
    private final Map<String, ProtocolServer> doors = new LinkedHashMap<>();
    private final Map<String, String> announced = new LinkedHashMap<>();
    private final List<AutoCloseable> handles = new ArrayList<>();
    private final CompletableFuture<Void> fencesKnown = new CompletableFuture<>();
    private final CompletableFuture<Void> keysKnown = new CompletableFuture<>();
    private @Nullable LocalMesh mesh;
    private @Nullable Storage storage;

    MeshRole(MeshConfig config, RoleContext context) {
        this.config = config;
        this.context = context;
        this.live = new LiveMeshes(context.runtimeId());
    }

    @Override
    public String name() {
        return "mesh";
    }

    @Override
    public void start() {
        try {
            Storage chosen = storage();
            if (!chosen.capabilities().contains(Capability.SHARED)) {
                parts.start(new StorageOwner(
                        context.runtimeId(),
                        context.storageType(),
                        context.dataDirectory(),
                        context.meta(),
                        OLD_SESSION));
            }
            parts.start(chosen);
            storage = chosen;
            LocalMesh local = new LocalMesh(
                    chosen,
                    settings(),
                    MeshSurroundings.of(
                                    context.clock(),
                                    context.scheduler(),
                                    context.dispatch(),
                                    Authorizer.allowAll(),
                                    context.meters(),
                                    context.plugins())
                            .withOutward(outward()));
            parts.start(local);
            mesh = local;
            local.announce(live);
            handles.add(context.meta().watch(MetaPaths.RUNTIMES, live::seen));
            handles.add(context.meta().watch(MetaPaths.FENCES, values -> fences(local, values)));
            local.onTaskCalled(task -> readFence(local, task));
            context.offerMesh(local);
            startLanes(local);
            SignedLeases leases = leases();
            awaitRights();
            context.plugins().all(ProtocolServerProvider.class).forEach(provider -> startDoor(provider, local, leases));
            live.own(endpoints());
            if (chosen.capabilities().contains(Capability.SHARED)) {
                meet(local);
            }
        } catch (RuntimeException | Error failure) {
            close();
            throw failure;
        }
    }

    /** Once others can reach this one. */
    private void meet(LocalMesh local) {
        List<PeerLinksProvider> providers = context.plugins().all(PeerLinksProvider.class);
        if (providers.isEmpty() || !doors.containsKey(providers.get(0).name())) {
            log.warn(
                    "Members get only what this runtime owns the partitions of: the door to other runtimes is closed. missing=mesh.grpc");
            return;
        }
        live.onChange(local::endpointsChanged);
        local.meet(providers
                .get(0)
                .create(context.runtimeId(), context.clusterKey(), context.maxEventSize(), context.clock()));
    }

    private MeshSettings settings() {
        RuntimeConfig.Topics topics = context.config("topics", RuntimeConfig.Topics.class);
        return config.settings(
                context.runtimeId(),
                context.config("limits", LimitsConfig.class),
                new TopicsConfig(topics.autoCreate(), topics.partitions(), topics.streams()));
    }

    /** A process that serves its own machine alone may call it, too. */
    private Outward outward() {
        RuntimeConfig.Security security = context.config("security", RuntimeConfig.Security.class);
        return new Outward(
                new AllowedSecrets(config.targets().secrets(), System.getenv(), context.blocking()),
                config.targets().addresses(security.anonymous() == RuntimeConfig.Anonymous.LOOPBACK));
    }

    private Storage storage() {
        StorageProvider<?> provider = context.plugins().named(StorageProvider.class, context.storageType());
        return create(provider);
    }

    private <C extends Record> Storage create(StorageProvider<C> provider) {
        C section = context.config("storage." + provider.name(), provider.configType());
        return provider.create(
                section, new StorageContext(context.cluster(), context.clock(), context.dataDirectory()));
    }

    private void startLanes(LocalMesh local) {
        TargetLanes outbox = new TargetLanes(
                local.outbox(),
                local.backlogs(),
                local.senders(),
                context.dispatch(),
                () -> ThreadLocalRandom.current().nextLong(),
                context.meters());
        handles.add(outbox);
        local.deliversTo(outbox);
        MetaStore.Handle definitions = AdminLink.of(context).definitions(outbox::update);
        handles.add(definitions);
    }

    private SignedLeases leases() {
        AdminLink link = AdminLink.of(context);
        MetaStore meta = context.meta();
        SignedLeases leases = new SignedLeases(
                context.clock(),
                () -> link.leader() == LeaderPresence.ABSENT,
                term -> meta.get(MetaPaths.LEASE_KEYS + "/" + term));
        MetaStore.Handle watch = meta.watch(MetaPaths.LEASE_KEYS, keys -> {
            leases.take(keys);
            keysKnown.complete(null);
        });
        handles.add(watch);
        return leases;
    }

    private void startDoor(ProtocolServerProvider<?> provider, LocalMesh local, LeaseTokens leases) {
        door(provider, local, leases);
    }

    private <C extends Record> void door(ProtocolServerProvider<C> provider, LocalMesh local, LeaseTokens leases) {
        C section = context.config("mesh." + provider.name(), provider.configType());
        if (!isEnabled(section)) {
            return;
        }
        ProtocolServer door = provider.create(
                section,
                new ProtocolContext(
                        context.runtimeId(),
                        local,
                        context.authenticator(),
                        context.bindGuard(),
                        context.maxEventSize(),
                        context.clock(),
                        context.scheduler(),
                        context.dispatch(),
                        leases));
        parts.start(door);
        doors.put(provider.name(), door);
        announced.put("mesh." + provider.name(), announced(section, door.address()));
    }

    /** What the SPI promises of a door's section: a component {@code enabled} closes it. */
    private static boolean isEnabled(Record section) {
        return component(section, "enabled", Boolean.class, true);
    }

    /** And what a component {@code advertise} says is where others find it. */
    private static String announced(Record section, String address) {
        String advertise = component(section, "advertise", String.class, "");
        int scheme = address.indexOf("://");
        return advertise.isEmpty() ? address : scheme < 0 ? advertise : address.substring(0, scheme + 3) + advertise;
    }

    private static <T> T component(Record section, String name, Class<T> type, T otherwise) {
        for (RecordComponent component : section.getClass().getRecordComponents()) {
            if (component.getName().equals(name)) {
                try {
                    Object value = component.getAccessor().invoke(section);
                    return type.isInstance(value) ? type.cast(value) : otherwise;
                } catch (ReflectiveOperationException hidden) {
                    throw new IllegalStateException(
                            "%s.%s (expected: a public record)".formatted(section.getClass(), name), hidden);
                }
            }
        }
        return otherwise;
    }

    private void fences(LocalMesh local, Map<String, MetaStore.Versioned> values) {
        values.forEach((task, value) -> fence(local, task, value));
        local.fencedTasks(values.keySet());
        fencesKnown.complete(null);
    }

    private static void fence(LocalMesh local, String task, MetaStore.Versioned value) {
        String text = new String(value.value(), StandardCharsets.UTF_8);
        String[] pair = text.split(":", -1);
        try {
            local.fence(new TaskFence(task, Long.parseLong(pair[0]), Long.parseLong(pair[1])));
        } catch (NumberFormatException | ArrayIndexOutOfBoundsException unreadable) {
            log.warn("Fence of a task is unreadable. task={} value={}", task, text);
        }
    }

    /** A right that came by a call before it came from the meta store may be older than the one there. */
    private void readFence(LocalMesh local, String task) {
        context.meta().get(MetaPaths.FENCES + "/" + task).whenComplete((found, failure) -> {
            if (failure == null) {
                found.ifPresent(value -> fence(local, task, value));
            }
        });
    }

    /** Before the rights of tasks are known, a task that lost its own could slip in. */
    private void awaitRights() {
        try {
            Waits.awaitOrTimeout(CompletableFuture.allOf(fencesKnown, keysKnown), FENCES_PATIENCE);
        } catch (TimeoutException late) {
            log.warn(
                    "Rights of tasks are not known yet, opening all the same. waitedSeconds={}",
                    FENCES_PATIENCE.toSeconds());
        }
    }

    @Override
    public Map<String, String> endpoints() {
        return new LinkedHashMap<>(announced);
    }

    @Override
    public List<String> banner() {
        List<String> lines = new ArrayList<>();
        doors.values().forEach(door -> lines.add(door.banner()));
        if (storage != null) {
            lines.add(0, "Storage: %s, %s".formatted(context.storageType(), kept(storage.durability())));
        }
        return lines;
    }

    private static String kept(Durability durability) {
        return switch (durability) {
            case MEMORY -> "VOLATILE: lost at exit";
            case OS -> "durable: survives the process, not a power failure";
            case FSYNC -> "durable: survives a power failure";
            case ENGINE -> "durable as its engine is";
        };
    }

    @Override
    public Health health() {
        Health worst = null;
        for (Component part : parts.components()) {
            Health health = part.health();
            if (worst == null || health.state().compareTo(worst.state()) > 0) {
                worst = new Health(
                        health.state(), health.detail().isEmpty() ? "" : part.name() + ": " + health.detail());
            }
        }
        return worst == null ? Health.down("not started") : worst;
    }

    @Override
    public void drain(Duration atMost) {
        LocalMesh local = mesh;
        if (local == null) {
            return;
        }
        live.withdraw();
        doors.values().forEach(ProtocolServer::drain);
        Duration bound = config.drainTimeout().compareTo(atMost) < 0 ? config.drainTimeout() : atMost;
        try {
            Waits.awaitOrTimeout(local.drain(), bound);
        } catch (TimeoutException late) {
            log.warn("Not everything in flight was settled in time. boundMillis={}", bound.toMillis());
        } catch (EventMeshException failure) {
            log.warn("Mesh did not drain. error={}", failure.reason());
        }
        tellWhatIsLost();
    }

    private void tellWhatIsLost() {
        if (storage == null || storage.durability() != Durability.MEMORY) {
            return;
        }
        for (GroupInfo group : storage.groups()) {
            long left = group.lagEvents() + group.parked();
            if (left > 0) {
                log.warn("Events end with this process. group={} events={}", group.name(), left);
            }
        }
    }

    @Override
    public void close() {
        for (int i = handles.size() - 1; i >= 0; i--) {
            try {
                handles.get(i).close();
            } catch (Exception failure) {
                log.warn("Part of the mesh role did not close cleanly. error={}", failure.toString());
            }
        }
        handles.clear();
        parts.close();
    }
}
