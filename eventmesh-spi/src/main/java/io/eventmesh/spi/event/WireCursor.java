package io.eventmesh.spi.event;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;

/**
 * Walks over the fields of a protobuf message and refuses what protobuf-java's array decoder refuses.
 *
 * <p>A varint has at most ten bytes and is cut to the width that is asked for, tags and lengths to 32 bits; a length is
 * neither negative nor beyond the enclosing message; a field number is not 0; groups are closed by their own number
 * within the same message; messages and groups nest at most 100 deep. What a field means is the caller's business.
 *
 * <p>Not thread-safe.
 */
final class WireCursor {
    /** CodedInputStream's default. */
    private static final int MAX_DEPTH = 100;

    private static final int MAX_VARINT_BYTES = 10;

    private final byte[] bytes;
    private int pos;
    private int limit;
    private int depth;

    private int tag;
    private int tagStart;
    private int valueStart;
    private long varint;

    WireCursor(byte[] bytes, int from, int to) {
        this.bytes = bytes;
        this.pos = from;
        this.limit = to;
    }

    /** Steps over the next field; false at the end of the message. */
    boolean next() {
        if (pos == limit) {
            return false;
        }
        tagStart = pos;
        tag = readTag();
        if ((tag & 7) == Wire.LENGTH_DELIMITED) {
            int length = readLength();
            valueStart = pos;
            pos += length;
        } else {
            valueStart = pos;
            skipValue(tag);
        }
        return true;
    }

    /** Field number and wire type of the current field. */
    int tag() {
        return tag;
    }

    /** Where the current field's tag begins. */
    int tagStart() {
        return tagStart;
    }

    /** Where the current field's value begins, after the length if it has one. */
    int start() {
        return valueStart;
    }

    /** The first byte after the current field. */
    int end() {
        return pos;
    }

    int length() {
        return pos - valueStart;
    }

    /** The value of the current field if its wire type is varint. */
    long varint() {
        return varint;
    }

    /** Goes on inside the current field, a message. Returns what {@link #leave} needs. */
    int enter() {
        descend();
        int outer = limit;
        limit = pos;
        pos = valueStart;
        return outer;
    }

    /** Goes on after the message that was entered, all of whose fields were stepped over. */
    void leave(int outer) {
        limit = outer;
        depth--;
    }

    /** Put together without a format, since anybody can send malformed bytes all day. */
    EventMeshException malformed(String problem, int at) {
        return new EventMeshException(
                ErrorCode.EVENT_INVALID, "event: " + problem + " at byte " + at + " of " + bytes.length);
    }

    private int readTag() {
        int read = (int) readVarint();
        if (read >>> 3 == 0) {
            throw malformed("field number 0 (expected: >= 1)", tagStart);
        }
        return read;
    }

    private int readLength() {
        int at = pos;
        int length = (int) readVarint();
        if (length < 0 || length > limit - pos) {
            throw malformed("length " + length + " (expected: 0.." + (limit - pos) + ")", at);
        }
        return length;
    }

    private long readVarint() {
        if (pos < limit && bytes[pos] >= 0) {
            return bytes[pos++];
        }
        return readLongVarint();
    }

    private long readLongVarint() {
        long value = 0;
        for (int i = 0; i < MAX_VARINT_BYTES; i++) {
            if (pos == limit) {
                throw malformed("end within a number (expected: more bytes)", pos);
            }
            byte next = bytes[pos++];
            value |= (next & 0x7FL) << (7 * i);
            if (next >= 0) {
                return value;
            }
        }
        throw malformed("number of more than 10 bytes (expected: <= 10)", pos - MAX_VARINT_BYTES);
    }

    private void skipValue(int of) {
        switch (of & 7) {
            case Wire.VARINT -> varint = readVarint();
            case Wire.FIXED64 -> skip(Long.BYTES);
            case Wire.LENGTH_DELIMITED -> skip(readLength());
            case Wire.START_GROUP -> skipGroup(of >>> 3);
            case Wire.FIXED32 -> skip(Integer.BYTES);
            default -> throw malformed("wire type " + (of & 7) + " (expected: 0..3 or 5)", tagStart);
        }
    }

    private void skip(int count) {
        if (count > limit - pos) {
            throw malformed((limit - pos) + " bytes left (expected: >= " + count + ")", pos);
        }
        pos += count;
    }

    private void skipGroup(int number) {
        descend();
        while (true) {
            if (pos == limit) {
                throw malformed("end within group " + number + " (expected: its end tag)", pos);
            }
            int inner = readTag();
            if ((inner & 7) == Wire.END_GROUP) {
                if (inner >>> 3 != number) {
                    throw malformed("end of group " + (inner >>> 3) + " (expected: of " + number + ")", pos);
                }
                depth--;
                return;
            }
            skipValue(inner);
        }
    }

    private void descend() {
        if (depth >= MAX_DEPTH) {
            throw malformed("nesting of more than " + MAX_DEPTH + " (expected: <= " + MAX_DEPTH + ")", tagStart);
        }
        depth++;
    }
}
