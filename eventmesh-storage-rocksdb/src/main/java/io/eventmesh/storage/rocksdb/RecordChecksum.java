package io.eventmesh.storage.rocksdb;

import java.nio.ByteBuffer;
import java.util.zip.CRC32C;

/**
 * The storage's own checksum over each stored record, beside RocksDB's over blocks and files: it also finds bytes that
 * were damaged before RocksDB had them.
 *
 * <p>Thread-safe.
 */
@FunctionalInterface
public interface RecordChecksum {
    /** CRC-32C, as in iSCSI. */
    RecordChecksum CRC32C = (bytes, from, to) -> {
        CRC32C crc = new CRC32C();
        ByteBuffer view = bytes.duplicate();
        view.limit(to).position(from);
        crc.update(view);
        return (int) crc.getValue();
    };

    /** The checksum of {@code bytes[from..to)}; leaves the buffer as it is. */
    int of(ByteBuffer bytes, int from, int to);
}
