package io.eventmesh.spi.storage;

import io.eventmesh.common.error.EventMeshException;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/**
 * Reads a group's partitions forward, once, by demand. Never delivers a record again: acks, order and retries are the
 * delivery engine's. Opening a reader anew begins at the committed progress.
 *
 * <p>Thread-safe; methods return without waiting.
 */
public interface GroupReader extends AutoCloseable {
    /**
     * What a reader tells. Calls for one reader come one at a time, in order, on any thread, often on the thread that
     * appended or asked; they must not block. A listener may call the reader back from inside. One that throws has its
     * reader closed and is told by {@code failed}.
     */
    interface Listener {
        /**
         * This reader now owns the partition, and reads from the progress, skipping what is done.
         *
         * @param epoch grows with each assignment of the partition on this runtime; names it in commits
         */
        void assigned(StreamPartition partition, long epoch, Progress progress);

        /**
         * Told before a partition is given up in good order: nothing more of it is to be offered. Commits under the epoch
         * are taken until the stage completes, but not longer than 5 s; then {@link #revoked} follows.
         */
        default CompletionStage<Void> releasing(StreamPartition partition, long epoch) {
            return CompletableFuture.completedStage(null);
        }

        /** The partition is no longer owned; later commits under the epoch are refused. */
        void revoked(StreamPartition partition, long epoch);

        /** The next records, in order, at most what was asked for but always whole records. */
        void records(StreamPartition partition, long epoch, List<StoredRecord> records);

        /** Records that the group will never see lie before the next ones; each is told of once, also without demand. */
        void gap(Gap gap);

        /** The reader cannot go on; it has closed itself, and may be opened anew. */
        void failed(EventMeshException cause);
    }

    /**
     * Adds to the demand of a partition, in bytes. Records are handed over while the demand is above zero; the last one
     * may overdraw it.
     */
    void request(StreamPartition partition, long bytes);

    /**
     * Stores the group's progress in a partition. A watermark never goes back: an older progress is taken as done
     * already.
     *
     * <p>Fails with FENCED under an epoch that is not the current one, REQUEST_INVALID for a progress beyond the last
     * record, with STORAGE_UNAVAILABLE otherwise.
     */
    CompletionStage<Void> commit(StreamPartition partition, long epoch, Progress progress);

    /**
     * Stops reading and gives the partitions up; the listener hears nothing more once this has returned, except for a
     * call that another thread is in at that moment.
     */
    @Override
    void close();
}
