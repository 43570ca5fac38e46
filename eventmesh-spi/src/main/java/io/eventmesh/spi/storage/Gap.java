package io.eventmesh.spi.storage;

/**
 * Records that a group will never see.
 *
 * @param partition where
 * @param from the first missed offset
 * @param to the offset after the last missed one
 * @param count how many records
 * @param why what overtook the group
 */
public record Gap(StreamPartition partition, long from, long to, long count, Why why) {
    public enum Why {
        /** Retention, or an operator, removed them. */
        RETENTION,
        /** The group stalled and was cut off to make room. */
        CUT_OFF,
        /** Stored bytes were damaged. */
        CORRUPTION
    }
}
