package io.eventmesh.runtime.delivery;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The offers that are not settled, by id and in the order in which they were made, which is the order in which they
 * time out. Part of one {@link GroupState}.
 */
final class InFlight {
    private final LongTable byId = new LongTable();
    private @Nullable Entry oldest;
    private @Nullable Entry newest;
    private long lastId;

    int size() {
        return byId.size();
    }

    @Nullable
    Entry oldest() {
        return oldest;
    }

    /** Adds an entry under a new delivery id. */
    void add(Entry entry) {
        entry.deliveryId = ++lastId;
        byId.add(entry);
        entry.earlier = newest;
        entry.later = null;
        if (newest == null) {
            oldest = entry;
        } else {
            newest.later = entry;
        }
        newest = entry;
    }

    /** Takes out what the member has in flight under the id, if it has. */
    @Nullable
    Entry take(MemberState member, long id) {
        Entry entry = byId.get(id);
        if (entry == null || entry.member != member) {
            return null;
        }
        remove(entry);
        return entry;
    }

    void remove(Entry entry) {
        byId.remove(entry.deliveryId);
        if (entry.earlier == null) {
            oldest = entry.later;
        } else {
            entry.earlier.later = entry.later;
        }
        if (entry.later == null) {
            newest = entry.earlier;
        } else {
            entry.later.earlier = entry.earlier;
        }
        entry.earlier = null;
        entry.later = null;
    }

    /** Lets nothing time out later than then. */
    void cap(long timeoutNanos) {
        for (Entry entry = oldest; entry != null; entry = entry.later) {
            if (entry.timeoutNanos - timeoutNanos > 0) {
                entry.timeoutNanos = timeoutNanos;
            }
        }
    }

    /** What meets the condition, in the order in which it was offered. */
    List<Entry> all(Predicate<Entry> condition) {
        List<Entry> found = new ArrayList<>();
        for (Entry entry = oldest; entry != null; entry = entry.later) {
            if (condition.test(entry)) {
                found.add(entry);
            }
        }
        return found;
    }
}
