package io.eventmesh.storage.kafka;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.topic.SubscriptionName;
import io.eventmesh.spi.storage.EventRecord;
import io.eventmesh.spi.storage.Gap;
import io.eventmesh.spi.storage.Position;
import io.eventmesh.spi.storage.StoredRecord;
import io.eventmesh.spi.storage.StreamPartition;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.RetriableException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The records of a reader's partitions on their way from the consumer to the listener. A partition flows while there is
 * demand for it and nothing of it waits; what a poll brought too much waits here, at most what one poll brings.
 *
 * <p>Belongs to the reader's thread.
 */
final class Flow {
    private static final Logger log = LoggerFactory.getLogger(Flow.class);
    private static final Duration ASK_TIMEOUT = Duration.ofSeconds(2);

    private final Surroundings with;
    private final SubscriptionName group;
    private final KafkaConsumer<byte[], byte[]> consumer;
    private final Polling polling;
    private final Holdings held;
    private final Telling telling;

    Flow(
            Surroundings with,
            SubscriptionName group,
            KafkaConsumer<byte[], byte[]> consumer,
            Polling polling,
            Holdings held,
            Telling telling) {
        this.with = with;
        this.group = group;
        this.consumer = consumer;
        this.polling = polling;
        this.held = held;
        this.telling = telling;
    }

    void take(ConsumerRecords<byte[], byte[]> polled) {
        for (TopicPartition place : polled.partitions()) {
            Assignment assignment = held.at(place);
            if (assignment == null || assignment.isReleasing()) {
                continue;
            }
            for (ConsumerRecord<byte[], byte[]> each : polled.records(place)) {
                take(assignment, each);
            }
        }
    }

    private void take(Assignment assignment, ConsumerRecord<byte[], byte[]> found) {
        long offset = found.offset();
        if (assignment.isWanted(offset)) {
            StreamPartition partition = assignment.partition();
            EventRecord record = with.records().read(partition, found);
            if (record == null) {
                held.missed(assignment, new Gap(partition, offset, offset + 1, 1, Gap.Why.CORRUPTION));
            } else {
                assignment.add(new StoredRecord(new Position(partition, offset), record));
            }
        }
        assignment.next(Math.max(assignment.next(), offset + 1));
    }

    /** What waits and is asked for; the listener may ask for more from inside. */
    void handOver() {
        for (Assignment each : held.all()) {
            while (each.hasSomeToHandOver() && !telling.isClosed()) {
                telling.records(each, each.take());
            }
        }
    }

    /** Lets flow what is wanted and stops what is not. */
    void openAndShut() {
        List<TopicPartition> paused = new ArrayList<>();
        List<TopicPartition> resumed = new ArrayList<>();
        for (Assignment each : held.all()) {
            boolean wanted = each.wantsMore();
            if (wanted != each.flows()) {
                each.flows(wanted);
                (wanted ? resumed : paused).add(each.place());
            }
        }
        if (!paused.isEmpty()) {
            consumer.pause(paused);
        }
        if (!resumed.isEmpty()) {
            consumer.resume(resumed);
        }
    }

    /** Retention overtook the consumer, or the partition lost its end. */
    void outOfRange(Map<TopicPartition, Long> positions) {
        try {
            Map<TopicPartition, Long> firsts =
                    polling.calm(() -> consumer.beginningOffsets(positions.keySet(), ASK_TIMEOUT));
            Map<TopicPartition, Long> ends = polling.calm(() -> consumer.endOffsets(positions.keySet(), ASK_TIMEOUT));
            positions.forEach((place, position) -> {
                Assignment assignment = held.at(place);
                if (assignment == null) {
                    return;
                }
                long first = firsts.getOrDefault(place, 0L);
                long end = ends.getOrDefault(place, first);
                with.streams().learned(assignment.partition(), first, end);
                if (position > end) {
                    log.error(
                            "Partition ends before what was read of it: its newest records are lost. group={} partition={} position={} end={}",
                            group,
                            assignment.partition(),
                            position,
                            end);
                    assignment.next(end);
                    consumer.seek(place, end);
                }
            });
        } catch (RetriableException later) {
            log.debug("Offsets cannot be read now. group={} error={}", group, later.toString());
        }
    }

    /** Commits that reach further than what was read and appended here: others may have appended. */
    void resolveDoubts() {
        for (Assignment each : held.all()) {
            List<Assignment.Doubt> doubts = each.takeDoubts();
            if (doubts.isEmpty()) {
                continue;
            }
            StreamPartition partition = each.partition();
            long end = held.end(each);
            with.streams().learned(partition, with.streams().first(partition), end);
            for (Assignment.Doubt doubt : doubts) {
                if (Progresses.reach(doubt.progress()) > end) {
                    doubt.answer()
                            .completeExceptionally(new EventMeshException(
                                    ErrorCode.REQUEST_INVALID,
                                    "progress in %s: %s (expected: at most %s)"
                                            .formatted(partition, doubt.progress(), end)));
                } else {
                    each.commit(doubt.progress()).whenComplete((done, failure) -> {
                        if (failure == null) {
                            doubt.answer().complete(null);
                        } else {
                            doubt.answer().completeExceptionally(failure);
                        }
                    });
                }
            }
        }
    }
}
