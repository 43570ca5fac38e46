package io.eventmesh.storage.kafka;

import io.eventmesh.common.topic.StreamName;
import io.eventmesh.spi.storage.StreamPartition;
import io.eventmesh.spi.storage.StreamSettings;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;

/**
 * A stream as the catalog has it.
 *
 * @param topic what Kafka calls it
 * @param topicId tells it from one that was deleted and had the same name
 */
record StreamEntry(StreamName name, int partitions, String topic, Uuid topicId) {
    StreamSettings settings() {
        return new StreamSettings(partitions);
    }

    StreamPartition partition(int index) {
        return new StreamPartition(name, index);
    }

    TopicPartition topicPartition(int index) {
        return new TopicPartition(topic, index);
    }

    List<TopicPartition> topicPartitions() {
        List<TopicPartition> all = new ArrayList<>(partitions);
        for (int index = 0; index < partitions; index++) {
            all.add(topicPartition(index));
        }
        return all;
    }
}
