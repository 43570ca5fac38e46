package io.eventmesh.spi.mesh;

import io.eventmesh.common.topic.TopicPattern;
import io.eventmesh.spi.storage.DeliveryTerms;
import io.eventmesh.spi.storage.Start;

/**
 * What a member brings to a subscription.
 *
 * @param group whose member; empty for a passing group of its own that starts at latest and keeps nothing
 * @param pattern which topics
 * @param mode to how many members an event goes
 * @param start where the group begins if this member makes it; ignored when it exists, and by a passing group
 * @param delivery the group's delivery terms; a member that brings others than the group's is refused
 * @param client shown to operators
 */
public record SubscribeTerms(
        String group, TopicPattern pattern, Mode mode, Start start, DeliveryTerms delivery, String client) {
    /** Terms of a clustering subscription. */
    public SubscribeTerms(String group, TopicPattern pattern, Start start, DeliveryTerms delivery, String client) {
        this(group, pattern, Mode.CLUSTERING, start, delivery, client);
    }

    /** Whether the group passes with its only member. */
    public boolean isPassing() {
        return group.isEmpty() || mode == Mode.BROADCASTING;
    }
}
