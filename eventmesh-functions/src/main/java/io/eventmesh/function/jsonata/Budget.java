package io.eventmesh.function.jsonata;

import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.util.Collection;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * What one evaluation may use: processor time, depth, the weight of each value and the sum of all that it makes. Asked at
 * every node of the expression, at every call of a function, and within functions that may take long.
 *
 * <p>Processor time, not time on the clock: on a machine that is busy with something else an expression that gets no
 * processor says nothing about the expression.
 *
 * <p>Belongs to the evaluating thread, apart from {@link #cancel}, {@link #usedMillis} and {@link #exceeded}.
 */
final class Budget {
    static final int MAX_DEPTH = 200;
    /** Of everything made on the way, in units of {@link Weights}: lists count once for each time they are made. */
    private static final long MAX_MADE = 50_000_000;

    /** Asking for the thread's processor time takes about as long as so many steps. */
    private static final int STEPS_BETWEEN = 64;

    private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();

    private final long limitNanos;
    private final Weights weights;
    private final long threadId = Thread.currentThread().getId();
    private final long cpuBefore = THREADS.getCurrentThreadCpuTime();
    private int depth;
    private int steps;
    private long made;
    private volatile boolean cancelled;
    private volatile @Nullable String exceeded;
    private volatile long ended = -1;

    /** Begins now, on the thread that evaluates. */
    Budget(long limitMillis, Weights weights) {
        this.limitNanos = TimeUnit.MILLISECONDS.toNanos(limitMillis);
        this.weights = weights;
    }

    void enter() {
        depth++;
        if (depth > MAX_DEPTH) {
            throw exceed("deeper than %d steps within steps".formatted(MAX_DEPTH));
        }
        step();
    }

    void leave(@Nullable Object result) {
        depth--;
        made(result);
    }

    /** One more small piece of work. */
    void step() {
        String known = exceeded;
        if (known != null) {
            throw new Exceeded(known);
        }
        if (++steps % STEPS_BETWEEN == 0) {
            checkTime();
        }
    }

    void checkTime() {
        if (cancelled) {
            throw exceed("given up");
        }
        if (THREADS.getCurrentThreadCpuTime() - cpuBefore > limitNanos) {
            throw exceed("did not end within %d ms".formatted(TimeUnit.NANOSECONDS.toMillis(limitNanos)));
        }
    }

    /** Takes notice of a value that was made or found. */
    void made(@Nullable Object value) {
        if (value instanceof String text) {
            requireSize(text.length());
            spend(text.length());
        } else if (value instanceof Collection<?> || value instanceof Map<?, ?>) {
            try {
                spend(weights.weigh(value, this));
            } catch (Exceeded tooHeavy) {
                throw exceed(String.valueOf(tooHeavy.getMessage()));
            }
        }
    }

    /** Refuses a text before it is made. */
    void requireSize(long characters) {
        if (characters > Weights.MAX) {
            throw exceed("a text of %d characters (expected: at most %d)".formatted(characters, Weights.MAX));
        }
    }

    private void spend(long weight) {
        made += weight;
        if (made > MAX_MADE) {
            throw exceed("makes more than %d values and characters on its way".formatted(MAX_MADE));
        }
    }

    Exceeded exceed(String reason) {
        exceeded = reason;
        return new Exceeded(reason);
    }

    Weights weights() {
        return weights;
    }

    /** Makes the evaluation end at its next step. Any thread. */
    void cancel() {
        cancelled = true;
    }

    /** Which bound was reached; null for none. Any thread. */
    @Nullable
    String exceeded() {
        return exceeded;
    }

    /** The evaluation is over; what its thread does next is not its. */
    void end() {
        ended = THREADS.getCurrentThreadCpuTime() - cpuBefore;
    }

    /** Processor time so far. Any thread. */
    long usedMillis() {
        long over = ended;
        long nanos = over >= 0 ? over : THREADS.getThreadCpuTime(threadId) - cpuBefore;
        return Math.max(0, TimeUnit.NANOSECONDS.toMillis(nanos));
    }
}
