package io.eventmesh.storage.rocksdb;

import io.eventmesh.common.time.MeshClock;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.PriorityQueue;
import java.util.Set;

/**
 * Finds room for what is to be kept, by freeing what is too old and what no group needs any more.
 *
 * <p>Bytes are reserved before a partition is locked, so that freeing may lock any partition, one at a time.
 * Thread-safe; never waits for a group or the disk.
 */
final class Room {
    /** Room is made in pieces, so that a full stream does not search at each append. */
    private static final long MAX_PIECE = 1 << 20;
    /** Others may take what was freed; a caller that lost so often is refused. */
    private static final int MAX_ATTEMPTS = 16;

    private record Oldest(long millis, PartitionLog log) {}

    private final MeshClock clock;
    private final Budget store;
    private final Collection<LogStream> streams;
    private final Object search = new Object();

    /** @param streams all that there are, seen through */
    Room(Budget store, Collection<LogStream> streams, MeshClock clock) {
        this.clock = clock;
        this.store = store;
        this.streams = streams;
    }

    /** Reserves bytes of the store and of a stream. Calls listeners of groups that lose records by age. */
    boolean reserve(LogStream stream, long size, long now) {
        Budget own = stream.budget();
        for (int attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
            if (!own.take(size)) {
                if (!make(own, size, List.of(stream), now)) {
                    return false;
                }
                continue;
            }
            if (store.take(size)) {
                return true;
            }
            own.release(size);
            if (!make(store, size, streams, now)) {
                return false;
            }
        }
        return false;
    }

    /** Reserves bytes of the store for something that is in no stream. */
    boolean reserve(long size, long now) {
        for (int attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
            if (store.take(size)) {
                return true;
            }
            if (!make(store, size, streams, now)) {
                return false;
            }
        }
        return false;
    }

    /** Frees so many bytes that no group needs, if there are. */
    void free(long target) {
        Set<PartitionLog> touched = new LinkedHashSet<>();
        synchronized (search) {
            free(streams, target, touched);
        }
        touched.forEach(PartitionLog::wake);
    }

    private boolean make(Budget budget, long size, Collection<LogStream> from, long now) {
        if (size > budget.limit() || budget.isExhausted(now)) {
            return false;
        }
        Set<PartitionLog> touched = new LinkedHashSet<>();
        boolean made;
        synchronized (search) {
            made = budget.fits(size) || search(budget, size, from, now, touched);
        }
        touched.forEach(PartitionLog::wake);
        return made;
    }

    private boolean search(Budget budget, long size, Collection<LogStream> from, long now, Set<PartitionLog> touched) {
        budget.searching(now);
        expire(from, touched);
        if (!budget.fits(size)) {
            long missing = budget.used() + size - budget.limit();
            free(from, Math.max(Math.min(MAX_PIECE, budget.limit() / 64), missing), touched);
        }
        if (!budget.fits(size)) {
            return false;
        }
        budget.stir();
        return true;
    }

    private void expire(Collection<LogStream> from, Set<PartitionLog> touched) {
        for (LogStream stream : from) {
            for (PartitionLog log : stream.logs()) {
                if (log.ages() && log.expire(clock.millis())) {
                    touched.add(log);
                }
            }
        }
    }

    private static void free(Collection<LogStream> from, long target, Set<PartitionLog> touched) {
        PriorityQueue<Oldest> oldest = new PriorityQueue<>(Comparator.comparingLong(Oldest::millis));
        for (LogStream stream : from) {
            for (PartitionLog log : stream.logs()) {
                offer(oldest, log);
            }
        }
        long freed = 0;
        Oldest first = oldest.poll();
        while (first != null && freed < target) {
            Oldest second = oldest.peek();
            freed += first.log().free(target - freed, second == null ? PartitionLog.NOTHING : second.millis());
            touched.add(first.log());
            offer(oldest, first.log());
            first = oldest.poll();
        }
    }

    private static void offer(PriorityQueue<Oldest> oldest, PartitionLog log) {
        long millis = log.oldestFree();
        if (millis != PartitionLog.NOTHING) {
            oldest.add(new Oldest(millis, log));
        }
    }
}
