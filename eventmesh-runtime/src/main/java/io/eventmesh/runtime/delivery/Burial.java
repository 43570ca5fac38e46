package io.eventmesh.runtime.delivery;

import io.eventmesh.common.topic.TopicName;

/**
 * How an event becomes a dead letter, as its member says.
 *
 * @param topic of the letter
 * @param exhausted {@code attempts}, {@code age} or {@code permanent}
 * @param attempts so many there were
 * @param firstMillis wall time of the first; 0 for that of the first offer
 * @param from the topic that the letter names as the one it failed on
 * @param owner whose event it was
 * @param epoch in which form of the owner
 * @param target stands beside the letter, for its way back
 */
public record Burial(
        TopicName topic,
        Cause cause,
        String exhausted,
        int attempts,
        long firstMillis,
        TopicName from,
        String owner,
        String epoch,
        String target) {
    /** The same on another topic. */
    Burial on(TopicName other) {
        return new Burial(other, cause, exhausted, attempts, firstMillis, from, owner, epoch, target);
    }
}
