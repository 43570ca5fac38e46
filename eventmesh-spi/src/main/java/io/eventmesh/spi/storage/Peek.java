package io.eventmesh.spi.storage;

import java.util.List;

/**
 * Records of a partition as they were found, and between which offsets the partition lay.
 *
 * @param records in order, whole ones; those that cannot be read are left out
 * @param first the oldest kept offset
 * @param next the offset to go on from; {@code end} when nothing more was there
 * @param end the offset after the newest record that may be read
 */
public record Peek(List<StoredRecord> records, long first, long next, long end) {}
