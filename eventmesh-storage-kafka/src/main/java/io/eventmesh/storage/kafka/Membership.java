package io.eventmesh.storage.kafka;

import io.eventmesh.spi.storage.Progress;
import java.time.Duration;
import java.util.Collection;
import java.util.Map;
import java.util.function.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRebalanceListener;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.jspecify.annotations.Nullable;

/**
 * Where a reader has its partitions and its progress from. Used by the reader's thread only; calls throw what the Kafka
 * client throws.
 */
interface Membership {
    /** What progress, gaps and parked events are filed under. */
    String incarnation();

    /** Makes the consumer; the first call. */
    KafkaConsumer<byte[], byte[]> open();

    /** Reads these streams from now on, and no others. */
    void follow(Collection<StreamEntry> streams, ConsumerRebalanceListener rebalances);

    /** Stored progress, where there is some. */
    Map<TopicPartition, Progress> stored(Map<TopicPartition, Uuid> places, Duration atMost);

    /**
     * A partition was assigned; what is parked under its older epochs is refused from now on.
     *
     * @param unknown whether there was no stored progress
     */
    void owned(StreamEntry stream, int partition, long epoch, boolean unknown);

    /** Stores progress; the answer comes on the reader's thread, in this call or in a poll, null when it is stored. */
    void store(Map<Assignment, Progress> progress, Consumer<@Nullable Exception> answer);

    /** Stores progress, and waits until all that is on its way is stored. */
    void storeNow(Map<Assignment, Progress> progress, Duration atMost);
}
