package io.eventmesh.sdk;

import io.cloudevents.CloudEvent;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.topic.Names;
import io.eventmesh.common.topic.SubscriptionName;
import io.eventmesh.common.topic.TopicPattern;
import io.eventmesh.sdk.remote.ConnectionState;
import io.eventmesh.sdk.remote.RemoteMesh;
import io.eventmesh.spi.event.CloudEvents;
import io.eventmesh.spi.event.Event;
import java.time.Duration;
import java.time.Instant;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Flow;
import org.jspecify.annotations.Nullable;

/**
 * An application's way into the mesh: publishes events and subscribes to them, wherever the mesh lives and moves.
 *
 * <pre>{@code
 * try (EventMesh mesh = EventMesh.connect("http://127.0.0.1:10105")) {
 *     mesh.publish("orders", event).join();
 *     mesh.subscribe("orders", "billing").handle((order, delivery) -> save(order));
 * }
 * }</pre>
 *
 * <p>The client stays with one runtime and follows the mesh when that one ends or is lost; an application notices it by
 * {@link EventMeshBuilder#onStateChange} at most. A runtime that ends in good order answers what it took, and the rest
 * goes to another one: nothing is sent twice. When a runtime is lost without a word (killed, cut off, hung: noticed at
 * once by a reset connection, otherwise after 15 s of silence), what it had not answered is sent again: at least once.
 *
 * <p>Thread-safe; one for the whole application. Failures are {@link EventMeshException}s with a stable code, the
 * endpoint that said so and a suggestion; nothing answers null. Futures complete on the client's I/O thread: what is
 * attached to them must not block, or use the {@code …Async} forms.
 */
public final class EventMesh implements AutoCloseable {
    private final ClientParts parts;
    private final @Nullable RemoteMesh owned;
    private final Set<Membership> memberships = ConcurrentHashMap.newKeySet();

    /** @param owned closed with the client */
    EventMesh(ClientParts parts, @Nullable RemoteMesh owned) {
        this.parts = parts;
        this.owned = owned;
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

    public static EventMeshBuilder builder() {
        return new EventMeshBuilder();
    }

    /**
     * Publishes an event; completes when the mesh stored it.
     *
     * <p>Fails with EVENT_INVALID, EVENT_TOO_LARGE, PERMISSION_DENIED, TOPIC_NOT_FOUND, RATE_LIMITED, STORAGE_FULL,
     * OVERLOADED (also when too much is in flight here), or DEADLINE_EXCEEDED. The loss of a runtime is bridged until
     * the time-out by sending again: the event may then be stored twice, to be told by its source and id. After
     * DEADLINE_EXCEEDED and STORAGE_UNAVAILABLE it may be stored or not.
     */
    public CompletableFuture<PublishAck> publish(String topic, CloudEvent event) {
        return parts.publish(topic, () -> ClientParts.event(event), null, 0);
    }

    /** Like {@link #publish(String, CloudEvent)}, in the order of a key, which replaces the event's own. */
    public CompletableFuture<PublishAck> publish(String topic, CloudEvent event, Key key) {
        return parts.publish(topic, () -> ClientParts.event(event), key, 0);
    }

    /** Like {@link #publish(String, CloudEvent)} without a conversion. */
    public CompletableFuture<PublishAck> publish(String topic, Event event) {
        return parts.publish(topic, () -> event, null, 0);
    }

    /**
     * Like {@link #publish(String, CloudEvent)}, delivered to nobody before a time. Such an event stands in no order,
     * not even that of its key.
     */
    public CompletableFuture<PublishAck> publishAt(String topic, CloudEvent event, Instant notBefore) {
        return parts.publish(topic, () -> ClientParts.event(event), null, Math.max(0, notBefore.toEpochMilli()));
    }

    /** Like {@link #publishAt}, measured from now by this machine's clock. */
    public CompletableFuture<PublishAck> publishAfter(String topic, CloudEvent event, Duration delay) {
        return publishAt(topic, event, parts.clock().instant().plus(delay));
    }

    /**
     * Begins to describe a publisher of values to one topic.
     *
     * @param type {@code byte[]}, {@code String}, or what the client's {@link Codec} knows
     * @throws EventMeshException REQUEST_INVALID for what is no topic, NOT_SUPPORTED when there is no codec
     */
    public <T> PublisherBuilder<T> publisher(String topic, Class<T> type) {
        return new PublisherBuilder<>(parts, topic, type);
    }

    /**
     * Publishes a request and completes with the first reply.
     *
     * <p>Fails as {@link #publish(String, CloudEvent)} does, and with DEADLINE_EXCEEDED when nobody replied in time.
     * A request that waits at a runtime that ends is still answered there for some seconds; after that, and when its
     * runtime is lost, it is published again elsewhere, so that whoever replies may see it more than once.
     */
    public CompletableFuture<CloudEvent> request(String topic, CloudEvent request, Duration timeout) {
        return parts.request(topic, () -> ClientParts.event(request), timeout).thenApply(CloudEvents::toCloudEvent);
    }

    /** Like {@link #request(String, CloudEvent, Duration)} without conversions. */
    public CompletableFuture<Event> request(String topic, Event request, Duration timeout) {
        return parts.request(topic, () -> request, timeout);
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
        return new SubscriptionBuilder(parts, this::remember, pattern, group);
    }

    /**
     * The events of a pattern as a stream, explicitly acked; {@link SubscriptionBuilder#stream} has the other terms.
     *
     * @throws EventMeshException REQUEST_INVALID for what is no pattern or group, NOT_SUPPORTED when there is no codec
     */
    public <T> Flow.Publisher<Delivery<T>> stream(String pattern, String group, Class<T> type) {
        return subscribe(pattern, group).ack(Ack.EXPLICIT).stream(type);
    }

    /**
     * Deletes a subscription with its progress and parked events; its members end with NOT_FOUND. Completes with false
     * when there was none.
     *
     * @throws EventMeshException REQUEST_INVALID for what is no pattern or group
     */
    public CompletableFuture<Boolean> deleteSubscription(String pattern, String group) {
        SubscriptionName name =
                new SubscriptionName(parts.namespace(), Names.requireGroup(group), TopicPattern.of(pattern));
        return parts.mesh().deleteSubscription(parts.call(), name).toCompletableFuture();
    }

    /** How this client stands with the mesh; READY with a mesh in the same process. */
    public ConnectionState state() {
        return owned == null ? ConnectionState.READY : owned.state();
    }

    /**
     * Ends the subscriptions, each after its handlers that run, waits a bounded time for answers and settlements, and
     * disconnects. What was delivered and not handled goes to other members or waits.
     */
    @Override
    public void close() {
        memberships.forEach(Membership::close);
        if (owned != null) {
            owned.close();
        }
    }

    /**
     * Ends at once: handlers are interrupted, what is not answered fails with SHUTTING_DOWN, its outcome unknown.
     */
    public void closeNow() {
        memberships.forEach(Membership::closeNow);
        if (owned != null) {
            owned.closeNow();
        }
    }

    private void remember(Membership membership) {
        memberships.add(membership);
        membership.ended().whenComplete((end, failure) -> memberships.remove(membership));
    }
}
