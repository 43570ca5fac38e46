package io.eventmesh.storage.kafka;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.thread.NamedThreads;
import io.eventmesh.common.topic.SubscriptionName;
import io.eventmesh.spi.storage.GroupReader;
import io.eventmesh.spi.storage.Progress;
import io.eventmesh.spi.storage.StreamPartition;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;
import org.apache.kafka.clients.consumer.CloseOptions;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.NoOffsetForPartitionException;
import org.apache.kafka.clients.consumer.OffsetOutOfRangeException;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.RetriableException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A reader with a consumer and a thread of its own, on which the listener is told.
 *
 * <p>Others leave word and end the poll.
 */
final class KafkaReader implements GroupReader {
    /** How a reader ends. */
    enum Ending {
        /** By whoever opened it. */
        CLOSED,
        /** In good order, for another reader or for the storage's end. */
        GIVEN_UP,
        /** At once, since the group is gone. */
        GONE,
        /** At once, since the group was moved. */
        MOVED
    }

    private static final Logger log = LoggerFactory.getLogger(KafkaReader.class);
    private static final Duration POLL = Duration.ofSeconds(1);
    private static final Duration SHORT_POLL = Duration.ofMillis(50);
    private static final Duration LAST_COMMIT = Duration.ofSeconds(2);
    private static final Duration CLOSE_TIMEOUT = Duration.ofMillis(500);

    private final Surroundings with;
    private final SubscriptionName group;
    private final Membership membership;
    private final Supplier<Collection<StreamEntry>> streams;
    private final Accounts accounts;
    private final Telling telling;
    private final Thread thread;
    private final Map<StreamPartition, Assignment> assignments = new ConcurrentHashMap<>();
    private final Queue<Runnable> steps = new ConcurrentLinkedQueue<>();
    private final AtomicReference<@Nullable Ending> ending = new AtomicReference<>();
    private final CompletableFuture<Void> ended = new CompletableFuture<>();
    private volatile @Nullable Polling polling;
    /** The thread's, while it runs. */
    private @Nullable Holdings holdings;

    /** @param streams that the group reads now, asked whenever that may have changed */
    KafkaReader(
            Surroundings with,
            SubscriptionName group,
            Membership membership,
            Supplier<Collection<StreamEntry>> streams,
            Accounts accounts,
            Listener listener) {
        this.with = with;
        this.group = group;
        this.membership = membership;
        this.streams = streams;
        this.accounts = accounts;
        this.telling = new Telling(group, listener, with.clock());
        this.thread = NamedThreads.named("mesh-kafka-group-" + group, this::run);
    }

    void start() {
        thread.start();
    }

    SubscriptionName group() {
        return group;
    }

    String incarnation() {
        return membership.incarnation();
    }

    /** Done when the consumer has left its group and the thread is about to end. */
    CompletableFuture<Void> ended() {
        return ended;
    }

    boolean isEnding() {
        return ending.get() != null;
    }

    // by any thread

    @Override
    public void request(StreamPartition partition, long bytes) {
        if (bytes <= 0) {
            throw new IllegalArgumentException("requested bytes: " + bytes + " (expected: > 0)");
        }
        Assignment assignment = assignments.get(partition);
        if (assignment != null && assignment.request(bytes)) {
            nudge();
        }
    }

    @Override
    public CompletionStage<Void> commit(StreamPartition partition, long epoch, Progress progress) {
        Assignment assignment = assignments.get(partition);
        if (telling.isClosed() || assignment == null || assignment.epoch() != epoch) {
            return CompletableFuture.failedStage(
                    with.running().getAsBoolean() ? Commits.fenced(partition, epoch) : Surroundings.unavailable());
        }
        long reach = Progresses.reach(progress);
        if (reach <= assignment.next() || reach <= with.streams().end(partition)) {
            return send(assignment, progress);
        }
        CompletionStage<Void> answer = assignment.doubt(progress);
        nudge();
        return answer;
    }

    private CompletionStage<Void> send(Assignment assignment, Progress progress) {
        CompletionStage<Void> answer = assignment.commit(progress);
        if (assignment.hasPending()) {
            nudge();
        }
        return answer;
    }

    @Override
    public void close() {
        telling.close();
        end(Ending.CLOSED);
    }

    void end(Ending how) {
        if (ending.compareAndSet(null, how)) {
            nudge();
        }
    }

    /** The streams that the group reads may be others now. */
    void streamsChanged() {
        step(this::follow);
    }

    void streamDropped(StreamEntry stream) {
        step(() -> {
            Holdings held = holdings;
            if (held != null) {
                held.drop(stream);
                follow();
            }
        });
    }

    private void step(Runnable step) {
        steps.add(step);
        nudge();
    }

    private void nudge() {
        Polling current = polling;
        if (current == null) {
            return;
        }
        if (Thread.currentThread() == thread) {
            current.note();
        } else {
            current.nudge();
            LockSupport.unpark(thread);
        }
    }

    // the thread's

    private void run() {
        EventMeshException cause = null;
        try {
            read();
        } catch (KafkaException | EventMeshException failure) {
            cause = ours(failure);
            log.warn("Reader cannot go on. group={} code={} error={}", group, cause.code(), cause.reason());
        } catch (RuntimeException defect) {
            cause = new EventMeshException(ErrorCode.INTERNAL, "a reader failed", defect);
            log.error("Reader failed. group={}", group, defect);
        } finally {
            over(cause);
        }
    }

    private void read() {
        KafkaConsumer<byte[], byte[]> consumer = membership.open();
        try {
            Polling own = new Polling(consumer);
            Holdings held = new Holdings(with, group, membership, consumer, own, telling, accounts, assignments);
            holdings = held;
            polling = own;
            Flow flow = new Flow(with, group, consumer, own, held, telling);
            follow();
            while (ending.get() == null && telling.failure() == null) {
                turn(consumer, own, held, flow);
            }
            leave(held);
            held.end();
        } finally {
            consumer.close(CloseOptions.timeout(CLOSE_TIMEOUT));
        }
    }

    private void follow() {
        Holdings held = holdings;
        if (held != null) {
            held.follow(streams.get());
        }
    }

    private void turn(KafkaConsumer<byte[], byte[]> consumer, Polling own, Holdings held, Flow flow) {
        own.begin();
        for (Runnable step = steps.poll(); step != null; step = steps.poll()) {
            step.run();
        }
        held.resolve();
        held.skipWhatIsGone();
        flow.handOver();
        flow.resolveDoubts();
        held.commits().send();
        flow.openAndShut();
        if (consumer.subscription().isEmpty() && consumer.assignment().isEmpty()) {
            own.rest(POLL);
            return;
        }
        boolean soon = held.commits().triesAgain() || held.isWaiting();
        try {
            flow.take(own.poll(soon ? SHORT_POLL : POLL));
        } catch (OffsetOutOfRangeException gone) {
            flow.outOfRange(gone.offsetOutOfRangePartitions());
        } catch (NoOffsetForPartitionException unknown) {
            held.findAgain(unknown.partitions());
        } catch (RetriableException passing) {
            log.debug("Poll failed for now. group={} error={}", group, passing.toString());
        }
    }

    private void leave(Holdings held) {
        Ending how = ending.get();
        if (how == Ending.GIVEN_UP) {
            held.giveUp(held.all(), LAST_COMMIT);
        } else if (how == Ending.GONE || how == Ending.MOVED) {
            List.copyOf(held.all()).forEach(each -> held.lose(each, Commits.fenced(each.partition(), each.epoch())));
        } else {
            held.commits().flush(LAST_COMMIT);
        }
    }

    private void over(@Nullable EventMeshException cause) {
        assignments.values().forEach(each -> each.end(Commits.fenced(each.partition(), each.epoch())));
        EventMeshException failure = cause == null ? telling.failure() : cause;
        if (failure != null) {
            telling.failed(failure);
        } else if (ending.get() == Ending.MOVED) {
            telling.failed(new EventMeshException(
                    ErrorCode.FENCED,
                    "group %s was moved (expected: that its readers are opened anew)".formatted(group)));
        }
        telling.close();
        assignments.clear();
        ending.compareAndSet(null, Ending.CLOSED);
        ended.complete(null);
    }

    /** What a callback threw comes wrapped. */
    private static EventMeshException ours(RuntimeException failure) {
        return failure.getCause() instanceof EventMeshException known ? known : Clients.failure(failure);
    }
}
