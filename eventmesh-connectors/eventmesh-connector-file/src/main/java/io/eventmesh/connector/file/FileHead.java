package io.eventmesh.connector.file;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;

/**
 * A fingerprint of a file's first bytes: a file system gives the key of a removed file to the next one, so that the key
 * alone may find a stranger.
 *
 * @param length how many bytes it was made of
 * @param hash their FNV-1a hash
 */
record FileHead(int length, long hash) {
    static final int MAX = 256;
    static final FileHead NONE = new FileHead(0, 0);

    static FileHead of(FileChannel file, int length) throws IOException {
        ByteBuffer bytes = ByteBuffer.allocate(Math.min(length, MAX));
        int count = 0;
        while (bytes.hasRemaining() && count >= 0) {
            count = file.read(bytes, bytes.position());
        }
        long hash = 0xcbf29ce484222325L;
        for (int i = 0; i < bytes.position(); i++) {
            hash = (hash ^ (bytes.get(i) & 0xff)) * 0x100000001b3L;
        }
        return new FileHead(bytes.position(), hash);
    }

    /** Whether the file begins as it did when this was taken. */
    boolean isOf(FileChannel file) throws IOException {
        return length == 0 || of(file, length).equals(this);
    }
}
