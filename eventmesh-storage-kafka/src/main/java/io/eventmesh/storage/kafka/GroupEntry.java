package io.eventmesh.storage.kafka;

import io.eventmesh.common.topic.StreamName;
import io.eventmesh.common.topic.SubscriptionName;
import io.eventmesh.spi.storage.DeliveryTerms;
import java.util.Set;

/**
 * A group as the catalog has it.
 *
 * @param streams that it reads, also those that do not exist yet
 * @param incarnation new whenever it is made or moved, so that old offsets are never met
 */
record GroupEntry(
        SubscriptionName name, Set<StreamName> streams, DeliveryTerms terms, boolean paused, String incarnation) {
    GroupEntry {
        streams = Set.copyOf(streams);
    }
}
