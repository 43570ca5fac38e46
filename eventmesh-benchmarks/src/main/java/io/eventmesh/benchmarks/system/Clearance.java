package io.eventmesh.benchmarks.system;

import io.netty.channel.EventLoopGroup;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/**
 * Holds a generator back while more events than a limit were sent and not delivered: what is measured is how many go all
 * the way, not how fast a server's memory fills. For the loop's thread.
 */
final class Clearance {
    private static final long AGAIN_MICROS = 250;

    /** Holds nothing back. */
    static final Clearance NONE = new Clearance(Runnable::run, () -> 0, 1);

    private final Executor later;
    private final LongSupplier underway;
    private final long limit;

    private Clearance(Executor later, LongSupplier underway, long limit) {
        this.later = later;
        this.underway = underway;
        this.limit = limit;
    }

    /** @param underway events that were sent and are not delivered to every group */
    static Clearance of(EventLoopGroup loop, LongSupplier underway, long limit) {
        return new Clearance(
                step -> {
                    var unused = loop.schedule(step, AGAIN_MICROS, TimeUnit.MICROSECONDS);
                },
                underway,
                limit);
    }

    /** Runs the step now, or as soon as few enough events are underway. */
    void await(Runnable step) {
        if (underway.getAsLong() < limit) {
            step.run();
        } else {
            later.execute(() -> await(step));
        }
    }
}
