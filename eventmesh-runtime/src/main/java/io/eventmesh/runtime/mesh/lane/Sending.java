package io.eventmesh.runtime.mesh.lane;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.time.MeshClock;
import io.eventmesh.common.time.Scheduler;
import io.eventmesh.spi.storage.EventRecord;
import io.eventmesh.spi.target.Attempt;
import io.eventmesh.spi.target.Outcome;
import io.eventmesh.spi.target.TargetSender;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The way to one destination: ASKING whether it wants events, WAITING to ask again, OPEN, STOPPED when it wants nothing
 * more, CLOSED. Sends no faster than the destination allows, and nothing once it is stopped or closed. Thread-safe, never
 * blocks.
 */
final class Sending implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(Sending.class);
    private static final Duration FIRST_BACK_OFF = Duration.ofSeconds(1);
    private static final int MAX_BACK_OFF_SHIFT = 6;
    /** An event whose turn is further away is given back. */
    private static final long MAX_WAIT_NANOS = Duration.ofSeconds(10).toNanos();

    /** Told once the destination consented, and when it wants nothing more. Called on any thread. */
    interface Listener {
        void opened();

        /** It does not consent yet and is asked again. */
        default void refused() {}

        void stopped(Outcome.Stop why);
    }

    private enum Stage {
        ASKING,
        WAITING,
        OPEN,
        STOPPED,
        CLOSED
    }

    private final String name;
    private final TargetSender sender;
    private final MeshClock clock;
    private final Scheduler scheduler;
    private final Listener listener;
    private final AtomicLong nextSlot;
    private volatile Stage stage = Stage.ASKING;
    private volatile CompletableFuture<Void> asking = new CompletableFuture<>();
    private final AtomicInteger asked = new AtomicInteger();
    private volatile String problem = "";

    /** @param name for operators */
    Sending(String name, TargetSender sender, MeshClock clock, Scheduler scheduler, Listener listener) {
        this.name = name;
        this.sender = sender;
        this.clock = clock;
        this.scheduler = scheduler;
        this.listener = listener;
        this.nextSlot = new AtomicLong(clock.nanoTime());
    }

    /** What keeps it from sending, in words; empty for nothing. */
    String problem() {
        return problem;
    }

    /** How many events may be on their way at a time; 0 before the destination consented. */
    int window(int bound) {
        if (stage != Stage.OPEN) {
            return 0;
        }
        int perMinute = sender.allowedPerMinute();
        return perMinute <= 0 ? bound : Math.max(1, Math.min(bound, perMinute / 6));
    }

    /** Asks the destination, and goes on asking until it says yes or no. */
    void ask() {
        synchronized (this) {
            if (stage == Stage.WAITING) {
                stage = Stage.ASKING;
                asking = new CompletableFuture<>();
            } else if (stage != Stage.ASKING) {
                return;
            }
        }
        guarded(sender::prepare).whenComplete((outcome, defect) -> answered(outcome(outcome, defect)));
    }

    private void answered(Outcome outcome) {
        if (outcome instanceof Outcome.Done) {
            CompletableFuture<Void> over = move(Stage.ASKING, Stage.OPEN);
            if (over != null) {
                if (!problem.isEmpty()) {
                    log.info("Destination answers again. destination={}", name);
                    problem = "";
                }
                listener.opened();
                over.complete(null);
            }
        } else if (outcome instanceof Outcome.Again again) {
            CompletableFuture<Void> over = move(Stage.ASKING, Stage.WAITING);
            if (over != null) {
                if (problem.isEmpty()) {
                    log.warn(
                            "Destination does not consent yet, asking again. destination={} code={} error={}",
                            name,
                            again.code(),
                            again.reason());
                }
                problem = again.reason();
                Duration backOff =
                        FIRST_BACK_OFF.multipliedBy(1L << Math.min(asked.getAndIncrement(), MAX_BACK_OFF_SHIFT));
                scheduler.schedule(again.delay().compareTo(backOff) > 0 ? again.delay() : backOff, this::ask);
                listener.refused();
                over.complete(null);
            }
        } else if (outcome instanceof Outcome.Never never) {
            stop(new Outcome.Stop(never.code(), never.reason()));
        } else if (outcome instanceof Outcome.Stop stop) {
            stop(stop);
        }
    }

    /** Sends the event; the stage never fails. */
    CompletionStage<Outcome> send(EventRecord record, int attempt) {
        return send(List.of(new Attempt(record, attempt))).thenApply(outcomes -> outcomes.get(0));
    }

    /** Sends the events, as many as the destination takes in one call; the stage never fails. */
    CompletionStage<List<Outcome>> send(List<Attempt> batch) {
        CompletableFuture<Void> open = null;
        synchronized (this) {
            if (stage == Stage.ASKING) {
                open = asking;
            } else if (stage != Stage.OPEN) {
                return CompletableFuture.completedStage(each(batch, refusal()));
            }
        }
        return open == null ? sendPaced(batch) : open.thenCompose(answered -> send(batch));
    }

    private static List<Outcome> each(List<Attempt> batch, Outcome outcome) {
        return Collections.nCopies(batch.size(), outcome);
    }

    /** Whether the destination has consented. */
    boolean isOpen() {
        return stage == Stage.OPEN;
    }

    /** Whether the destination is being asked this moment, and nothing is known to be wrong. */
    boolean isAsking() {
        return stage == Stage.ASKING && problem.isEmpty();
    }

    /** How many events one call takes. */
    int maxBatch() {
        return sender.maxBatch();
    }

    private Outcome refusal() {
        return stage == Stage.STOPPED
                ? new Outcome.Stop(ErrorCode.DELIVERY_FAILED, problem)
                : new Outcome.Again(ErrorCode.DELIVERY_FAILED, problem, FIRST_BACK_OFF);
    }

    private CompletionStage<List<Outcome>> sendPaced(List<Attempt> batch) {
        int perMinute = sender.allowedPerMinute();
        if (perMinute <= 0) {
            return sendNow(batch);
        }
        long interval = batch.size() * Duration.ofMinutes(1).toNanos() / perMinute;
        long now = clock.nanoTime();
        long slot = nextSlot.accumulateAndGet(now, (next, at) -> (next - at > 0 ? next : at) + interval) - interval;
        if (slot - now <= 0) {
            return sendNow(batch);
        }
        if (slot - now > MAX_WAIT_NANOS) {
            nextSlot.addAndGet(-interval);
            Outcome later = new Outcome.Again(
                    ErrorCode.RATE_LIMITED,
                    "events a minute: more (expected: at most %d, as the destination said)".formatted(perMinute),
                    Duration.ofNanos(slot - now));
            return CompletableFuture.completedStage(each(batch, later));
        }
        CompletableFuture<List<Outcome>> answer = new CompletableFuture<>();
        scheduler.schedule(
                Duration.ofNanos(slot - now),
                () -> sendNow(batch).whenComplete((outcomes, never) -> answer.complete(outcomes)));
        return answer;
    }

    private CompletionStage<List<Outcome>> sendNow(List<Attempt> batch) {
        synchronized (this) {
            if (stage != Stage.OPEN) {
                return CompletableFuture.completedStage(each(batch, refusal()));
            }
        }
        if (batch.size() == 1) {
            Attempt only = batch.get(0);
            return guarded(() -> sender.send(only.record(), only.number()))
                    .handle((outcome, defect) -> List.of(became(outcome(outcome, defect))));
        }
        return guarded(() -> sender.send(batch)).handle((outcomes, defect) -> {
            List<Outcome> became = new ArrayList<>(batch.size());
            for (int i = 0; i < batch.size(); i++) {
                Outcome outcome = outcomes != null && i < outcomes.size() ? outcomes.get(i) : null;
                became.add(became(outcome(outcome, defect)));
            }
            return became;
        });
    }

    private Outcome became(Outcome outcome) {
        if (outcome instanceof Outcome.Stop stop) {
            stop(stop);
        } else {
            note(outcome);
        }
        return outcome;
    }

    /** Operators see the last failure until an event gets through; it is nothing to log for each event. */
    private void note(Outcome outcome) {
        if (outcome instanceof Outcome.Again again) {
            problem = again.reason();
        } else if (outcome instanceof Outcome.Done && !problem.isEmpty() && stage == Stage.OPEN) {
            problem = "";
        }
    }

    /** Whether the destination wants nothing more. */
    boolean isStopped() {
        return stage == Stage.STOPPED || stage == Stage.CLOSED;
    }

    private void stop(Outcome.Stop why) {
        CompletableFuture<Void> over = move(null, Stage.STOPPED);
        if (over != null) {
            problem = why.reason();
            log.warn(
                    "Destination wants nothing more, sending stops. destination={} code={} error={}",
                    name,
                    why.code(),
                    why.reason());
            listener.stopped(why);
            over.complete(null);
        }
    }

    /** Answers who waits for the question, or null when the stage is another one, or the last. */
    private synchronized @Nullable CompletableFuture<Void> move(@Nullable Stage from, Stage to) {
        boolean ended = stage == Stage.STOPPED || stage == Stage.CLOSED;
        if (ended || (from != null && stage != from)) {
            return null;
        }
        stage = to;
        return asking;
    }

    private static <T> CompletionStage<T> guarded(Supplier<CompletionStage<T>> call) {
        try {
            return call.get();
        } catch (RuntimeException defect) {
            return CompletableFuture.failedStage(defect);
        }
    }

    /** A sender never fails; one that does is tried again. */
    static Outcome outcome(@Nullable Outcome outcome, @Nullable Throwable defect) {
        if (outcome != null) {
            return outcome;
        }
        EventMeshException failure =
                EventMeshException.of(defect == null ? new IllegalStateException("no outcome") : defect);
        return new Outcome.Again(failure.code(), failure.reason(), Duration.ZERO);
    }

    @Override
    public void close() {
        synchronized (this) {
            if (stage == Stage.CLOSED) {
                return;
            }
            stage = Stage.CLOSED;
        }
        sender.close();
        asking.complete(null);
    }
}
