package io.eventmesh.spi.event;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * The first bytes of a name, at most {@value #LENGTH}, as a number: by it and the name's length nearly all names are
 * told apart without a look at the bytes, and names that are no longer than it for certain. Stateless.
 */
final class NameHead {
    static final int LENGTH = Long.BYTES;

    private static final VarHandle LONGS = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
    private static final long ONES = 0x0101010101010101L;
    private static final long HIGH_BITS = 0x8080808080808080L;

    private NameHead() {}

    /** The first byte is the number's lowest; what a shorter name lacks is 0. */
    static long of(byte[] bytes, int start, int length) {
        if (start + LENGTH <= bytes.length) {
            return (long) LONGS.get(bytes, start) & mask(length);
        }
        long head = 0;
        for (int at = Math.min(length, LENGTH) - 1; at >= 0; at--) {
            head = (head << Byte.SIZE) | (bytes[start + at] & 0xFF);
        }
        return head;
    }

    /** Whether the head of a name of this length is made of a to z and 0 to 9 alone; looks at all bytes at once. */
    static boolean isLowerCaseOrDigits(long head, int length) {
        if ((head & HIGH_BITS) != 0) {
            return false;
        }
        long good = between(head, 'a', 'z') | between(head, '0', '9');
        return (good & mask(length)) == (HIGH_BITS & mask(length));
    }

    /** The high bit of each byte that lies between; all of them are ASCII, so that no sum reaches the next byte. */
    private static long between(long head, int low, int high) {
        return (head + ONES * (0x80 - low)) & ~(head + ONES * (0x7F - high)) & HIGH_BITS;
    }

    private static long mask(int length) {
        return length >= LENGTH ? -1L : (1L << (length * Byte.SIZE)) - 1;
    }
}
