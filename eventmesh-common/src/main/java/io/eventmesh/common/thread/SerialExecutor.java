package io.eventmesh.common.thread;

import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs steps one after another, never two at once: the lock-free home of a group's or a member's state.
 *
 * <p>When idle, a submitted step runs inline on the submitting thread, together with whatever is submitted meanwhile,
 * for at most {@value #MAX_STEPS} steps or {@value #MAX_NANOS} ns; the rest goes to the backing executor. A step that
 * submits another one never runs it inside itself. Steps see all that earlier steps wrote. A failing step is logged
 * and does not stop the others. Steps must not block. Thread-safe.
 *
 * <p>One that has a {@linkplain #at home} runs steps there alone: what other threads submit waits for it.
 */
public final class SerialExecutor implements Executor {
    private static final Logger log = LoggerFactory.getLogger(SerialExecutor.class);
    private static final int MAX_STEPS = 1024;
    private static final long MAX_NANOS = 1_000_000;
    private static final int LOOK_EVERY = 8;

    /**
     * A step that knows what it is about by its arguments, so that one lambda serves for all.
     *
     * @param <T> what the step is about
     */
    @FunctionalInterface
    public interface Step<T> {
        void run(T about, long first, long second);
    }

    private record Queued<T>(Step<T> step, T about, long first, long second) implements Runnable {
        @Override
        public void run() {
            step.run(about, first, second);
        }
    }

    private final Executor backing;
    private final LongSupplier nanoTime;
    private final BooleanSupplier here;
    private final Runnable afterwards;
    private final Queue<Runnable> steps = new ConcurrentLinkedQueue<>();
    /** Steps submitted and not yet finished; whoever raises it from zero runs them. */
    private final AtomicInteger pending = new AtomicInteger();

    /**
     * @param backing takes over when the submitting thread has done its share
     * @param nanoTime monotonic time in nanoseconds
     */
    public SerialExecutor(Executor backing, LongSupplier nanoTime) {
        this(backing, nanoTime, SerialExecutor::nothing);
    }

    /**
     * @param backing takes over when the submitting thread has done its share
     * @param nanoTime monotonic time in nanoseconds
     * @param afterwards runs like a step after the last of the steps that ran together, and before a hand-over
     */
    public SerialExecutor(Executor backing, LongSupplier nanoTime, Runnable afterwards) {
        this(backing, nanoTime, () -> true, afterwards);
    }

    private SerialExecutor(Executor backing, LongSupplier nanoTime, BooleanSupplier here, Runnable afterwards) {
        this.backing = backing;
        this.nanoTime = nanoTime;
        this.here = here;
        this.afterwards = afterwards;
    }

    /**
     * One whose steps run inline only at home, for state whose use elsewhere would cost wakes and hand-overs.
     *
     * @param home a single thread, mostly; runs what other threads submit
     * @param here whether the calling thread is at home
     * @param nanoTime monotonic time in nanoseconds
     */
    public static SerialExecutor at(Executor home, BooleanSupplier here, LongSupplier nanoTime) {
        return new SerialExecutor(home, nanoTime, here, SerialExecutor::nothing);
    }

    @Override
    public void execute(Runnable step) {
        if (here.getAsBoolean() && pending.compareAndSet(0, 1)) {
            run(step);
            leave();
        } else {
            submit(step);
        }
    }

    /** Executes a step with its arguments; when it runs inline at once, no object is made for it. */
    public <T> void execute(Step<T> step, T about, long first, long second) {
        if (here.getAsBoolean() && pending.compareAndSet(0, 1)) {
            try {
                step.run(about, first, second);
            } catch (RuntimeException | Error failure) {
                log.error("Step failed.", failure);
            }
            leave();
        } else {
            submit(new Queued<>(step, about, first, second));
        }
    }

    /** Queues a step without ever running it on the calling thread: for callers that hold a lock or a deep stack. */
    public void executeLater(Runnable step) {
        steps.add(step);
        if (pending.getAndIncrement() == 0) {
            backing.execute(this::drain);
        }
    }

    /** Steps submitted and not yet finished. */
    public int pending() {
        return pending.get();
    }

    private void submit(Runnable step) {
        steps.add(step);
        if (pending.getAndIncrement() == 0) {
            if (here.getAsBoolean()) {
                drain();
            } else {
                backing.execute(this::drain);
            }
        }
    }

    /** A step ran without having been queued. */
    private void leave() {
        if (pending.get() == 1) {
            run(afterwards);
        }
        if (pending.decrementAndGet() != 0) {
            drain(1);
        }
    }

    private void drain() {
        drain(0);
    }

    private void drain(int before) {
        long from = 0;
        int done = before;
        while (true) {
            Runnable step = steps.poll();
            if (step != null) {
                run(step);
            }
            boolean last = pending.get() == 1;
            boolean enough = ++done >= MAX_STEPS;
            if (done % LOOK_EVERY == 0) {
                // a few steps run without a look at the clock, which would cost as much as they do
                long now = nanoTime.getAsLong();
                from = done == LOOK_EVERY ? now : from;
                enough |= now - from > MAX_NANOS;
            }
            if (last || enough) {
                run(afterwards);
            }
            if (pending.decrementAndGet() == 0) {
                return;
            }
            if (enough) {
                backing.execute(this::drain);
                return;
            }
        }
    }

    private static void nothing() {}

    private static void run(Runnable step) {
        try {
            step.run();
        } catch (RuntimeException | Error failure) {
            log.error("Step failed.", failure);
        }
    }
}
