package io.eventmesh.protocol.grpc;

import io.grpc.Drainable;
import io.grpc.KnownLength;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;

/** Messages as their bytes: gRPC copies them once to or from its buffers and parses nothing. */
final class Bytes {
    private Bytes() {}

    /** Reads a whole message into an array of its size. */
    static byte[] read(InputStream message) {
        try {
            byte[] bytes = new byte[message.available()];
            int read = message.readNBytes(bytes, 0, bytes.length);
            return read == bytes.length && message.available() == 0 ? bytes : readRest(bytes, read, message);
        } catch (IOException e) {
            throw new IllegalStateException("A buffer in memory failed to be read", e);
        }
    }

    private static byte[] readRest(byte[] head, int length, InputStream message) throws IOException {
        byte[] rest = message.readAllBytes();
        byte[] all = java.util.Arrays.copyOf(head, length + rest.length);
        System.arraycopy(rest, 0, all, length, rest.length);
        return all;
    }

    /** A message of parts that are written one after another, without being put together first. */
    static final class Parts extends InputStream implements KnownLength, Drainable {
        private final byte[] head;
        private final Body body;
        private final byte[] tail;
        private boolean drained;
        private InputStream joined = InputStream.nullInputStream();
        private boolean isJoined;

        Parts(byte[] head, Body body, byte[] tail) {
            this.head = head;
            this.body = body;
            this.tail = tail;
        }

        @Override
        public int drainTo(OutputStream target) throws IOException {
            target.write(head, 0, head.length);
            body.writeTo(target);
            target.write(tail, 0, tail.length);
            int written = drained ? 0 : size();
            drained = true;
            return written;
        }

        @Override
        public int available() throws IOException {
            return drained ? 0 : isJoined ? joined.available() : size();
        }

        // gRPC drains; reading is there for in-process transports and whoever wraps the stream.
        @Override
        public int read() throws IOException {
            return joined().read();
        }

        @Override
        public int read(byte[] target, int offset, int length) throws IOException {
            return joined().read(target, offset, length);
        }

        private int size() {
            return head.length + body.size() + tail.length;
        }

        private InputStream joined() throws IOException {
            if (!isJoined) {
                java.io.ByteArrayOutputStream all = new java.io.ByteArrayOutputStream(size());
                all.write(head);
                body.writeTo(all);
                all.write(tail);
                joined = new ByteArrayInputStream(all.toByteArray());
                isJoined = true;
            }
            return joined;
        }
    }

    /** The large middle part of a message. */
    interface Body {
        int size();

        void writeTo(OutputStream target) throws IOException;
    }
}
