package io.eventmesh.storage.rocksdb;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** Writes the storage's own binary forms: big-endian numbers, texts with their length before them. Grows. */
final class BinaryWriter {
    private static final int ABSENT = -1;

    private ByteBuffer out = ByteBuffer.allocate(64);

    BinaryWriter u8(int value) {
        room(1).put((byte) value);
        return this;
    }

    BinaryWriter i32(int value) {
        room(4).putInt(value);
        return this;
    }

    BinaryWriter i64(long value) {
        room(8).putLong(value);
        return this;
    }

    BinaryWriter f64(double value) {
        room(8).putDouble(value);
        return this;
    }

    BinaryWriter duration(Duration value) {
        return i64(value.getSeconds()).i32(value.getNano());
    }

    BinaryWriter text(@Nullable String value) {
        if (value == null) {
            return i32(ABSENT);
        }
        byte[] bytes = value.getBytes(UTF_8);
        i32(bytes.length);
        return raw(bytes);
    }

    BinaryWriter raw(byte[] bytes) {
        room(bytes.length).put(bytes);
        return this;
    }

    byte[] bytes() {
        return Arrays.copyOf(out.array(), out.position());
    }

    private ByteBuffer room(int more) {
        if (out.remaining() < more) {
            ByteBuffer larger = ByteBuffer.allocate(Math.max(out.capacity() * 2, out.position() + more));
            out.flip();
            larger.put(out);
            out = larger;
        }
        return out;
    }
}
