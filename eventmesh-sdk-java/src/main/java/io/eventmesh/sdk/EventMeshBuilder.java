package io.eventmesh.sdk;

import io.eventmesh.common.config.Secret;
import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.time.MeshClock;
import io.eventmesh.common.topic.Names;
import io.eventmesh.sdk.discovery.DiscoveryProvider;
import io.eventmesh.sdk.discovery.EndpointDiscovery;
import io.eventmesh.sdk.remote.ConnectionState;
import io.eventmesh.sdk.remote.RemoteMesh;
import io.eventmesh.sdk.remote.RemoteOptions;
import io.eventmesh.sdk.remote.SeedDiscovery;
import io.eventmesh.spi.mesh.Mesh;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.ServiceLoader;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/** Describes a client. Exactly one of address, seeds, discovery and mesh is needed. Not thread-safe. */
public final class EventMeshBuilder {
    private final List<Interceptor> interceptors = new ArrayList<>();
    private MeshClock clock = MeshClock.system();
    private String namespace = Names.DEFAULT_NAMESPACE;
    private String clientName = "java";
    private Duration publishTimeout = Duration.ofSeconds(30);
    private WhenFull whenFull = WhenFull.FAIL;
    private RemoteOptions options = RemoteOptions.defaults();
    private Consumer<ConnectionState> listener = state -> {};
    private @Nullable Codec codec;
    private @Nullable Supplier<String> token;
    private @Nullable String address;
    private @Nullable EndpointDiscovery discovery;
    private @Nullable Mesh mesh;

    EventMeshBuilder() {}

    /** Where the mesh is found, as in {@link EventMesh#connect}. */
    public EventMeshBuilder address(String where) {
        address = where;
        return this;
    }

    /** Runtimes to ask for the others. */
    public EventMeshBuilder seeds(String... addresses) {
        return address(String.join(",", addresses));
    }

    /** What names the runtimes; closed with the client. */
    public EventMeshBuilder discovery(EndpointDiscovery names) {
        discovery = names;
        return this;
    }

    /** A mesh in the same process; not closed with the client. */
    public EventMeshBuilder mesh(Mesh local) {
        mesh = local;
        return this;
    }

    /** Whose topics and groups are meant, {@code default} unless said. */
    public EventMeshBuilder namespace(String name) {
        namespace = Names.requireName("namespace", name);
        return this;
    }

    /** What operators see as the name of this client. */
    public EventMeshBuilder clientName(String name) {
        clientName = name;
        return this;
    }

    /**
     * What proves who the application is, asked for each call and stream, so that it may be renewed; sent as a bearer
     * token. Called on any thread and must not block.
     */
    public EventMeshBuilder token(Supplier<String> proof) {
        token = proof;
        return this;
    }

    /** Between the application's values and the data of events; JSON by Jackson unless said, where that is there. */
    public EventMeshBuilder codec(Codec values) {
        codec = values;
        return this;
    }

    /** Stands around what is sent and handled, within those that were given before. */
    public EventMeshBuilder interceptor(Interceptor around) {
        interceptors.add(around);
        return this;
    }

    /** How long a publish, or the start of a subscription, may take; 30 s unless said. */
    public EventMeshBuilder publishTimeout(Duration timeout) {
        publishTimeout = timeout;
        return this;
    }

    /** What a publish meets when the bounds of the {@link #options} are reached; {@link WhenFull#FAIL} unless said. */
    public EventMeshBuilder whenFull(WhenFull then) {
        whenFull = then;
        return this;
    }

    /** Bounds and pauses of the connection. */
    public EventMeshBuilder options(RemoteOptions remote) {
        options = remote;
        return this;
    }

    /** Measures time-outs; the machine's unless said. */
    public EventMeshBuilder clock(MeshClock measures) {
        clock = measures;
        return this;
    }

    /** Told each change, on a thread that it must not block. */
    public EventMeshBuilder onStateChange(Consumer<ConnectionState> told) {
        listener = told;
        return this;
    }

    /**
     * Makes the client without any I/O: the first call connects.
     *
     * @throws EventMeshException REQUEST_INVALID when nothing or an unknown kind of address says where the mesh is
     */
    public EventMesh build() {
        Mesh local = mesh;
        if (local != null) {
            return new EventMesh(parts(local, () -> false), null);
        }
        RemoteOptions chosen = remoteOptions();
        RemoteMesh remote = new RemoteMesh(
                discovery == null ? discovery(address, clock, chosen) : discovery,
                chosen,
                clock,
                RandomGenerator.getDefault());
        remote.onStateChange(listener);
        return new EventMesh(parts(remote, remote::isOnOwnThread), remote);
    }

    private ClientParts parts(Mesh target, java.util.function.BooleanSupplier mustNotWait) {
        PublishRoom room = whenFull != WhenFull.BLOCK
                ? null
                : new PublishRoom(
                        options.maxInFlightEvents(), options.maxInFlightBytes().bytes(), publishTimeout, mustNotWait);
        return new ClientParts(
                target, clock, namespace, clientName, publishTimeout, interceptors, new Values(codec), room);
    }

    private RemoteOptions remoteOptions() {
        RemoteOptions.Builder changed = options.toBuilder();
        if (whenFull == WhenFull.DROP_OLDEST) {
            changed.dropOldest(true);
        }
        Supplier<String> proof = token;
        if (proof != null) {
            changed.token(() -> Secret.of(proof.get()));
        }
        return changed.build();
    }

    private static EndpointDiscovery discovery(@Nullable String address, MeshClock clock, RemoteOptions options) {
        if (address == null || address.isBlank()) {
            throw new EventMeshException(
                    ErrorCode.REQUEST_INVALID, "address: none (expected: where the mesh is found)");
        }
        for (DiscoveryProvider provider : ServiceLoader.load(DiscoveryProvider.class)) {
            if (provider.accepts(address)) {
                return provider.create(address, clock);
            }
        }
        return new SeedDiscovery(List.of(address.split("\\s*,\\s*")), options);
    }
}
