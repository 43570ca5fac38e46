package io.eventmesh.benchmarks.storage;

import io.eventmesh.common.time.MeshClock;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/** Publishers of which each has one event under way: whoever was answered publishes again. */
final class Load {
    /** What takes an event and says when it is stored. */
    @FunctionalInterface
    interface Sink {
        void publish(long number, Runnable stored) throws InterruptedException;
    }

    private final int publishers;
    private final double seconds;
    private final MeshClock clock;
    private long number;

    Load(int publishers, double seconds, MeshClock clock) {
        this.publishers = publishers;
        this.seconds = seconds;
        this.clock = clock;
    }

    /** Events stored in a second. */
    double run(Sink sink) throws InterruptedException {
        BlockingQueue<Boolean> free = new ArrayBlockingQueue<>(publishers);
        for (int i = 0; i < publishers; i++) {
            free.add(true);
        }
        AtomicLong stored = new AtomicLong();
        long begin = clock.nanoTime();
        long end = begin + (long) (seconds * 1e9);
        while (clock.nanoTime() < end) {
            if (free.poll(1, TimeUnit.SECONDS) == null) {
                throw new IllegalStateException("nothing was stored for a second");
            }
            sink.publish(number++, () -> {
                stored.incrementAndGet();
                free.add(true);
            });
        }
        double taken = (clock.nanoTime() - begin) / 1e9;
        double rate = stored.get() / taken;
        for (int i = 0; i < publishers; i++) {
            if (free.poll(10, TimeUnit.SECONDS) == null) {
                throw new IllegalStateException("an event was not answered");
            }
        }
        return rate;
    }
}
