package io.eventmesh.spi.connector;

import io.eventmesh.spi.event.EventBuilder;
import org.jspecify.annotations.Nullable;

/**
 * One record of a source.
 *
 * <p>The runtime gives the event its id, made from connector, partition and position so that a record read twice is the
 * same event, and its source {@code /connectors/<namespace>/<name>}; everything else is the connector's to set.
 *
 * @param partition the part of the source it comes from, such as a file's name
 * @param position where to go on after this record, at most 64 KiB; different for each record of the partition
 * @param event the event; null when the record is passed over and only the position moves
 */
@SuppressWarnings("ArrayRecordComponent") // handed through, never compared
public record SourceRecord(
        String partition, byte[] position, @Nullable EventBuilder event) {}
