package io.eventmesh.sdk;

import io.cloudevents.CloudEvent;
import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.time.MeshClock;
import io.eventmesh.common.topic.Names;
import io.eventmesh.common.topic.TopicName;
import io.eventmesh.sdk.discovery.DiscoveryProvider;
import io.eventmesh.sdk.discovery.EndpointDiscovery;
import io.eventmesh.sdk.remote.ConnectionState;
import io.eventmesh.sdk.remote.RemoteMesh;
import io.eventmesh.sdk.remote.RemoteOptions;
import io.eventmesh.sdk.remote.SeedDiscovery;
import io.eventmesh.spi.event.CloudEvents;
import io.eventmesh.spi.event.Event;
import io.eventmesh.spi.mesh.CallContext;
import io.eventmesh.spi.mesh.Mesh;
import io.eventmesh.spi.mesh.Outgoing;
import io.eventmesh.spi.security.Principal;
import java.time.Duration;
import java.util.List;
import java.util.ServiceLoader;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * An application's way into the mesh: publishes events and subscribes to them, wherever the mesh lives and moves.
 *
 * <p>Thread-safe; one for the whole application. Failures are {@code EventMeshException}s with a stable code; nothing
 * answers null. Futures complete on the client's I/O thread: what is attached to them must not block, or use the
 * {@code …Async} forms.
 */
public final class EventMesh implements AutoCloseable {
    private final Mesh mesh;
    private final @Nullable RemoteMesh owned;
    private final MeshClock clock;
    private final CallContext context;
    private final String clientName;
    private final Duration publishTimeout;
    private final Set<RunningSubscription> subscriptions = ConcurrentHashMap.newKeySet();

    private EventMesh(Builder builder, Mesh mesh, @Nullable RemoteMesh owned) {
        this.mesh = mesh;
        this.owned = owned;
        this.clock = builder.clock;
        this.context = CallContext.of(Principal.ANONYMOUS, "sdk").inNamespace(builder.namespace);
        this.clientName = builder.clientName;
        this.publishTimeout = builder.publishTimeout;
    }

    /**
     * A client of the mesh that is found at the address, already looking for it.
     *
     * @param address one or more of {@code http://host:port}, {@code grpc://host:port} and {@code host:port} (gRPC),
     *     separated by commas, or the address of a meta store such as {@code zk://host:2181}
     * @throws EventMeshException REQUEST_INVALID for an address of another kind
     */
    public static EventMesh connect(String address) {
        EventMesh client = builder().address(address).build();
        if (client.owned != null) {
            client.owned.start();
        }
        return client;
    }

    public static Builder builder() {
        return new Builder();
    }

    /**
     * Publishes an event; completes when the mesh stored it.
     *
     * <p>Fails with EVENT_INVALID, EVENT_TOO_LARGE, PERMISSION_DENIED, TOPIC_NOT_FOUND, RATE_LIMITED, STORAGE_FULL,
     * OVERLOADED (also when too much is in flight here), or DEADLINE_EXCEEDED. The loss of a runtime is bridged until
     * the time-out by sending again: the event may then be stored twice, to be told by its source and id.
     */
    public CompletableFuture<PublishAck> publish(String topic, CloudEvent event) {
        try {
            return publish(topic, CloudEvents.fromCloudEvent(event));
        } catch (EventMeshException invalid) {
            return CompletableFuture.failedFuture(invalid);
        }
    }

    /** Like {@link #publish(String, CloudEvent)} without a conversion. */
    public CompletableFuture<PublishAck> publish(String topic, Event event) {
        TopicName name;
        try {
            name = TopicName.of(topic);
        } catch (EventMeshException invalid) {
            return CompletableFuture.failedFuture(invalid);
        }
        return mesh.publish(call(), new Outgoing(name, event))
                .thenApply(position -> new PublishAck(
                        position.partition().stream().name(),
                        position.partition().index(),
                        position.offset()))
                .toCompletableFuture();
    }

    /**
     * Begins to describe a subscription.
     *
     * @param pattern a topic, in which {@code *} or {@code +} is one level, a last {@code >} one or more, a last
     *     {@code #} zero or more
     * @param group whose members share the events; empty for everything from now on, for this subscription alone
     * @throws EventMeshException REQUEST_INVALID for what is no pattern or group
     */
    public SubscriptionBuilder subscribe(String pattern, String group) {
        if (!group.isEmpty()) {
            Names.requireGroup(group);
        }
        return new SubscriptionBuilder(mesh, this::call, this::remember, pattern, group, clientName);
    }

    /** Ends the subscriptions, waits a bounded time for answers, and disconnects. */
    @Override
    public void close() {
        subscriptions.forEach(RunningSubscription::close);
        if (owned != null) {
            owned.close();
        }
    }

    private CallContext call() {
        return new CallContext(
                context.principal(),
                context.namespace(),
                context.door(),
                0,
                clock.nanoTime() + publishTimeout.toNanos(),
                null,
                null);
    }

    private void remember(RunningSubscription subscription) {
        subscriptions.add(subscription);
        CompletionStage<Void> ended = subscription.ended();
        ended.whenComplete((end, failure) -> subscriptions.remove(subscription));
    }

    /** Describes a client. Exactly one of address, seeds, discovery and mesh is needed. Not thread-safe. */
    public static final class Builder {
        private MeshClock clock = MeshClock.system();
        private String namespace = Names.DEFAULT_NAMESPACE;
        private String clientName = "java";
        private Duration publishTimeout = Duration.ofSeconds(30);
        private RemoteOptions options = RemoteOptions.defaults();
        private Consumer<ConnectionState> listener = state -> {};
        private @Nullable String address;
        private @Nullable EndpointDiscovery discovery;
        private @Nullable Mesh mesh;

        private Builder() {}

        /** Where the mesh is found, as in {@link EventMesh#connect}. */
        public Builder address(String where) {
            address = where;
            return this;
        }

        /** Runtimes to ask for the others. */
        public Builder seeds(String... addresses) {
            return address(String.join(",", addresses));
        }

        /** What names the runtimes; closed with the client. */
        public Builder discovery(EndpointDiscovery names) {
            discovery = names;
            return this;
        }

        /** A mesh in the same process; not closed with the client. */
        public Builder mesh(Mesh local) {
            mesh = local;
            return this;
        }

        /** Whose topics and groups are meant, {@code default} unless said. */
        public Builder namespace(String name) {
            namespace = Names.requireName("namespace", name);
            return this;
        }

        /** What operators see as the name of this client. */
        public Builder clientName(String name) {
            clientName = name;
            return this;
        }

        /** How long a publish, or the start of a subscription, may take; 30 s unless said. */
        public Builder publishTimeout(Duration timeout) {
            publishTimeout = timeout;
            return this;
        }

        /** Bounds and pauses of the connection. */
        public Builder options(RemoteOptions remote) {
            options = remote;
            return this;
        }

        /** Measures time-outs; the machine's unless said. */
        public Builder clock(MeshClock measures) {
            clock = measures;
            return this;
        }

        /** Told each change, on a thread that it must not block. */
        public Builder onStateChange(Consumer<ConnectionState> told) {
            listener = told;
            return this;
        }

        /**
         * Makes the client without any I/O: the first call connects.
         *
         * @throws EventMeshException REQUEST_INVALID when nothing or an unknown kind of address says where the mesh is
         */
        public EventMesh build() {
            if (mesh != null) {
                return new EventMesh(this, mesh, null);
            }
            EndpointDiscovery names = discovery == null ? discovery(address, clock) : discovery;
            RemoteMesh remote = new RemoteMesh(names, options, clock, RandomGenerator.getDefault());
            remote.onStateChange(listener);
            return new EventMesh(this, remote, remote);
        }

        private static EndpointDiscovery discovery(@Nullable String address, MeshClock clock) {
            if (address == null || address.isBlank()) {
                throw new EventMeshException(
                        ErrorCode.REQUEST_INVALID, "address: none (expected: where the mesh is found)");
            }
            for (DiscoveryProvider provider : ServiceLoader.load(DiscoveryProvider.class)) {
                if (provider.accepts(address)) {
                    return provider.create(address, clock);
                }
            }
            return new SeedDiscovery(List.of(address.split("\\s*,\\s*")));
        }
    }
}
