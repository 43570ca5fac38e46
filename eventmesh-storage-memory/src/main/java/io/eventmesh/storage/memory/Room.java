package io.eventmesh.storage.memory;

import io.eventmesh.common.time.MeshClock;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.PriorityQueue;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Finds room for what is to be kept, by freeing what no group needs any more and then, if that is not enough, what only
 * stalled groups need.
 *
 * <p>Bytes are reserved before a partition is locked, so that freeing may lock any partition, one at a time.
 * Thread-safe; never waits for a group.
 */
final class Room {
    private static final Logger log = LoggerFactory.getLogger(Room.class);
    /** Room is made in pieces, so that a full stream does not search at each append. */
    private static final long MAX_PIECE = 1 << 20;
    /** Others may take what was freed; a caller that lost so often is refused. */
    private static final int MAX_ATTEMPTS = 16;

    private record Oldest(long millis, PartitionLog log) {}

    private final MeshClock clock;
    private final Budget store;
    private final Collection<MemoryStream> streams;
    private final long stallNanos;
    private final long maxLag;
    private final long maxLagBytes;
    private final Object search = new Object();

    /** @param streams all that there are, seen through */
    Room(Budget store, Collection<MemoryStream> streams, MemoryStorageConfig config, MeshClock clock) {
        this.clock = clock;
        this.store = store;
        this.streams = streams;
        this.stallNanos = config.stallAfter().toNanos();
        this.maxLag = config.maxLag();
        this.maxLagBytes = config.lagLimit();
    }

    /** Reserves bytes of the store and of a stream. Calls listeners of groups that lose records to it. */
    boolean reserve(MemoryStream stream, long size, long now) {
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

    private boolean make(Budget budget, long size, Collection<MemoryStream> from, long now) {
        if (size > budget.limit() || budget.isExhausted(now)) {
            return false;
        }
        Set<PartitionLog> touched = new LinkedHashSet<>();
        Set<Group> cutOff = new LinkedHashSet<>();
        boolean made;
        synchronized (search) {
            made = budget.fits(size) || search(budget, size, from, now, touched, cutOff);
        }
        for (Group group : cutOff) {
            log.warn(
                    "Group cut off: it lags too far while room is needed, the oldest events are removed. group={} stallAfterMs={}",
                    group.name(),
                    stallNanos / 1_000_000);
        }
        touched.forEach(PartitionLog::wake);
        return made;
    }

    private boolean search(
            Budget budget,
            long size,
            Collection<MemoryStream> from,
            long now,
            Set<PartitionLog> touched,
            Set<Group> cutOff) {
        budget.searching(now);
        expire(from, touched);
        if (budget.fits(size)) {
            budget.stir();
            return true;
        }
        long piece = Math.min(MAX_PIECE, budget.limit() / 64);
        free(from, Math.max(piece, missing(budget, size)), touched);
        if (!budget.fits(size) && cutOffStalled(from, now, cutOff)) {
            free(from, Math.max(piece, missing(budget, size)), touched);
        }
        if (!budget.fits(size)) {
            return false;
        }
        budget.stir();
        return true;
    }

    private void expire(Collection<MemoryStream> from, Set<PartitionLog> touched) {
        for (MemoryStream stream : from) {
            for (PartitionLog log : stream.logs()) {
                if (log.ages() && log.expire(clock.millis())) {
                    touched.add(log);
                }
            }
        }
    }

    private static long missing(Budget budget, long size) {
        return budget.used() + size - budget.limit();
    }

    private static void free(Collection<MemoryStream> from, long target, Set<PartitionLog> touched) {
        PriorityQueue<Oldest> oldest = new PriorityQueue<>(Comparator.comparingLong(Oldest::millis));
        for (MemoryStream stream : from) {
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

    /** Whether a group is so far behind that it may be cut off. */
    boolean lagsTooFar(Group group) {
        return group.lags(maxLag, maxLagBytes);
    }

    /** Cuts off the groups of these streams that lag too far and do nothing about it, or need not be waited for. */
    private boolean cutOffStalled(Collection<MemoryStream> from, long now, Set<Group> cutOff) {
        Set<Group> judged = new HashSet<>();
        List<Group> stalled = new ArrayList<>();
        for (MemoryStream stream : from) {
            for (PartitionLog log : stream.logs()) {
                for (Cursor cursor : log.cursors()) {
                    Group group = cursor.group();
                    if (judged.add(group)
                            && !group.isCutOff()
                            && (log.isYielding() || group.isIdle(now, stallNanos))
                            && lagsTooFar(group)) {
                        stalled.add(group);
                    }
                }
            }
        }
        for (Group group : stalled) {
            group.cutOff();
            cutOff.add(group);
        }
        return !stalled.isEmpty();
    }
}
