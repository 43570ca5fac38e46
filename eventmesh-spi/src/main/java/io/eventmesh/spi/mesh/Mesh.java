package io.eventmesh.spi.mesh;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.topic.SubscriptionName;
import io.eventmesh.spi.event.Event;
import io.eventmesh.spi.peer.MeshPeer;
import io.eventmesh.spi.storage.Position;
import io.eventmesh.spi.target.Destination;
import io.eventmesh.spi.target.Outcome;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;

/**
 * What a door may ask of a mesh runtime. Doors translate a wire protocol to these calls; connectors, functions and the
 * SDK in the same process use them directly.
 *
 * <p>Thread-safe. No method blocks; stages may complete on any thread, often on the calling one before the method
 * returns. Every failure is an {@code EventMeshException}. Each event is authorised by itself before anything happens
 * to it.
 */
public interface Mesh {
    /**
     * Publishes one event; completes with its position once it is as safe as the storage's durability says.
     *
     * <p>Fails with EVENT_INVALID, EVENT_TOO_LARGE, PERMISSION_DENIED, TOPIC_NOT_FOUND or FENCED, with RATE_LIMITED,
     * OVERLOADED or STORAGE_FULL under load, with STORAGE_UNAVAILABLE (outcome unknown), or SHUTTING_DOWN.
     */
    CompletionStage<Position> publish(CallContext context, Outgoing event);

    /**
     * Publishes several events, in their order, with an answer for each: one event's refusal does not touch the others.
     */
    List<CompletionStage<Position>> publish(CallContext context, List<Outgoing> events);

    /**
     * Attaches a member to a subscription, making the subscription when it is new; completes once the subscription and
     * its start are stored, so that whatever is published afterwards reaches the group.
     *
     * <p>Nothing is delivered before the member asked by {@link Member#request}. Fails with REQUEST_INVALID,
     * ALREADY_EXISTS (the group has other terms), PERMISSION_DENIED, TOPIC_NOT_FOUND, FENCED (a newer epoch of the task
     * is attached), QUOTA_EXCEEDED, STORAGE_UNAVAILABLE or SHUTTING_DOWN.
     *
     * @param receiver takes the deliveries
     */
    CompletionStage<Member> subscribe(CallContext context, SubscribeTerms terms, Receiver receiver);

    /**
     * Attaches a member of the mesh's own that sends each event to the destination and settles it by the answer, until
     * the member is closed or the mesh ends. In everything else as {@link #subscribe}; the terms must not name a
     * destination themselves.
     *
     * @param onStopped told once when the destination wants nothing more; the member has left then
     */
    CompletionStage<Member> deliverTo(
            CallContext context, SubscribeTerms terms, Destination destination, Consumer<Outcome.Stop> onStopped);

    /**
     * Makes a subscription without attaching to it, or changes the terms of one. With a destination in its terms the
     * mesh sends its events there from now on, as long as the subscription lives, also after a restart. Completes once
     * stored, with true when it is new.
     *
     * <p>Fails as {@link #subscribe} does, and with RULE_INVALID for a destination that its kind refuses.
     */
    CompletionStage<Boolean> putSubscription(CallContext context, SubscribeTerms terms);

    /**
     * Deletes a subscription with its progress and parked events; members are told NOT_FOUND. Completes with false when
     * there was none. Needs the right to subscribe.
     */
    CompletionStage<Boolean> deleteSubscription(CallContext context, SubscriptionName subscription);

    /**
     * Publishes a request and completes with the first reply. The request is stored and delivered as every event, with
     * the attribute {@code meshreplyto}; the reply is never stored.
     *
     * <p>Fails as {@link #publish} does, and with DEADLINE_EXCEEDED when no reply came in time.
     *
     * @param timeout how long to wait; longer than 0, at most the configured bound
     */
    CompletionStage<Event> request(CallContext context, Outgoing request, Duration timeout);

    /**
     * Answers a request.
     *
     * <p>Fails with REQUEST_INVALID when {@code replyTo} is no such value, NOT_FOUND when nobody waits any more, and
     * EVENT_INVALID, EVENT_TOO_LARGE or PERMISSION_DENIED as {@link #publish} does.
     *
     * @param replyTo the request's attribute {@code meshreplyto}
     */
    CompletionStage<Void> reply(CallContext context, String replyTo, Event reply);

    /** The mesh runtimes that are alive, this one among them; from memory, as last seen in the meta store. */
    List<MeshEndpoint> endpoints();

    /** The streams, for operators. */
    CompletionStage<List<StreamStatus>> streams();

    /** The subscriptions, for operators. */
    CompletionStage<List<SubscriptionStatus>> subscriptions();

    /**
     * What operators do here, beyond looking.
     *
     * @throws EventMeshException NOT_SUPPORTED where this is a client of the mesh
     */
    default MeshAdmin admin() {
        throw new EventMeshException(
                ErrorCode.NOT_SUPPORTED, "mesh: a client of it (expected: a mesh runtime, for operators' calls)");
    }

    /**
     * What other runtimes over the same storage ask of this one.
     *
     * @throws EventMeshException NOT_SUPPORTED where this is a client of the mesh
     */
    default MeshPeer peer() {
        throw new EventMeshException(
                ErrorCode.NOT_SUPPORTED, "mesh: a client of it (expected: a mesh runtime, for calls of its peers)");
    }
}
