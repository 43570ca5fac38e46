package io.eventmesh.storage.rocksdb;

import java.util.Arrays;

/**
 * Sparse knowledge of a partition's content, oldest first: what stands at some of its offsets. Segments between two marks
 * are what is freed at once. Guarded by its partition.
 */
final class Marks {
    private static final int FIRST = 4;

    private final long stepBytes;
    private final long stepMillis;
    private long[] offsets = new long[FIRST];
    private long[] bytes = new long[FIRST];
    private long[] millis = new long[FIRST];
    private int head;
    private int count;
    private boolean wanted;

    /**
     * @param stepBytes between two marks, at least
     * @param stepMillis after which there is another one however few bytes; 0 for never
     */
    Marks(long stepBytes, long stepMillis) {
        this.stepBytes = stepBytes;
        this.stepMillis = stepMillis;
    }

    int count() {
        return count;
    }

    long offset(int index) {
        return offsets[head + index];
    }

    /** Bytes of the partition before the mark. */
    long bytes(int index) {
        return bytes[head + index];
    }

    /** The latest append time before the mark. */
    long millis(int index) {
        return millis[head + index];
    }

    /** The next record gets a mark, whatever its distance. */
    void want() {
        wanted = true;
    }

    /** Whether the next record deserves a mark. */
    boolean isDue(long bytesBefore, long nowMillis) {
        return count == 0
                || wanted
                || bytesBefore - bytes(count - 1) >= stepBytes
                || (stepMillis > 0 && nowMillis - millis(count - 1) >= stepMillis);
    }

    void add(long offset, long bytesBefore, long atMillis) {
        wanted = false;
        if (head + count == offsets.length) {
            int length = Math.max(FIRST, count * 2);
            offsets = moved(offsets, length);
            bytes = moved(bytes, length);
            millis = moved(millis, length);
            head = 0;
        }
        offsets[head + count] = offset;
        bytes[head + count] = bytesBefore;
        millis[head + count] = atMillis;
        count++;
    }

    void removeFirst() {
        head++;
        count--;
    }

    /** The last mark before which everything is older than the given time; -1 for none. */
    int lastBefore(long atMillis) {
        int low = 0;
        int high = count;
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (millis(middle) < atMillis) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return low - 1;
    }

    private long[] moved(long[] values, int length) {
        return Arrays.copyOf(Arrays.copyOfRange(values, head, head + count), length);
    }
}
