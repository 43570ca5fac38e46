package io.eventmesh.connector.file;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** Cuts a file into lines from an offset on; a last line without a line break is kept until it has one. */
final class LineReader implements AutoCloseable {
    /**
     * A line.
     *
     * @param bytes without the line break, at most as many as asked for
     * @param truncated whether it was longer
     * @param end the offset behind it and its line break
     */
    @SuppressWarnings("ArrayRecordComponent") // handed through, never compared
    record Line(byte[] bytes, boolean truncated, long end) {}

    private static final int CHUNK = 64 << 10;

    private final FileChannel file;
    private final int maxLine;
    private final ByteBuffer chunk = ByteBuffer.allocate(CHUNK).flip();
    private byte[] line = new byte[256];
    private int lineLength;
    private boolean lineTruncated;
    private long readOffset;

    LineReader(FileChannel file, long offset, int maxLine) {
        this.file = file;
        this.readOffset = offset;
        this.maxLine = maxLine;
    }

    FileChannel file() {
        return file;
    }

    /** Bytes taken so far, those of the unfinished line among them. */
    long readOffset() {
        return readOffset - chunk.remaining();
    }

    /** The next whole line, or null when there is none yet. */
    @Nullable
    Line next() throws IOException {
        while (true) {
            while (chunk.hasRemaining()) {
                byte b = chunk.get();
                if (b == '\n') {
                    return taken();
                }
                add(b);
            }
            if (!fill()) {
                return null;
            }
        }
    }

    /** The unfinished line at the end of a file that nobody writes any more, or null when it is empty. */
    @Nullable
    Line rest() {
        return lineLength == 0 ? null : taken();
    }

    @Override
    public void close() throws IOException {
        file.close();
    }

    private boolean fill() throws IOException {
        chunk.clear();
        int count = file.read(chunk, readOffset);
        chunk.flip();
        if (count <= 0) {
            return false;
        }
        readOffset += count;
        return true;
    }

    private void add(byte b) {
        if (lineLength == maxLine) {
            // a carriage return that ends the line is no part of it
            lineTruncated |= b != '\r';
            return;
        }
        if (lineLength == line.length) {
            line = Arrays.copyOf(line, Math.min(maxLine, line.length * 2));
        }
        line[lineLength++] = b;
    }

    private Line taken() {
        int length = lineLength > 0 && line[lineLength - 1] == '\r' ? lineLength - 1 : lineLength;
        Line whole = new Line(Arrays.copyOf(line, length), lineTruncated, readOffset());
        lineLength = 0;
        lineTruncated = false;
        return whole;
    }
}
