package io.eventmesh.storage.rocksdb;

import org.rocksdb.RocksDB;
import org.rocksdb.RocksDBException;
import org.rocksdb.WriteBatch;
import org.rocksdb.WriteOptions;

/** The one place where something becomes durable. Called by the writing thread only. */
@FunctionalInterface
public interface Journal {
    /** RocksDB's write-ahead log. */
    Journal WRITE_AHEAD_LOG = RocksDB::write;

    /**
     * Writes a batch as a whole, and returns once it is as safe as the options say.
     *
     * @throws RocksDBException when it may or may not have been written
     */
    void write(RocksDB database, WriteOptions options, WriteBatch batch) throws RocksDBException;
}
