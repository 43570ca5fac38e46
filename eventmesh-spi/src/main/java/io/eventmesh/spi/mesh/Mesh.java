package io.eventmesh.spi.mesh;

import io.eventmesh.spi.storage.Position;
import java.util.List;
import java.util.concurrent.CompletionStage;

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

    /** The mesh runtimes that are alive, this one among them; from memory, as last seen in the meta store. */
    List<MeshEndpoint> endpoints();

    /** The streams, for operators. */
    CompletionStage<List<StreamStatus>> streams();

    /** The subscriptions, for operators. */
    CompletionStage<List<SubscriptionStatus>> subscriptions();
}
