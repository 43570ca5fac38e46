package io.eventmesh.storage.rocksdb;

import org.rocksdb.RocksDBException;
import org.rocksdb.Status;

/** What a failure of RocksDB means. */
final class Failures {
    private Failures() {}

    /** Whether stored bytes are damaged, rather than the disk or the machine. */
    static boolean isDamage(RocksDBException failure) {
        Status status = failure.getStatus();
        boolean said = status != null && status.getCode() == Status.Code.Corruption;
        return said || String.valueOf(failure.getMessage()).contains("No such file");
    }

    /** Whether nothing was written because it would have had to wait. */
    static boolean isStall(RocksDBException failure) {
        Status status = failure.getStatus();
        return status != null && status.getCode() == Status.Code.Incomplete;
    }

    /** Whether the disk is full. */
    static boolean isNoSpace(Exception failure) {
        Status status = failure instanceof RocksDBException rocks ? rocks.getStatus() : null;
        boolean said = status != null && status.getSubCode() == Status.SubCode.NoSpace;
        return said || String.valueOf(failure.getMessage()).contains("No space left");
    }

    /** What it says, with file names but without the directories they are in. */
    static String text(Exception failure) {
        return String.valueOf(failure.getMessage()).replaceAll("/(?:[^/\\s:]+/)+", "");
    }
}
