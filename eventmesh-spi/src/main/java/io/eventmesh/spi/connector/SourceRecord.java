package io.eventmesh.spi.connector;

import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.spi.event.EventBuilder;
import org.jspecify.annotations.Nullable;

/**
 * One record of a source.
 *
 * <p>The runtime gives the event its id, made from connector, partition and position so that a record read twice is the
 * same event, and its source {@code /connectors/<namespace>/<name>}; everything else is the connector's to set. With
 * {@link Identity#KEPT} id and source are the connector's too, and only what is missing is made.
 *
 * <p>A record with an empty position is <em>positionless</em>: it counts in the window like any other, and nothing is
 * stored of where it came from; whoever sent it learns by the receipt what became of it.
 *
 * @param partition the part of the source it comes from, such as a file's name
 * @param position where to go on after this record, at most 64 KiB; different for each record of the partition; empty
 *     for a record that cannot be read again
 * @param event the event; null when the record is passed over and only the position moves
 * @param identity whose id and source the event has
 * @param receipt told what became of the record; null when nobody asks
 * @param failure why the event is not what it should have become: it goes to the connector's dead letter, as it is; null
 *     for any other record
 */
@SuppressWarnings("ArrayRecordComponent") // handed through, never compared
public record SourceRecord(
        String partition,
        byte[] position,
        @Nullable EventBuilder event,
        Identity identity,
        @Nullable Receipt receipt,
        @Nullable EventMeshException failure) {
    /** Whose id and source an event has. */
    public enum Identity {
        /** The runtime's, the same each time the record is read. */
        MADE,
        /** The connector's, where it has set them. */
        KEPT
    }

    /** What became of a record. Told once at most, on the task's thread, which it must not hold up. */
    public interface Receipt {
        /** The mesh has stored the event, or its dead letter; records before it may still be on their way. */
        void stored();

        /** The mesh will never store the event, nor is there a dead letter of it. */
        void refused(EventMeshException why);
    }

    /** A record that is published. */
    public SourceRecord(
            String partition,
            byte[] position,
            @Nullable EventBuilder event,
            Identity identity,
            @Nullable Receipt receipt) {
        this(partition, position, event, identity, receipt, null);
    }

    /** A record whose id and source the runtime makes, and of which nobody asks what became. */
    public SourceRecord(String partition, byte[] position, @Nullable EventBuilder event) {
        this(partition, position, event, Identity.MADE, null);
    }

    /**
     * A record that a transform of the connector's own does not take.
     *
     * @param event what there is of it, so that people can see and mend it
     */
    public static SourceRecord failed(String partition, byte[] position, EventBuilder event, EventMeshException why) {
        return new SourceRecord(partition, position, event, Identity.MADE, null, why);
    }

    /** Whether it cannot be read again. */
    public boolean isPositionless() {
        return position.length == 0;
    }
}
