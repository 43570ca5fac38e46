package io.eventmesh.storage.kafka;

import io.eventmesh.common.thread.NamedThreads;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.PriorityQueue;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.stream.IntStream;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.consumer.CloseOptions;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.InvalidOffsetException;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.WakeupException;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.internals.RecordHeader;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The parking topic: what writes to it, and a thread that follows it from its first record on. What is written
 * is answered after it was read again, with whether it counts.
 *
 * <p>Thread-safe; methods return without waiting, but for {@link #start} and {@link #close}.
 */
final class ParkingLog implements AutoCloseable {
    /** What a record says, to whom. Called on the log's thread, record by record. */
    interface Reading {
        /** @return whether it counts */
        boolean read(ParkingKey key, @Nullable Fence fence, byte @Nullable [] value, int partition, long offset);
    }

    private static final Logger log = LoggerFactory.getLogger(ParkingLog.class);
    private static final String FENCE = "fence";
    private static final int PARTITIONS = 4;
    private static final int MAX_REFUSED = 10_000;
    private static final int OVERHEAD = 64 << 10;
    private static final Duration POLL = Duration.ofSeconds(1);
    /** Whoever is in no group has nobody to tell. */
    private static final Duration LEAVE_TIMEOUT = Duration.ofMillis(50);

    private static final Duration CLOSE_TIMEOUT = Duration.ofSeconds(1);
    private static final Map<String, String> SETTINGS = Map.of(
            // what does not count stands before what counts is put right: both must be there so long
            "min.compaction.lag.ms", "3600000",
            "segment.bytes", "67108864",
            "segment.ms", "86400000");

    private record Awaited(long offset, CompletableFuture<Boolean> answer) {}

    /** How far a partition was read. Guarded by itself. */
    private static final class Followed {
        private long next;
        private final PriorityQueue<Awaited> reached =
                new PriorityQueue<>((one, other) -> Long.compare(one.offset(), other.offset()));
        private final Map<Long, CompletableFuture<Boolean>> written = new HashMap<>();
        private final Set<Long> refused = new HashSet<>();
        private final Deque<Long> refusedInOrder = new ArrayDeque<>();
    }

    private final Surroundings with;
    private final String topic;
    private final Reading reading;
    private final ParkingWriter writer;
    private volatile List<Followed> followed = List.of();
    private volatile @Nullable KafkaConsumer<byte[], byte[]> consumer;
    private volatile @Nullable Thread thread;
    private volatile boolean closed;
    /** Nothing is read any more; what waits under a partition's lock after that is refused. */
    private volatile boolean ended;

    ParkingLog(Surroundings with, Reading reading) {
        this.with = with;
        this.topic = with.names().parking();
        this.reading = reading;
        this.writer = new ParkingWriter(with);
    }

    /** Makes the topic where it is missing and reads it to its end. Blocks. */
    void start() {
        Duration patience = with.config().startTimeout();
        long largest = with.config().maxRecordSize().bytes() + OVERHEAD;
        Map<String, String> settings = new HashMap<>(SETTINGS);
        settings.put("max.message.bytes", Long.toString(largest));
        Waiting.until(with.topics().ensureCompacted(topic, PARTITIONS, settings), patience, "parking topic");
        try {
            writer.start(largest);
            KafkaConsumer<byte[], byte[]> reader = new KafkaConsumer<>(settings());
            consumer = reader;
            followed = IntStream.range(0, reader.partitionsFor(topic, patience).size())
                    .mapToObj(index -> new Followed())
                    .toList();
            Thread own = NamedThreads.named("mesh-kafka-parking", () -> follow(reader));
            thread = own;
            own.start();
        } catch (KafkaException refused) {
            throw Clients.failure(refused);
        }
        List<CompletableFuture<Void>> ends = new ArrayList<>();
        for (int partition = 0; partition < followed.size(); partition++) {
            ends.add(readToEnd(partition).toCompletableFuture());
        }
        Waiting.until(CompletableFuture.allOf(ends.toArray(CompletableFuture[]::new)), patience, "parked events");
    }

    private Map<String, Object> settings() {
        Map<String, Object> settings = with.clients().consumer("parking");
        settings.put(ConsumerConfig.MAX_POLL_RECORDS_CONFIG, 2_000);
        return settings;
    }

    /** All records of a group are in one partition. */
    int partitionOf(String incarnation) {
        return Math.floorMod(incarnation.hashCode(), Math.max(1, followed.size()));
    }

    /**
     * Writes a record, null to remove the key's. Records of a group keep their order.
     *
     * @return whether it counts, once it was read
     */
    CompletionStage<Boolean> write(ParkingKey key, @Nullable Fence fence, byte @Nullable [] value) {
        int partition = partitionOf(key.incarnation());
        List<Header> headers = fence == null ? List.of() : List.of(new RecordHeader(FENCE, fence.bytes()));
        CompletableFuture<Boolean> answer = new CompletableFuture<>();
        writer.write(new ProducerRecord<>(topic, partition, key.bytes(), value, headers))
                .whenComplete((offset, failure) -> {
                    if (failure != null) {
                        answer.completeExceptionally(Clients.failure(failure));
                    } else {
                        awaitRead(partition, offset, answer);
                    }
                });
        return answer;
    }

    private void awaitRead(int partition, long offset, CompletableFuture<Boolean> answer) {
        Followed place = followed.get(partition);
        boolean counts;
        synchronized (place) {
            if (place.next <= offset && !ended) {
                place.written.put(offset, answer);
                return;
            }
            counts = !place.refused.contains(offset);
        }
        if (ended) {
            answer.completeExceptionally(Surroundings.unavailable());
        } else {
            answer.complete(counts);
        }
    }

    /** Completes when everything that is in the partition now was read. */
    CompletionStage<Void> readToEnd(int partition) {
        TopicPartition place = new TopicPartition(topic, partition);
        try {
            return with.clients()
                    .admin()
                    .listOffsets(Map.of(place, OffsetSpec.latest()))
                    .partitionResult(place)
                    .toCompletionStage()
                    .thenCompose(end -> reached(partition, end.offset()));
        } catch (RuntimeException refused) {
            return CompletableFuture.failedStage(Clients.failure(refused));
        }
    }

    private CompletionStage<Void> reached(int partition, long end) {
        Followed place = followed.get(partition);
        CompletableFuture<Boolean> answer = new CompletableFuture<>();
        synchronized (place) {
            if (place.next >= end) {
                return CompletableFuture.completedStage(null);
            }
            if (ended) {
                return CompletableFuture.failedStage(Surroundings.unavailable());
            }
            place.reached.add(new Awaited(end, answer));
        }
        return answer.thenApply(done -> null);
    }

    // the thread's

    private void follow(KafkaConsumer<byte[], byte[]> reader) {
        List<TopicPartition> places = IntStream.range(0, followed.size())
                .mapToObj(index -> new TopicPartition(topic, index))
                .toList();
        try {
            reader.assign(places);
            reader.seekToBeginning(places);
            boolean failing = false;
            while (!closed) {
                failing = poll(reader, places, failing);
            }
        } catch (WakeupException end) {
            // closed
        } catch (RuntimeException defect) {
            log.error("Parked events are not followed any more.", defect);
        } finally {
            ended = true;
            refuseAll();
            reader.close(CloseOptions.timeout(LEAVE_TIMEOUT));
        }
    }

    private boolean poll(KafkaConsumer<byte[], byte[]> reader, List<TopicPartition> places, boolean failing) {
        try {
            ConsumerRecords<byte[], byte[]> polled = reader.poll(POLL);
            for (ConsumerRecord<byte[], byte[]> record : polled) {
                read(record);
            }
            for (TopicPartition place : places) {
                advance(place.partition(), reader.position(place, POLL));
            }
            if (failing) {
                log.info("Parked events are followed again.");
            }
            return false;
        } catch (InvalidOffsetException gone) {
            reader.seekToBeginning(gone.partitions());
            return failing;
        } catch (WakeupException end) {
            throw end;
        } catch (KafkaException passing) {
            if (!failing) {
                log.warn("Parked events cannot be followed, trying again. error={}", passing.toString());
            }
            return true;
        }
    }

    private void read(ConsumerRecord<byte[], byte[]> record) {
        Header header = record.headers().lastHeader(FENCE);
        boolean counts = true;
        try {
            counts = reading.read(
                    ParkingKey.read(Objects.requireNonNullElse(record.key(), new byte[0])),
                    Fence.read(header == null ? null : header.value()),
                    record.value(),
                    record.partition(),
                    record.offset());
        } catch (IllegalArgumentException foreign) {
            log.warn(
                    "Record in the parking topic is not ours. partition={} offset={} error={}",
                    record.partition(),
                    record.offset(),
                    foreign.getMessage());
        } catch (RuntimeException defect) {
            log.error(
                    "Record in the parking topic is passed over. partition={} offset={}",
                    record.partition(),
                    record.offset(),
                    defect);
        }
        answer(record.partition(), record.offset(), counts);
    }

    private void answer(int partition, long offset, boolean counts) {
        Followed place = followed.get(partition);
        CompletableFuture<Boolean> answer;
        synchronized (place) {
            place.next = offset + 1;
            answer = place.written.remove(offset);
            if (answer == null && !counts) {
                place.refused.add(offset);
                place.refusedInOrder.addLast(offset);
                if (place.refusedInOrder.size() > MAX_REFUSED) {
                    place.refused.remove(place.refusedInOrder.removeFirst());
                }
            }
        }
        if (answer != null) {
            answer.complete(counts);
        }
    }

    private void advance(int partition, long position) {
        Followed place = followed.get(partition);
        List<CompletableFuture<Boolean>> answers = new ArrayList<>();
        synchronized (place) {
            place.next = Math.max(place.next, position);
            Awaited first = place.reached.peek();
            while (first != null && first.offset() <= place.next) {
                answers.add(first.answer());
                place.reached.remove();
                first = place.reached.peek();
            }
        }
        answers.forEach(answer -> answer.complete(true));
    }

    private void refuseAll() {
        List<CompletableFuture<Boolean>> answers = new ArrayList<>();
        for (Followed place : followed) {
            synchronized (place) {
                answers.addAll(place.written.values());
                place.written.clear();
                for (Iterator<Awaited> each = place.reached.iterator(); each.hasNext(); each.remove()) {
                    answers.add(each.next().answer());
                }
            }
        }
        answers.forEach(answer -> answer.completeExceptionally(Surroundings.unavailable()));
    }

    @Override
    public void close() {
        closed = true;
        writer.close();
        KafkaConsumer<byte[], byte[]> reader = consumer;
        Thread own = thread;
        if (reader != null && own != null) {
            reader.wakeup();
            try {
                own.join(CLOSE_TIMEOUT.toMillis() * 2);
            } catch (InterruptedException interrupted) {
                Thread.currentThread().interrupt();
            }
        }
        refuseAll();
    }
}
