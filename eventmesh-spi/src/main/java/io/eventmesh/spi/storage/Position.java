package io.eventmesh.spi.storage;

/**
 * A place in a stream partition.
 *
 * @param partition which
 * @param offset grows with each record of the partition, not always by one
 */
public record Position(StreamPartition partition, long offset) {
    @Override
    public String toString() {
        return partition + "@" + offset;
    }
}
