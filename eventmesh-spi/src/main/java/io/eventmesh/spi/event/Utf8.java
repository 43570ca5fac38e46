package io.eventmesh.spi.event;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/** Strict UTF-8: no overlong forms, no surrogates, nothing above U+10FFFF. Stateless. */
final class Utf8 {
    private static final VarHandle LONGS = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.nativeOrder());
    private static final long HIGH_BITS = 0x8080808080808080L;

    private Utf8() {}

    /** Most strings on the wire are ASCII, which is seen eight bytes at a time. */
    static boolean isValid(byte[] bytes, int from, int to) {
        return isAscii(bytes, from, to) || isValidByCharacter(bytes, from, to);
    }

    /**
     * The bytes of a string.
     *
     * @param what names the string in the refusal
     * @throws EventMeshException EVENT_INVALID if it holds half a surrogate pair, which has no UTF-8 form
     */
    static byte[] encode(String what, String value) {
        int half = halfSurrogatePair(value);
        if (half >= 0) {
            throw refused(what, half);
        }
        return value.getBytes(UTF_8);
    }

    /** Like {@link #encode} for the value of an attribute, named only if it is refused. */
    static byte[] encodeAttribute(String name, String value) {
        int half = halfSurrogatePair(value);
        if (half >= 0) {
            throw refused("attribute " + name, half);
        }
        return value.getBytes(UTF_8);
    }

    /** Where the first surrogate without its other half stands; -1 if there is none. */
    private static int halfSurrogatePair(String value) {
        int at = 0;
        while (at < value.length()) {
            int codePoint = value.codePointAt(at);
            if (codePoint >= Character.MIN_SURROGATE && codePoint <= Character.MAX_SURROGATE) {
                return at;
            }
            at += Character.charCount(codePoint);
        }
        return -1;
    }

    private static EventMeshException refused(String what, int character) {
        return new EventMeshException(
                ErrorCode.EVENT_INVALID,
                "%s: half a surrogate pair at character %d (expected: well-formed Unicode)".formatted(what, character));
    }

    static boolean isAscii(byte[] bytes, int from, int to) {
        int at = from;
        if (to - from >= Long.BYTES) {
            for (; at <= to - 4 * Long.BYTES; at += 4 * Long.BYTES) {
                if (((eight(bytes, at) | eight(bytes, at + 8) | eight(bytes, at + 16) | eight(bytes, at + 24))
                                & HIGH_BITS)
                        != 0) {
                    return false;
                }
            }
            for (; at <= to - Long.BYTES; at += Long.BYTES) {
                if ((eight(bytes, at) & HIGH_BITS) != 0) {
                    return false;
                }
            }
            // The rest is looked at together with bytes that were seen already.
            return (eight(bytes, to - Long.BYTES) & HIGH_BITS) == 0;
        }
        int all = 0;
        for (; at < to; at++) {
            all |= bytes[at];
        }
        return all >= 0;
    }

    private static long eight(byte[] bytes, int at) {
        return (long) LONGS.get(bytes, at);
    }

    private static boolean isValidByCharacter(byte[] bytes, int from, int to) {
        int at = from;
        while (at < to) {
            int length = characterLength(bytes, at, to);
            if (length == 0) {
                return false;
            }
            at += length;
        }
        return true;
    }

    /** The bytes of the character that begins here; 0 if none does. Ranges: Unicode 15, table 3-7. */
    private static int characterLength(byte[] bytes, int at, int to) {
        int first = bytes[at];
        if (first >= 0) {
            return 1;
        }
        first &= 0xFF;
        if (first < 0xC2 || first > 0xF4) {
            return 0;
        }
        int length = first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
        if (to - at < length) {
            return 0;
        }
        int second = bytes[at + 1] & 0xFF;
        int min = first == 0xE0 ? 0xA0 : first == 0xF0 ? 0x90 : 0x80;
        int max = first == 0xED ? 0x9F : first == 0xF4 ? 0x8F : 0xBF;
        if (second < min || second > max) {
            return 0;
        }
        for (int i = 2; i < length; i++) {
            if ((bytes[at + i] & 0xC0) != 0x80) {
                return 0;
            }
        }
        return length;
    }
}
