package io.eventmesh.storage.rocksdb;

import java.util.ArrayDeque;

/**
 * Bounds the heap that holds new records until the readers that keep up have had them: beyond it the oldest go, and are
 * read from the disk instead. The answering thread's.
 */
final class TailBudget {
    private record Held(PartitionLog log, long offset, int size) {}

    private final long limit;
    private final ArrayDeque<Held> held = new ArrayDeque<>();
    private long used;

    TailBudget(long limit) {
        this.limit = limit;
    }

    /** A record is kept in its partition's tail. */
    void keep(PartitionLog log, long offset, int size) {
        held.addLast(new Held(log, offset, size));
        used += size;
    }

    /** Lets go of what is beyond the bound. Never under a partition's lock. */
    void trim() {
        while (used > limit) {
            Held oldest = held.pollFirst();
            if (oldest == null) {
                return;
            }
            used -= oldest.size();
            oldest.log().forget(oldest.offset());
        }
    }
}
