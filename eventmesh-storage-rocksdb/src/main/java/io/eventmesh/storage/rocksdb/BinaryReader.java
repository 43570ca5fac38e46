package io.eventmesh.storage.rocksdb;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Reads what {@link BinaryWriter} wrote. */
final class BinaryReader {
    private final ByteBuffer in;

    BinaryReader(byte[] bytes) {
        this.in = ByteBuffer.wrap(bytes);
    }

    BinaryReader(ByteBuffer in) {
        this.in = in;
    }

    /**
     * Reads a whole form.
     *
     * @throws DamagedException when the bytes are no such form
     */
    static <T> T read(byte[] bytes, Function<BinaryReader, T> form) throws DamagedException {
        try {
            return form.apply(new BinaryReader(bytes));
        } catch (RuntimeException damaged) {
            throw new DamagedException("not the stored form: " + damaged.getMessage(), damaged);
        }
    }

    int u8() {
        return in.get() & 0xff;
    }

    int i32() {
        return in.getInt();
    }

    long i64() {
        return in.getLong();
    }

    double f64() {
        return in.getDouble();
    }

    Duration duration() {
        return Duration.ofSeconds(i64(), i32());
    }

    @Nullable
    String text() {
        int length = i32();
        if (length < 0) {
            return null;
        }
        return new String(raw(length), UTF_8);
    }

    String requireText() {
        String text = text();
        if (text == null) {
            throw new IllegalArgumentException("text: absent (expected: one)");
        }
        return text;
    }

    byte[] raw(int length) {
        if (length > in.remaining()) {
            throw new BufferUnderflowException();
        }
        byte[] bytes = new byte[length];
        in.get(bytes);
        return bytes;
    }

    int remaining() {
        return in.remaining();
    }
}
