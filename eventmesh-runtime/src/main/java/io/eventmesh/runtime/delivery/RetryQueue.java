package io.eventmesh.runtime.delivery;

import java.util.PriorityQueue;
import org.jspecify.annotations.Nullable;

/** What is due soon, earliest first, by monotonic time. Part of one {@link GroupState}. */
final class RetryQueue {
    private final PriorityQueue<Entry> queue = new PriorityQueue<>((one, other) -> {
        int byDue = Long.compare(one.dueNanos - other.dueNanos, 0);
        return byDue != 0 ? byDue : Entry.byPosition(one, other);
    });

    void add(Entry entry, long dueNanos) {
        entry.dueNanos = dueNanos;
        queue.add(entry);
    }

    /** The next one that is due, taken out; null when none is. */
    @Nullable
    Entry poll(long nowNanos) {
        Entry entry = queue.peek();
        if (entry == null || entry.dueNanos - nowNanos > 0) {
            return null;
        }
        return queue.poll();
    }

    @Nullable
    Entry peek() {
        return queue.peek();
    }

    int size() {
        return queue.size();
    }
}
