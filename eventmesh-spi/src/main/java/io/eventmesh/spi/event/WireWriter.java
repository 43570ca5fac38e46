package io.eventmesh.spi.event;

import java.util.Arrays;

/** Writes protobuf fields into a growing array. Not thread-safe. */
final class WireWriter {
    private byte[] bytes;
    private int size;

    WireWriter(int capacity) {
        this.bytes = new byte[capacity];
    }

    /** How many bytes a length-delimited field takes whose tag has one byte. */
    static int sizeOf(int contentLength) {
        return Math.addExact(1 + varintSize(contentLength), contentLength);
    }

    void field(int tag, byte[] content) {
        header(tag, content.length);
        raw(content, 0, content.length);
    }

    /** The tag and the length of a field whose content is written next. */
    void header(int tag, int contentLength) {
        varint(tag);
        varint(contentLength);
    }

    void varintField(int tag, long value) {
        varint(tag);
        varint(value);
    }

    void raw(byte[] from, int start, int length) {
        reserve(length);
        System.arraycopy(from, start, bytes, size, length);
        size += length;
    }

    /** One entry of the attribute map; {@code value} is an encoded CloudEventAttributeValue. */
    void attribute(byte[] name, byte[] value) {
        header(Wire.ATTRIBUTES, Math.addExact(sizeOf(name.length), sizeOf(value.length)));
        field(Wire.KEY, name);
        field(Wire.VALUE, value);
    }

    /** One entry of the attribute map with a string. */
    void stringAttribute(byte[] name, byte[] text) {
        int valueLength = sizeOf(text.length);
        header(Wire.ATTRIBUTES, Math.addExact(sizeOf(name.length), sizeOf(valueLength)));
        field(Wire.KEY, name);
        header(Wire.VALUE, valueLength);
        field(Wire.CE_STRING, text);
    }

    /** How many bytes {@link #stringAttribute} writes. */
    static int sizeOfStringAttribute(byte[] name, byte[] text) {
        return sizeOf(Math.addExact(sizeOf(name.length), sizeOf(sizeOf(text.length))));
    }

    int size() {
        return size;
    }

    byte[] toByteArray() {
        return size == bytes.length ? bytes : Arrays.copyOf(bytes, size);
    }

    private void varint(long value) {
        reserve(varintSize(value));
        long rest = value;
        while ((rest & ~0x7FL) != 0) {
            bytes[size++] = (byte) (rest | 0x80);
            rest >>>= 7;
        }
        bytes[size++] = (byte) rest;
    }

    private static int varintSize(long value) {
        return (70 - Long.numberOfLeadingZeros(value | 1)) / 7;
    }

    private void reserve(int more) {
        int needed = Math.addExact(size, more);
        if (needed > bytes.length) {
            bytes = Arrays.copyOf(bytes, Math.max(needed, 2 * bytes.length));
        }
    }
}
