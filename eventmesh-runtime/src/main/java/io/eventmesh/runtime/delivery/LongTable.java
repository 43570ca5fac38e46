package io.eventmesh.runtime.delivery;

import org.jspecify.annotations.Nullable;

/**
 * Entries by delivery id, without a box or a node for each: open addressing with linear probing. Not thread-safe.
 */
final class LongTable {
    private static final long GOLDEN_RATIO = 0x9E3779B97F4A7C15L;

    private @Nullable Entry[] slots = new Entry[64];
    private int size;

    int size() {
        return size;
    }

    @Nullable
    Entry get(long id) {
        int mask = slots.length - 1;
        for (int at = home(id, mask); ; at = at + 1 & mask) {
            Entry entry = slots[at];
            if (entry == null || entry.deliveryId == id) {
                return entry;
            }
        }
    }

    /** Adds an entry under its delivery id, which must be new. */
    void add(Entry entry) {
        if (size * 2 >= slots.length) {
            grow();
        }
        insert(slots, entry);
        size++;
    }

    @Nullable
    Entry remove(long id) {
        int mask = slots.length - 1;
        for (int at = home(id, mask); ; at = at + 1 & mask) {
            Entry entry = slots[at];
            if (entry == null) {
                return null;
            }
            if (entry.deliveryId == id) {
                close(at, mask);
                size--;
                return entry;
            }
        }
    }

    /** Moves later entries of the run back, so that no probe ends at the hole. */
    private void close(int hole, int mask) {
        int free = hole;
        for (int at = free + 1 & mask; ; at = at + 1 & mask) {
            Entry entry = slots[at];
            if (entry == null) {
                slots[free] = null;
                return;
            }
            int home = home(entry.deliveryId, mask);
            if ((at - home & mask) >= (at - free & mask)) {
                slots[free] = entry;
                free = at;
            }
        }
    }

    private void grow() {
        @Nullable Entry[] larger = new Entry[slots.length * 2];
        for (Entry entry : slots) {
            if (entry != null) {
                insert(larger, entry);
            }
        }
        slots = larger;
    }

    private static void insert(@Nullable Entry[] into, Entry entry) {
        int mask = into.length - 1;
        int at = home(entry.deliveryId, mask);
        while (into[at] != null) {
            at = at + 1 & mask;
        }
        into[at] = entry;
    }

    /**
     * Ids come one after another: by their low bits they would stand in one run without a hole, and each removal would
     * walk to its end. Multiplied by the golden ratio they lie evenly apart.
     */
    private static int home(long id, int mask) {
        return (int) ((id * GOLDEN_RATIO) >>> 32) & mask;
    }
}
