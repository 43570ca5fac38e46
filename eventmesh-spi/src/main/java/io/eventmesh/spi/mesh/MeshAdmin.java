package io.eventmesh.spi.mesh;

import io.eventmesh.common.topic.StreamName;
import io.eventmesh.common.topic.SubscriptionName;
import io.eventmesh.spi.storage.Peek;
import io.eventmesh.spi.storage.Start;
import io.eventmesh.spi.storage.StreamPartition;
import java.util.List;
import java.util.concurrent.CompletionStage;

/**
 * What operators do to a mesh runtime's streams, subscriptions and dead letters. Whoever calls has been authorised.
 *
 * <p>Thread-safe. No method blocks; stages may complete on any thread. Every failure is an {@code EventMeshException}:
 * TOPIC_NOT_FOUND for a stream and NOT_FOUND for a subscription that is not there, REQUEST_INVALID for what is not to be
 * done, STORAGE_UNAVAILABLE, or SHUTTING_DOWN.
 */
public interface MeshAdmin {
    /**
     * Makes a stream. Completes with false when it was there with as many partitions; fails with ALREADY_EXISTS when it
     * was there with others.
     *
     * @param partitions 1 or more; 0 for as many as streams get that are made by use
     */
    CompletionStage<Boolean> createStream(StreamName stream, int partitions);

    CompletionStage<StreamDetail> stream(StreamName stream);

    /**
     * Deletes a stream with its events, and its groups' progress and parked events in it. Completes with false when
     * there was none. An event that is published to it afterwards makes it anew, where that is allowed.
     */
    CompletionStage<Boolean> deleteStream(StreamName stream);

    /** Removes the events that are stored now; groups note a gap. Completes with how many there were. */
    CompletionStage<Long> purgeStream(StreamName stream);

    /** As {@link io.eventmesh.spi.storage.Storage#peek}. */
    CompletionStage<Peek> peek(StreamPartition partition, long from, int maxEvents, long maxBytes);

    CompletionStage<SubscriptionDetail> subscription(SubscriptionName name);

    /**
     * Offers nothing more until the subscription is resumed, also after a restart, or goes on. Members stay; what is in
     * flight may be settled. Completes with the subscription as it is then.
     */
    CompletionStage<SubscriptionDetail> pause(SubscriptionName name, boolean paused);

    /**
     * Where a subscription was and is.
     *
     * @param before its places before
     * @param after its places now, or as they would be
     */
    record Seek(List<GroupPlace> before, List<GroupPlace> after) {}

    /**
     * Lets a subscription go on from somewhere else, in all its partitions, and drops what it has parked. Members stay;
     * what is in flight comes to nothing, whether it is acked or not.
     *
     * @param dryRun whether only to say what would be; a start at a time is estimated then
     */
    CompletionStage<Seek> seek(SubscriptionName name, Start start, boolean dryRun);

    /** As {@link Mesh#deleteSubscription}. */
    CompletionStage<Boolean> deleteSubscription(SubscriptionName name);

    /**
     * How the targets of rules are at this runtime, in the order of {@link TargetStatus#key}.
     *
     * @param namespace empty for all
     * @param rule empty for all
     * @param after the key of the last one of the page before; empty for the first page
     * @param limit 0 for as many as are told at a time
     */
    CompletionStage<List<TargetStatus>> targets(String namespace, String rule, String after, int limit);

    DeadLetterDesk deadLetters();
}
