package io.eventmesh.storage.memory;

import io.eventmesh.spi.storage.StoredRecord;
import io.eventmesh.spi.storage.StreamPartition;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;

/**
 * Records that were appended or read a moment ago, for the readers that take them next: whoever keeps up gets the very
 * record that was appended, and many groups share what was made anew for one.
 *
 * <p>One for all partitions, of fixed size; forgets by overwriting. Thread-safe.
 */
final class Recent {
    private static final int SLOTS = 1024;
    /** Larger records are not worth so much memory. */
    private static final int LARGEST = 4 << 10;

    private final AtomicReferenceArray<@Nullable StoredRecord> slots = new AtomicReferenceArray<>(SLOTS);

    void put(StoredRecord record) {
        if (record.record().size() <= LARGEST) {
            slots.setRelease(
                    slot(record.position().partition(), record.position().offset()), record);
        }
    }

    @Nullable
    StoredRecord get(StreamPartition partition, long offset) {
        StoredRecord found = slots.getAcquire(slot(partition, offset));
        return found != null
                        && found.position().offset() == offset
                        && found.position().partition().equals(partition)
                ? found
                : null;
    }

    private static int slot(StreamPartition partition, long offset) {
        return (int) (System.identityHashCode(partition) * 61L + offset) & (SLOTS - 1);
    }
}
