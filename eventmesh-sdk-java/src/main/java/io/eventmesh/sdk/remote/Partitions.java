package io.eventmesh.sdk.remote;

import io.eventmesh.common.topic.StreamName;
import io.eventmesh.common.topic.TopicName;
import io.eventmesh.spi.storage.StreamPartition;
import org.jspecify.annotations.Nullable;

/** Makes partitions of topics, remembering the last one: events of one topic come in a row. Not thread-safe. */
final class Partitions {
    private @Nullable TopicName lastTopic;
    private String lastNamespace = "";
    private @Nullable StreamPartition last;

    StreamPartition of(String namespace, TopicName topic, int index) {
        StreamPartition known = last;
        if (known != null && topic.equals(lastTopic) && namespace.equals(lastNamespace)) {
            if (known.index() != index) {
                known = new StreamPartition(known.stream(), index);
                last = known;
            }
            return known;
        }
        StreamPartition made = new StreamPartition(StreamName.of(namespace, topic), index);
        last = made;
        lastTopic = topic;
        lastNamespace = namespace;
        return made;
    }
}
