package io.eventmesh.protocol.grpc;

import com.google.protobuf.CodedOutputStream;
import com.google.protobuf.WireFormat;
import io.eventmesh.common.topic.StreamName;
import io.eventmesh.common.topic.TopicName;
import io.eventmesh.proto.v1.RelayAnswer;
import io.eventmesh.spi.event.Event;
import io.eventmesh.spi.mesh.Delivery;
import io.eventmesh.spi.storage.EventRecord;
import io.eventmesh.spi.storage.Position;
import io.eventmesh.spi.storage.StreamPartition;
import java.io.IOException;
import java.io.InputStream;
import org.jspecify.annotations.Nullable;

/** Writes and reads deliveries of {@code MeshPeerService.Relay}; the event goes to the wire as it is. Stateless. */
final class RelayFrames {
    private static final byte[] NOTHING = {};

    private RelayFrames() {}

    static InputStream of(Delivery delivery) {
        Event event = delivery.record().event();
        byte[] beside = beside(delivery).toByteArray();
        int eventHeader = CodedOutputStream.computeTagSize(RelayAnswer.Delivery.EVENT_FIELD_NUMBER)
                + CodedOutputStream.computeUInt32SizeNoTag(event.size());
        int length = beside.length + eventHeader + event.size();
        int outer = CodedOutputStream.computeTagSize(RelayAnswer.DELIVERY_FIELD_NUMBER)
                + CodedOutputStream.computeUInt32SizeNoTag(length);
        byte[] head = new byte[outer + beside.length + eventHeader];
        try {
            CodedOutputStream out = CodedOutputStream.newInstance(head);
            out.writeTag(RelayAnswer.DELIVERY_FIELD_NUMBER, WireFormat.WIRETYPE_LENGTH_DELIMITED);
            out.writeUInt32NoTag(length);
            out.writeRawBytes(beside);
            out.writeTag(RelayAnswer.Delivery.EVENT_FIELD_NUMBER, WireFormat.WIRETYPE_LENGTH_DELIMITED);
            out.writeUInt32NoTag(event.size());
            out.checkNoSpaceLeft();
        } catch (IOException e) {
            throw new IllegalStateException("The size of a delivery was computed wrongly", e);
        }
        return new Bytes.Parts(head, new DeliveryFrames.EventBody(event), NOTHING);
    }

    private static RelayAnswer.Delivery beside(Delivery delivery) {
        EventRecord record = delivery.record();
        StreamPartition partition = delivery.position().partition();
        return RelayAnswer.Delivery.newBuilder()
                .setId(delivery.id())
                .setTopic(record.topic().value())
                .setAttempt(delivery.attempt())
                .setStream(partition.stream().name())
                .setPartition(partition.index())
                .setOffset(delivery.position().offset())
                .setAppendTimeMs(record.appendTimeMillis())
                .setHops(record.hops())
                .setTarget(orEmpty(record.target()))
                .setPrincipal(orEmpty(record.principal()))
                .setTraceparent(orEmpty(record.traceparent()))
                .build();
    }

    /** @param namespace of the group */
    static Delivery delivery(String namespace, RelayAnswer.Delivery frame) {
        Event event = Event.scan(frame.getEvent().toByteArray());
        EventRecord record = new EventRecord(
                TopicName.of(frame.getTopic()),
                event.partitionKey(),
                frame.getAppendTimeMs(),
                frame.getHops(),
                orNull(frame.getTarget()),
                orNull(frame.getPrincipal()),
                orNull(frame.getTraceparent()),
                0,
                event);
        StreamPartition partition =
                new StreamPartition(new StreamName(namespace, frame.getStream()), frame.getPartition());
        return new Delivery(frame.getId(), new Position(partition, frame.getOffset()), record, frame.getAttempt());
    }

    private static String orEmpty(@Nullable String text) {
        return text == null ? "" : text;
    }

    private static @Nullable String orNull(String text) {
        return text.isEmpty() ? null : text;
    }
}
