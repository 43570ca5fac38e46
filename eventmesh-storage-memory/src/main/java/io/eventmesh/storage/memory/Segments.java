package io.eventmesh.storage.memory;

import io.eventmesh.spi.storage.EventRecord;
import io.eventmesh.spi.storage.RecordBytes;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/**
 * The records of a partition, oldest first, as bytes in a few arrays that are used again: a collector has a handful of
 * objects to look at instead of ten for each record, and nothing that it would have to move.
 *
 * <p>An array is about as large as what is kept when it is made, between 4 and 256 KiB; a larger record has one of its
 * own. From 256 KiB on they are direct buffers, which no collection moves. Not thread-safe: the partition's lock guards it.
 */
final class Segments {
    private static final int SMALLEST = 4 << 10;
    private static final int LARGEST = 256 << 10;
    private static final int FEWEST = 8;
    /** Room is made in pieces of several arrays. */
    private static final int SPARES = 4;

    /** Before a record's bytes: how many they are. */
    private static final int HEADER = 4;

    /** The arrays in use, each at its number modulo the length, which is a power of two; the last is written to. */
    private @Nullable ByteBuffer[] arrays = new ByteBuffer[FEWEST];

    private int firstArray;
    private int endArray;
    /** Arrays of the largest size that are free. */
    private final ArrayDeque<ByteBuffer> spares = new ArrayDeque<>();

    /** A ring with each record's array number and place in it; length 0, for none, or a power of two. */
    private long[] places = {};
    /** Rings as long: what each counts as, and when it was appended. To free it, its bytes need not be looked at. */
    private int[] sizes = {};

    private long[] times = {};

    private int head;
    private int count;
    private long bytes;

    int count() {
        return count;
    }

    /** What the records count as, together. */
    long bytes() {
        return bytes;
    }

    void add(EventRecord record, int size) {
        if (count == places.length) {
            resize(Math.max(FEWEST, count * 2));
        }
        ByteBuffer array = room(HEADER + RecordBytes.maxSize(record));
        int start = array.position();
        array.position(start + HEADER);
        RecordBytes.write(record, array);
        array.putInt(start, array.position() - start - HEADER);
        int at = (head + count) & (places.length - 1);
        places[at] = (long) (endArray - 1) << Integer.SIZE | start;
        sizes[at] = size;
        times[at] = record.appendTimeMillis();
        count++;
        bytes += size;
    }

    /** A record, made anew; 0 is the oldest. */
    EventRecord get(int index) {
        long place = places[at(index)];
        int start = (int) place;
        ByteBuffer view = array(place).duplicate();
        int length = view.getInt(start);
        view.limit(start + HEADER + length).position(start + HEADER);
        return RecordBytes.read(view);
    }

    long appendTimeMillis(int index) {
        return times[at(index)];
    }

    void removeOldest() {
        bytes -= sizes[at(0)];
        head = (head + 1) & (places.length - 1);
        count--;
        int needed = count == 0 ? endArray : arrayOf(places[at(0)]);
        while (firstArray != needed) {
            releaseFirst();
        }
    }

    /** Gives memory back when few records are left. */
    void trim() {
        if (places.length > FEWEST && count < places.length / 8) {
            resize(Math.max(FEWEST, places.length / 4));
        }
        if (bytes < LARGEST) {
            spares.clear();
        }
    }

    void clear() {
        while (firstArray != endArray) {
            releaseFirst();
        }
        spares.clear();
        places = new long[0];
        sizes = new int[0];
        times = new long[0];
        head = 0;
        count = 0;
        bytes = 0;
    }

    /** Where in the rings a record is. */
    private int at(int index) {
        if (index < 0 || index >= count) {
            throw new IndexOutOfBoundsException("record: %s (expected: 0 to %s)".formatted(index, count - 1));
        }
        return (head + index) & (places.length - 1);
    }

    private static int arrayOf(long place) {
        return (int) (place >> Integer.SIZE);
    }

    private ByteBuffer array(long place) {
        return required(arrays[arrayOf(place) & (arrays.length - 1)]);
    }

    private static ByteBuffer required(@Nullable ByteBuffer array) {
        if (array == null) {
            throw new IllegalStateException("no array there");
        }
        return array;
    }

    /** The array to write to, with room for so many bytes. */
    private ByteBuffer room(int needed) {
        if (firstArray != endArray) {
            ByteBuffer last = required(arrays[(endArray - 1) & (arrays.length - 1)]);
            if (last.remaining() >= needed) {
                return last;
            }
        }
        ByteBuffer next = needed > LARGEST ? null : spares.poll();
        if (next == null) {
            int likely = Integer.highestOneBit((int) Math.min(LARGEST, Math.max(SMALLEST, bytes)));
            int size = Math.max(likely, needed);
            next = size < LARGEST ? ByteBuffer.allocate(size) : ByteBuffer.allocateDirect(size);
        }
        if (endArray - firstArray == arrays.length) {
            widen();
        }
        arrays[endArray & (arrays.length - 1)] = next;
        endArray++;
        return next;
    }

    private void releaseFirst() {
        int at = firstArray & (arrays.length - 1);
        ByteBuffer gone = required(arrays[at]);
        arrays[at] = null;
        firstArray++;
        if (gone.capacity() == LARGEST && spares.size() < SPARES) {
            spares.add(gone.clear());
        }
    }

    private void widen() {
        @Nullable ByteBuffer[] wider = new ByteBuffer[arrays.length * 2];
        for (int number = firstArray; number != endArray; number++) {
            wider[number & (wider.length - 1)] = arrays[number & (arrays.length - 1)];
        }
        arrays = wider;
    }

    private void resize(int length) {
        int before = places.length;
        places = resized(places, before, new long[length]);
        sizes = resized(sizes, before, new int[length]);
        times = resized(times, before, new long[length]);
        head = 0;
    }

    /** The records of a ring of a length in a new array, from its beginning. */
    private <A> A resized(A ring, int length, A next) {
        int first = Math.min(count, length - head);
        System.arraycopy(ring, head, next, 0, first);
        System.arraycopy(ring, 0, next, first, count - first);
        return next;
    }
}
