package io.eventmesh.storage.kafka;

import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.apache.kafka.clients.admin.ListOffsetsOptions;
import org.apache.kafka.clients.admin.ListOffsetsResult;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.TopicPartition;

/** Asks the brokers where partitions begin and end. Thread-safe; returns without waiting. */
final class Offsets {
    private static final long MAX_TIMEOUT_MILLIS = 8_000;

    /** The first kept offset, and the one after the last record that may be read. */
    record Range(long first, long end) {}

    private final Clients clients;
    private final int timeoutMillis;

    Offsets(Clients clients, KafkaStorageConfig config) {
        this.clients = clients;
        this.timeoutMillis =
                (int) Math.min(MAX_TIMEOUT_MILLIS, config.appendTimeout().toMillis());
    }

    /** Fails if one of them does not answer. */
    CompletionStage<Map<TopicPartition, Range>> look(Collection<TopicPartition> partitions) {
        ListOffsetsResult firsts = ask(partitions, OffsetSpec.earliest());
        ListOffsetsResult ends = ask(partitions, OffsetSpec.latest());
        return KafkaFuture.allOf(firsts.all(), ends.all())
                .toCompletionStage()
                .thenApply(done -> answered(partitions, firsts, ends));
    }

    /** Those that answered; the others are left out. */
    CompletionStage<Map<TopicPartition, Range>> lookAround(Collection<TopicPartition> partitions) {
        ListOffsetsResult firsts = ask(partitions, OffsetSpec.earliest());
        ListOffsetsResult ends = ask(partitions, OffsetSpec.latest());
        CompletableFuture<Void> all = CompletableFuture.allOf(
                firsts.all().toCompletionStage().handle((done, failure) -> null).toCompletableFuture(),
                ends.all().toCompletionStage().handle((done, failure) -> null).toCompletableFuture());
        return all.thenApply(done -> answered(partitions, firsts, ends));
    }

    private ListOffsetsResult ask(Collection<TopicPartition> partitions, OffsetSpec where) {
        Map<TopicPartition, OffsetSpec> all = new HashMap<>();
        partitions.forEach(partition -> all.put(partition, where));
        return clients.admin()
                .listOffsets(all, new ListOffsetsOptions(IsolationLevel.READ_COMMITTED).timeoutMs(timeoutMillis));
    }

    private static Map<TopicPartition, Range> answered(
            Collection<TopicPartition> partitions, ListOffsetsResult firsts, ListOffsetsResult ends) {
        Map<TopicPartition, Range> ranges = new HashMap<>();
        for (TopicPartition partition : partitions) {
            long first = offset(firsts.partitionResult(partition));
            long end = offset(ends.partitionResult(partition));
            if (first >= 0 && end >= 0) {
                ranges.put(partition, new Range(first, Math.max(first, end)));
            }
        }
        return ranges;
    }

    private static long offset(KafkaFuture<ListOffsetsResult.ListOffsetsResultInfo> answer) {
        if (!answer.isDone() || answer.isCompletedExceptionally()) {
            return -1;
        }
        try {
            return answer.getNow(null).offset();
        } catch (InterruptedException | java.util.concurrent.ExecutionException notAnswered) {
            return -1;
        }
    }
}
