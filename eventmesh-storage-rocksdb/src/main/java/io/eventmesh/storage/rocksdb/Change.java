package io.eventmesh.storage.rocksdb;

import io.eventmesh.common.error.EventMeshException;
import org.rocksdb.RocksDBException;

/**
 * Something that is to become durable, in the order in which it came. Exactly one of {@link #durable} and {@link #failed}
 * is called at the end.
 */
interface Change {
    /** Bytes that it holds while it waits. */
    int weight();

    /**
     * Puts itself into a batch. On the writing thread, in order.
     *
     * @throws EventMeshException when it is refused; it must have put nothing
     */
    void write(Batch batch) throws RocksDBException;

    /** Whether it looks up what a batch would do before it has done it. */
    default boolean looksUp() {
        return false;
    }

    /** It is durable. On the answering thread, in order. */
    void durable();

    /** It was refused, or nobody knows whether it was written. On any thread. */
    void failed(EventMeshException why);
}
