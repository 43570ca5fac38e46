package io.eventmesh.storage.kafka;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.thread.NamedThreads;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.consumer.CloseOptions;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.InvalidOffsetException;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.errors.RetriableException;
import org.apache.kafka.common.errors.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Fetches the contents of parked events from where they stand in the parking topic, several at once where they stand close
 * together. The newest that were seen are kept, up to {@value #MAX_KEPT} bytes.
 *
 * <p>Thread-safe; a thread and a consumer of its own come with the first fetch.
 */
final class ParkedContents implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(ParkedContents.class);
    private static final long MAX_KEPT = 8L << 20;
    private static final int MAX_WAITING = 100_000;
    private static final Duration POLL = Duration.ofMillis(500);
    private static final Duration PATIENCE = Duration.ofSeconds(10);
    /** Whoever is in no group has nobody to tell. */
    private static final Duration LEAVE_TIMEOUT = Duration.ofMillis(50);

    private static final Duration CLOSE_TIMEOUT = Duration.ofSeconds(1);

    private record Place(int partition, long offset) {}

    private record Wanted(Place place, CompletableFuture<byte @Nullable []> answer) {}

    /** Ends the thread's wait. */
    private static final Wanted NOTHING = new Wanted(new Place(-1, -1), new CompletableFuture<>());

    private final Surroundings with;
    private final LinkedBlockingQueue<Wanted> wanted = new LinkedBlockingQueue<>(MAX_WAITING);
    /** Guarded by itself. */
    private final LinkedHashMap<Place, byte[]> kept = new LinkedHashMap<>(16, 0.75f, true);

    private long keptBytes;
    private @Nullable Thread thread;
    private volatile boolean closed;

    ParkedContents(Surroundings with) {
        this.with = with;
    }

    /** A content was seen at the place. */
    void seen(int partition, long offset, byte[] content) {
        if (content.length > MAX_KEPT / 4) {
            return;
        }
        synchronized (kept) {
            byte[] before = kept.put(new Place(partition, offset), content);
            keptBytes += content.length - (before == null ? 0 : before.length);
            var oldest = kept.entrySet().iterator();
            while (keptBytes > MAX_KEPT) {
                keptBytes -= oldest.next().getValue().length;
                oldest.remove();
            }
        }
    }

    /** Completes with null when nothing stands there any more. */
    CompletionStage<byte @Nullable []> read(int partition, long offset) {
        Place place = new Place(partition, offset);
        synchronized (kept) {
            byte[] content = kept.get(place);
            if (content != null) {
                return CompletableFuture.completedStage(content);
            }
        }
        Wanted asked = new Wanted(place, new CompletableFuture<>());
        if (closed || !wanted.offer(asked)) {
            return CompletableFuture.failedStage(new EventMeshException(
                    ErrorCode.STORAGE_UNAVAILABLE,
                    "parked events to be read: %d (expected: fewer)".formatted(wanted.size())));
        }
        begin();
        if (closed) {
            refuseAll();
        }
        return asked.answer();
    }

    private synchronized void begin() {
        if (thread == null && !closed) {
            thread = NamedThreads.named("mesh-kafka-parked", this::run);
            thread.start();
        }
    }

    private void run() {
        try (KafkaConsumer<byte[], byte[]> consumer =
                new KafkaConsumer<>(with.clients().consumer("parked"))) {
            while (!closed) {
                Wanted first = wanted.poll(POLL.toMillis(), TimeUnit.MILLISECONDS);
                if (first != null && !closed) {
                    List<Wanted> batch = new ArrayList<>();
                    batch.add(first);
                    wanted.drainTo(batch);
                    fetch(consumer, batch);
                }
            }
            consumer.close(CloseOptions.timeout(LEAVE_TIMEOUT));
        } catch (InterruptedException | InterruptException end) {
            Thread.currentThread().interrupt();
        } catch (KafkaException failed) {
            log.warn("Contents of parked events cannot be read. error={}", failed.toString());
            synchronized (this) {
                thread = null;
            }
        } finally {
            refuseAll();
        }
    }

    private void fetch(KafkaConsumer<byte[], byte[]> consumer, List<Wanted> batch) {
        Map<Integer, TreeMap<Long, List<Wanted>>> places = new HashMap<>();
        batch.forEach(each -> places.computeIfAbsent(each.place().partition(), unused -> new TreeMap<>())
                .computeIfAbsent(each.place().offset(), unused -> new ArrayList<>())
                .add(each));
        places.forEach((partition, asked) -> {
            try {
                fetch(consumer, partition, asked);
            } catch (KafkaException refused) {
                EventMeshException cause = Clients.failure(refused);
                asked.values().forEach(all -> all.forEach(each -> each.answer().completeExceptionally(cause)));
            }
        });
    }

    private void fetch(KafkaConsumer<byte[], byte[]> consumer, int partition, NavigableMap<Long, List<Wanted>> asked) {
        TopicPartition place = new TopicPartition(with.names().parking(), partition);
        consumer.assign(List.of(place));
        long deadline = with.clock().nanoTime() + PATIENCE.toNanos();
        while (!asked.isEmpty() && !closed) {
            if (with.clock().nanoTime() - deadline > 0) {
                throw new TimeoutException("no answer within " + PATIENCE);
            }
            consumer.seek(place, asked.firstKey());
            try {
                long reached = asked.firstKey();
                for (ConsumerRecord<byte[], byte[]> record : consumer.poll(POLL).records(place)) {
                    reached = record.offset() + 1;
                    found(record, asked.remove(record.offset()));
                }
                missing(asked, Math.max(reached, consumer.position(place, POLL)));
            } catch (InvalidOffsetException gone) {
                missing(asked, asked.firstKey() + 1);
            } catch (RetriableException again) {
                log.debug("Contents of parked events cannot be read now. error={}", again.toString());
            }
        }
        asked.values()
                .forEach(all -> all.forEach(each -> each.answer().completeExceptionally(Surroundings.unavailable())));
    }

    private void found(ConsumerRecord<byte[], byte[]> record, @Nullable List<Wanted> asked) {
        byte[] content = record.value();
        if (content != null && record.key()[0] == 'C') {
            seen(record.partition(), record.offset(), content);
        }
        if (asked != null) {
            asked.forEach(each -> each.answer().complete(content));
        }
    }

    /** What lies before the position and was not found is not there. */
    private static void missing(NavigableMap<Long, List<Wanted>> asked, long position) {
        Map<Long, List<Wanted>> passed = asked.headMap(position);
        passed.values().forEach(all -> all.forEach(each -> each.answer().complete(null)));
        passed.clear();
    }

    private void refuseAll() {
        for (Wanted each = wanted.poll(); each != null; each = wanted.poll()) {
            each.answer().completeExceptionally(Surroundings.unavailable());
        }
    }

    @Override
    public void close() {
        closed = true;
        wanted.offer(NOTHING);
        Thread own;
        synchronized (this) {
            own = thread;
        }
        if (own != null) {
            try {
                own.join(CLOSE_TIMEOUT.toMillis() * 2);
            } catch (InterruptedException interrupted) {
                Thread.currentThread().interrupt();
            }
        }
        refuseAll();
    }
}
