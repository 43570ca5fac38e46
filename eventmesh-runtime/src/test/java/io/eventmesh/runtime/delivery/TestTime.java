package io.eventmesh.runtime.delivery;

import io.eventmesh.common.time.MeshClock;
import io.eventmesh.common.time.Scheduler;
import java.time.Duration;
import java.util.Comparator;
import java.util.PriorityQueue;

/** Time that stands until the test moves it, and then fires what is due, in order, on the test's thread. */
public final class TestTime implements MeshClock, Scheduler {
    private static final long BEGIN_MILLIS = 1_700_000_000_000L;

    private record Planned(long nanos, long sequence, Runnable task) implements Timer {
        @Override
        public void cancel() {
            throw new UnsupportedOperationException();
        }
    }

    private final PriorityQueue<Planned> planned =
            new PriorityQueue<>(Comparator.comparingLong(Planned::nanos).thenComparingLong(Planned::sequence));
    private long nanos = 1;
    private long sequence;

    @Override
    public long millis() {
        return BEGIN_MILLIS + nanos / 1_000_000;
    }

    @Override
    public long nanoTime() {
        return nanos;
    }

    @Override
    public Timer schedule(Duration delay, Runnable task) {
        Planned entry = new Planned(nanos + Math.max(0, delay.toNanos()), sequence++, task);
        planned.add(entry);
        return () -> planned.remove(entry);
    }

    /** Moves time, firing on the way what becomes due. */
    public void advance(Duration by) {
        long until = nanos + by.toNanos();
        while (!planned.isEmpty() && planned.peek().nanos() <= until) {
            Planned next = planned.poll();
            nanos = Math.max(nanos, next.nanos());
            next.task().run();
        }
        nanos = until;
    }

    /** How many tasks wait. */
    public int planned() {
        return planned.size();
    }
}
