package io.eventmesh.runtime.mesh;

import java.util.Arrays;

/**
 * The last ids of something by their 128-bit hashes, with where each is stored: a ring in the order in which they came,
 * and an index into it by open addressing. Grows up to 385 KB for 10,000 ids. Not thread-safe.
 */
final class RecentIds {
    /** No such id, or one whose place is not known yet. */
    static final long NONE = -1;

    private static final int MOST = 10_000;
    /** Of an entry: both halves of the hash, offset, place. */
    private static final int WIDTH = 4;

    private static final int OFFSET = 2;
    private static final int PLACE = 3;

    private final int most;
    private int capacity;
    private long[] ring;
    /** One more than an entry's place in the ring; 0 for a free slot. */
    private int[] index;

    private long first;
    private long next;

    RecentIds() {
        this(MOST);
    }

    /** @param most ids that are remembered */
    RecentIds(int most) {
        this.most = most;
        this.capacity = Math.min(most, 64);
        this.ring = new long[capacity * WIDTH];
        this.index = new int[slots(capacity)];
    }

    private int size() {
        return (int) (next - first);
    }

    /** The number under which the id was added last; {@link #NONE} when it is not remembered. */
    long find(long high, long low) {
        int slot = slot(high, low);
        return index[slot] == 0 ? NONE : number(index[slot] - 1);
    }

    /** Adds an id, whose place is not known yet, and forgets the oldest one when there are too many. Answers its number. */
    long add(long high, long low) {
        if (size() == most) {
            drop(first);
            first++;
        } else if (size() == capacity) {
            grow();
        }
        int at = (int) (next % capacity);
        ring[at * WIDTH] = high;
        ring[at * WIDTH + 1] = low;
        ring[at * WIDTH + OFFSET] = NONE;
        ring[at * WIDTH + PLACE] = 0;
        index[slot(high, low)] = at + 1;
        return next++;
    }

    /** Says where what was added under the number is stored; nothing if it was forgotten meanwhile. */
    void stored(long number, int place, long offset) {
        if (number >= first) {
            int at = (int) (number % capacity) * WIDTH;
            ring[at + OFFSET] = offset;
            ring[at + PLACE] = place;
        }
    }

    /** {@link #NONE} as long as it is not known. */
    long offset(long number) {
        return ring[(int) (number % capacity) * WIDTH + OFFSET];
    }

    int place(long number) {
        return (int) ring[(int) (number % capacity) * WIDTH + PLACE];
    }

    /** Forgets what was added under the number, unless the same id was added again since. */
    void forget(long number) {
        if (number >= first) {
            drop(number);
        }
    }

    private void drop(long number) {
        int at = (int) (number % capacity);
        int slot = slot(ring[at * WIDTH], ring[at * WIDTH + 1]);
        if (index[slot] == at + 1) {
            close(slot);
        }
    }

    private long number(int at) {
        long number = first - first % capacity + at;
        return number < first ? number + capacity : number;
    }

    /** Where the id stands in the index, or would. */
    private int slot(long high, long low) {
        int mask = index.length - 1;
        int slot = home(low, mask);
        while (index[slot] != 0) {
            int at = (index[slot] - 1) * WIDTH;
            if (ring[at] == high && ring[at + 1] == low) {
                return slot;
            }
            slot = slot + 1 & mask;
        }
        return slot;
    }

    /** Moves later entries of the run back, so that no probe ends at the hole. */
    private void close(int hole) {
        int mask = index.length - 1;
        int free = hole;
        for (int slot = free + 1 & mask; index[slot] != 0; slot = slot + 1 & mask) {
            int home = home(ring[(index[slot] - 1) * WIDTH + 1], mask);
            if ((slot - home & mask) >= (slot - free & mask)) {
                index[free] = index[slot];
                free = slot;
            }
        }
        index[free] = 0;
    }

    private void grow() {
        int[] known = Arrays.stream(index).filter(entry -> entry != 0).toArray();
        long[] numbers = Arrays.stream(known)
                .mapToLong(entry -> number(entry - 1))
                .sorted()
                .toArray();
        int larger = Math.min(most, capacity * 2);
        long[] moved = new long[larger * WIDTH];
        for (long number = first; number < next; number++) {
            System.arraycopy(ring, (int) (number % capacity) * WIDTH, moved, (int) (number % larger) * WIDTH, WIDTH);
        }
        capacity = larger;
        ring = moved;
        index = new int[slots(larger)];
        for (long number : numbers) {
            int at = (int) (number % larger);
            index[slot(moved[at * WIDTH], moved[at * WIDTH + 1])] = at + 1;
        }
    }

    /** At most five eighths of them are in use. */
    private static int slots(int entries) {
        return Integer.highestOneBit(Math.max(1, entries * 8 / 5 - 1)) << 1;
    }

    /** The bits of a good hash are as good as any. */
    private static int home(long low, int mask) {
        return (int) low & mask;
    }
}
