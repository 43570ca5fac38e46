package io.eventmesh.runtime.connector;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.proto.v1.TaskDefinition;
import io.eventmesh.spi.connector.SourceRecord;
import io.eventmesh.spi.connector.SourceRecord.Identity;
import io.eventmesh.spi.event.Event;
import io.eventmesh.spi.event.EventBuilder;
import java.util.Arrays;
import java.util.UUID;

/** Makes events of a source's records: with an id that is the same each time, and the connector as source. One thread. */
final class SourceEvents {
    /** What the admin keeps of a place: characters of its partition, bytes of its position. */
    private static final int MAX_PARTITION = 1_000;

    private static final int MAX_POSITION = 64 << 10;

    private final String source;
    private final EventIds ids;
    private String lastPartition = "";
    private byte[] lastPosition = {};
    private int index;

    SourceEvents(TaskDefinition task) {
        this.source = SourcePipeline.source(task);
        this.ids = new EventIds(task.getNamespace(), task.getConnector());
    }

    /**
     * The id of the record's event, unless the connector keeps its own; to be asked once for each record, in order.
     *
     * @throws EventMeshException REQUEST_INVALID when the admin could not keep the record's place
     */
    String id(SourceRecord record) {
        if (record.partition().length() > MAX_PARTITION) {
            throw new EventMeshException(
                    ErrorCode.REQUEST_INVALID,
                    "partition '%s…': %d characters (expected: <= %d)"
                            .formatted(
                                    record.partition().substring(0, 40),
                                    record.partition().length(),
                                    MAX_PARTITION));
        }
        if (record.position().length > MAX_POSITION) {
            throw new EventMeshException(
                    ErrorCode.REQUEST_INVALID,
                    "position in partition '%s': %d bytes (expected: <= %d)"
                            .formatted(record.partition(), record.position().length, MAX_POSITION));
        }
        if (record.isPositionless()) {
            return UUID.randomUUID().toString();
        }
        boolean same = record.partition().equals(lastPartition) && Arrays.equals(record.position(), lastPosition);
        index = same ? index + 1 : 0;
        lastPartition = record.partition();
        lastPosition = record.position();
        return ids.id(record.partition(), record.position(), index);
    }

    /**
     * The event.
     *
     * @param id what {@link #id} said
     * @throws EventMeshException EVENT_INVALID when none can be made of what the connector gave
     */
    Event event(SourceRecord record, EventBuilder given, String id) {
        try {
            if (record.identity() == Identity.MADE) {
                return given.id(id).source(source).build();
            }
            Event kept = given.build();
            if (!kept.id().isEmpty() && !kept.source().isEmpty()) {
                return kept;
            }
            return given.id(kept.id().isEmpty() ? id : kept.id())
                    .source(kept.source().isEmpty() ? source : kept.source())
                    .build();
        } catch (EventMeshException refused) {
            throw refused;
        } catch (RuntimeException broken) {
            throw new EventMeshException(
                    ErrorCode.EVENT_INVALID, "no event can be made: " + FailureText.reason(broken), broken);
        }
    }
}
