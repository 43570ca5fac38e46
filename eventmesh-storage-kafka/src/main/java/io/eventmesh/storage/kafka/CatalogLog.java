package io.eventmesh.storage.kafka;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.thread.NamedThreads;
import io.eventmesh.common.time.MeshClock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import org.apache.kafka.clients.consumer.CloseOptions;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.errors.InvalidProducerEpochException;
import org.apache.kafka.common.errors.ProducerFencedException;
import org.apache.kafka.common.errors.WakeupException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Follows the catalog topic and writes to it, on one thread, {@code mesh-kafka-catalog}.
 *
 * <p>What it writes it reads back before it answers, so that the state is changed in one way only, by what stands in the
 * topic, in the order in which it stands there.
 */
final class CatalogLog implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(CatalogLog.class);

    private static final Duration IDLE = Duration.ofSeconds(1);
    private static final Duration CALL_TIMEOUT = CatalogWriter.CALL_TIMEOUT;
    private static final Duration CLOSE_TIMEOUT = Duration.ofMillis(300);
    private static final Duration END_TIMEOUT = Duration.ofSeconds(1);
    private static final int MAX_QUEUED = 10_000;
    private static final int MAX_BATCH = 500;
    /** Of one change: fenced by others, or refused by brokers that are not well. */
    private static final int MAX_FENCED = 100;

    private static final int MAX_FAILED = 3;
    private static final long REST_NANOS = 5_000_000;

    private record Change<T>(Function<CatalogDraft, T> decision, CompletableFuture<T> answer) {
        /** Decides now; the answer is told later, when what was decided is written. */
        Runnable decide(CatalogDraft draft) {
            try {
                T decided = decision.apply(draft);
                return () -> answer.complete(decided);
            } catch (EventMeshException refused) {
                return () -> answer.completeExceptionally(refused);
            }
        }
    }

    private final Clients clients;
    private final MeshClock clock;
    private final CatalogState state;
    private final TopicPartition partition;
    private final CatalogWriter writer;
    private final RandomGenerator random = RandomGenerator.getDefault();
    private final BlockingQueue<Change<?>> changes = new ArrayBlockingQueue<>(MAX_QUEUED);
    private final CompletableFuture<Void> ready = new CompletableFuture<>();

    private volatile @Nullable Thread thread;
    private volatile @Nullable Consumer<byte[], byte[]> consumer;
    /** Found while the catalog was read for the first time. Used by the thread alone. */
    private @Nullable EventMeshException corrupt;

    private volatile boolean closing;
    private volatile @Nullable String trouble;

    CatalogLog(Clients clients, TopicNames names, MeshClock clock, CatalogState state) {
        this.clients = clients;
        this.clock = clock;
        this.state = state;
        this.partition = new TopicPartition(names.catalog(), 0);
        this.writer = new CatalogWriter(clients, names.catalog());
    }

    void open(Duration within) {
        Consumer<byte[], byte[]> reader = new KafkaConsumer<>(clients.consumer("catalog"));
        consumer = reader;
        Thread running = NamedThreads.named("mesh-kafka-catalog", () -> run(reader));
        thread = running;
        running.start();
        Waiting.until(ready, within, "catalog");
    }

    boolean isClosed() {
        return closing;
    }

    Optional<String> trouble() {
        return Optional.ofNullable(trouble);
    }

    <T> CompletionStage<T> change(Function<CatalogDraft, T> decision) {
        Change<T> change = new Change<>(decision, new CompletableFuture<>());
        Consumer<byte[], byte[]> reader = consumer;
        if (closing || reader == null) {
            return CompletableFuture.failedStage(Catalog.closed());
        }
        if (!changes.offer(change)) {
            return CompletableFuture.failedStage(new EventMeshException(
                    ErrorCode.OVERLOADED,
                    "changes of the catalog: %s waiting (expected: fewer)".formatted(MAX_QUEUED)));
        }
        reader.wakeup();
        if (closing) {
            refuseAll();
        }
        return change.answer();
    }

    @Override
    public void close() {
        closing = true;
        Consumer<byte[], byte[]> reader = consumer;
        Thread running = thread;
        if (reader == null || running == null) {
            return;
        }
        reader.wakeup();
        try {
            running.join(END_TIMEOUT.toMillis());
            if (running.isAlive()) {
                running.interrupt();
                running.join(END_TIMEOUT.toMillis());
            }
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        }
        refuseAll();
    }

    private void run(Consumer<byte[], byte[]> reader) {
        try {
            begin(reader);
            ready.complete(null);
            while (!closing) {
                step(reader);
            }
        } catch (RuntimeException | Error failure) {
            if (!ready.completeExceptionally(failure) && !closing) {
                trouble = "the catalog is not followed any more: " + failure;
                log.error("Catalog is not followed any more. topic={}", partition.topic(), failure);
            }
        } finally {
            closing = true;
            writer.drop();
            refuseAll();
            // an interrupted thread would not let the consumer leave in peace
            Thread.interrupted();
            try {
                reader.close(CloseOptions.timeout(CLOSE_TIMEOUT));
            } catch (KafkaException failure) {
                log.debug("Catalog's consumer did not close cleanly. error={}", failure.toString());
            }
        }
    }

    private void begin(Consumer<byte[], byte[]> reader) {
        reader.assign(Set.of(partition));
        reader.seekToBeginning(Set.of(partition));
        readToEnd(reader);
        requireKnownFormat();
        EventMeshException unreadable = corrupt;
        if (unreadable != null) {
            throw unreadable;
        }
    }

    private void step(Consumer<byte[], byte[]> reader) {
        try {
            Change<?> first = changes.poll();
            if (first == null) {
                follow(reader, IDLE);
            } else {
                List<Change<?>> batch = new ArrayList<>();
                batch.add(first);
                changes.drainTo(batch, MAX_BATCH - 1);
                write(reader, batch);
            }
            if (trouble != null) {
                trouble = null;
                log.info("Catalog is followed again. topic={}", partition.topic());
            }
        } catch (InterruptException interrupted) {
            closing = true;
        } catch (KafkaException failure) {
            if (closing) {
                return;
            }
            if (trouble == null) {
                log.warn("Catalog cannot be followed now. topic={} error={}", partition.topic(), failure.toString());
            }
            trouble = "the catalog cannot be followed: " + failure.getMessage();
            LockSupport.parkNanos(IDLE.toNanos());
        }
    }

    // reading

    private void follow(Consumer<byte[], byte[]> reader, Duration wait) {
        try {
            for (ConsumerRecord<byte[], byte[]> record : reader.poll(wait)) {
                apply(record);
            }
        } catch (WakeupException woken) {
            // somebody has a change
        }
    }

    private void apply(ConsumerRecord<byte[], byte[]> record) {
        if (record.key() == null) {
            return;
        }
        String key = CatalogForm.text(record.key());
        try {
            state.apply(key, record.value() == null ? null : CatalogForm.read(key, record.value()));
        } catch (IllegalArgumentException unreadable) {
            if (!ready.isDone() && corrupt == null) {
                corrupt = corrupt(record, unreadable);
            }
            log.error(
                    "Catalog entry is left out: it cannot be read. topic={} offset={} error={}",
                    record.topic(),
                    record.offset(),
                    unreadable.toString());
        }
    }

    private void readToEnd(Consumer<byte[], byte[]> reader) {
        long end =
                awake(() -> reader.endOffsets(Set.of(partition), CALL_TIMEOUT)).getOrDefault(partition, 0L);
        readTo(reader, end);
    }

    private void readTo(Consumer<byte[], byte[]> reader, long end) {
        long until = clock.nanoTime() + CALL_TIMEOUT.toNanos();
        while (awake(() -> reader.position(partition, CALL_TIMEOUT)) < end) {
            if (closing || clock.nanoTime() - until > 0) {
                throw new org.apache.kafka.common.errors.TimeoutException(
                        "catalog not read to offset " + end + " within " + CALL_TIMEOUT);
            }
            follow(reader, IDLE);
        }
    }

    /** A wake-up means that there is a change; what is asked here is asked again. */
    private static <T> T awake(Supplier<T> call) {
        while (true) {
            try {
                return call.get();
            } catch (WakeupException woken) {
                // asked again
            }
        }
    }

    private void requireKnownFormat() {
        if (state.fact(CatalogForm.FORMAT_KEY) instanceof CatalogFact.Format format
                && format.version() > CatalogForm.FORMAT) {
            throw new EventMeshException(
                    ErrorCode.STORAGE_UNAVAILABLE,
                    "format of the catalog %s: %s (expected: %s or older, which this release reads)"
                            .formatted(partition.topic(), format.version(), CatalogForm.FORMAT));
        }
    }

    // writing

    private void write(Consumer<byte[], byte[]> reader, List<Change<?>> batch) {
        int fenced = 0;
        int failed = 0;
        while (true) {
            try {
                requireKnownFormat();
                if (!writer.holds()) {
                    writer.takeOver();
                    readToEnd(reader);
                }
                commit(reader, batch);
                return;
            } catch (ProducerFencedException | InvalidProducerEpochException overtaken) {
                writer.drop();
                if (closing || ++fenced > MAX_FENCED) {
                    refuse(batch, Clients.failure(overtaken));
                    return;
                }
                LockSupport.parkNanos(random.nextLong(REST_NANOS * Math.min(fenced, 20)) + 1);
            } catch (InterruptException interrupted) {
                refuse(batch, Catalog.closed());
                throw interrupted;
            } catch (KafkaException failure) {
                writer.drop();
                if (closing || ++failed > MAX_FAILED) {
                    refuse(batch, Clients.failure(failure));
                    throw failure;
                }
                log.debug("Catalog is written anew. topic={} error={}", partition.topic(), failure.toString());
            } catch (EventMeshException refusal) {
                refuse(batch, refusal);
                return;
            }
        }
    }

    private void commit(Consumer<byte[], byte[]> reader, List<Change<?>> batch) {
        CatalogDraft draft = new CatalogDraft(state);
        List<Runnable> answers = new ArrayList<>(batch.size());
        batch.forEach(change -> answers.add(change.decide(draft)));
        if (!draft.isEmpty()) {
            if (state.fact(CatalogForm.FORMAT_KEY) == null) {
                draft.put(new CatalogFact.Format(CatalogForm.FORMAT));
            }
            readTo(reader, writer.store(draft) + 1);
        }
        answers.forEach(Runnable::run);
    }

    private void refuseAll() {
        List<Change<?>> waiting = new ArrayList<>();
        changes.drainTo(waiting);
        refuse(waiting, Catalog.closed());
    }

    private static void refuse(List<Change<?>> batch, EventMeshException why) {
        batch.forEach(change -> change.answer().completeExceptionally(why));
    }

    private EventMeshException corrupt(ConsumerRecord<byte[], byte[]> record, IllegalArgumentException why) {
        return new EventMeshException(
                ErrorCode.DATA_CORRUPT,
                "catalog %s, offset %s: %s (expected: an entry of format %s)"
                        .formatted(record.topic(), record.offset(), why.getMessage(), CatalogForm.FORMAT),
                why);
    }
}
