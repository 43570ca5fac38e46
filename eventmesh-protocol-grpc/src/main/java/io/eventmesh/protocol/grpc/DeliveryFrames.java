package io.eventmesh.protocol.grpc;

import com.google.protobuf.CodedOutputStream;
import com.google.protobuf.MessageLite;
import com.google.protobuf.WireFormat;
import io.eventmesh.proto.v1.SubscribeAnswer;
import io.eventmesh.spi.event.Event;
import io.eventmesh.spi.mesh.Delivery;
import io.eventmesh.spi.storage.EventRecord;
import io.grpc.MethodDescriptor;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;

/** Writes answers of {@code MeshService.Subscribe}; a delivery's event goes to the wire as it is. Stateless. */
final class DeliveryFrames {
    /** Passes a message on that is already what gRPC reads from. */
    static final MethodDescriptor.Marshaller<InputStream> MARSHALLER = new MethodDescriptor.Marshaller<>() {
        @Override
        public InputStream stream(InputStream value) {
            return value;
        }

        @Override
        public InputStream parse(InputStream stream) {
            return stream;
        }
    };

    private static final byte[] NOTHING = {};
    private static final int DELIVERY = SubscribeAnswer.DELIVERY_FIELD_NUMBER;

    private DeliveryFrames() {}

    static InputStream of(MessageLite small) {
        return of(small.toByteArray());
    }

    static InputStream of(byte[] message) {
        return new Bytes.Parts(message, NO_BODY, NOTHING);
    }

    static InputStream of(Delivery delivery) {
        EventRecord record = delivery.record();
        Event event = record.event();
        int eventHeader = CodedOutputStream.computeTagSize(SubscribeAnswer.Delivery.EVENT_FIELD_NUMBER)
                + CodedOutputStream.computeUInt32SizeNoTag(event.size());
        int beside = besideSize(delivery, record);
        int length = beside + eventHeader + event.size();
        int outer = CodedOutputStream.computeTagSize(DELIVERY) + CodedOutputStream.computeUInt32SizeNoTag(length);
        byte[] head = new byte[outer + beside + eventHeader];
        try {
            CodedOutputStream out = CodedOutputStream.newInstance(head);
            out.writeTag(DELIVERY, WireFormat.WIRETYPE_LENGTH_DELIMITED);
            out.writeUInt32NoTag(length);
            writeBeside(out, delivery, record);
            out.writeTag(SubscribeAnswer.Delivery.EVENT_FIELD_NUMBER, WireFormat.WIRETYPE_LENGTH_DELIMITED);
            out.writeUInt32NoTag(event.size());
            out.checkNoSpaceLeft();
        } catch (IOException e) {
            throw new IllegalStateException("The size of a delivery was computed wrongly", e);
        }
        return new Bytes.Parts(head, new EventBody(event), NOTHING);
    }

    private static int besideSize(Delivery delivery, EventRecord record) {
        int size = CodedOutputStream.computeInt64Size(SubscribeAnswer.Delivery.ID_FIELD_NUMBER, delivery.id())
                + CodedOutputStream.computeStringSize(
                        SubscribeAnswer.Delivery.TOPIC_FIELD_NUMBER,
                        record.topic().value())
                + CodedOutputStream.computeInt32Size(SubscribeAnswer.Delivery.ATTEMPT_FIELD_NUMBER, delivery.attempt())
                + CodedOutputStream.computeInt32Size(
                        SubscribeAnswer.Delivery.PARTITION_FIELD_NUMBER,
                        delivery.position().partition().index())
                + CodedOutputStream.computeInt64Size(
                        SubscribeAnswer.Delivery.OFFSET_FIELD_NUMBER,
                        delivery.position().offset())
                + CodedOutputStream.computeInt64Size(
                        SubscribeAnswer.Delivery.APPEND_TIME_MS_FIELD_NUMBER, record.appendTimeMillis())
                + CodedOutputStream.computeInt32Size(SubscribeAnswer.Delivery.HOPS_FIELD_NUMBER, record.hops());
        String target = record.target();
        return target == null
                ? size
                : size + CodedOutputStream.computeStringSize(SubscribeAnswer.Delivery.TARGET_FIELD_NUMBER, target);
    }

    private static void writeBeside(CodedOutputStream out, Delivery delivery, EventRecord record) throws IOException {
        out.writeInt64(SubscribeAnswer.Delivery.ID_FIELD_NUMBER, delivery.id());
        out.writeString(
                SubscribeAnswer.Delivery.TOPIC_FIELD_NUMBER, record.topic().value());
        out.writeInt32(SubscribeAnswer.Delivery.ATTEMPT_FIELD_NUMBER, delivery.attempt());
        out.writeInt32(
                SubscribeAnswer.Delivery.PARTITION_FIELD_NUMBER,
                delivery.position().partition().index());
        out.writeInt64(
                SubscribeAnswer.Delivery.OFFSET_FIELD_NUMBER,
                delivery.position().offset());
        out.writeInt64(SubscribeAnswer.Delivery.APPEND_TIME_MS_FIELD_NUMBER, record.appendTimeMillis());
        out.writeInt32(SubscribeAnswer.Delivery.HOPS_FIELD_NUMBER, record.hops());
        String target = record.target();
        if (target != null) {
            out.writeString(SubscribeAnswer.Delivery.TARGET_FIELD_NUMBER, target);
        }
    }

    /** An event as the middle of a message. */
    record EventBody(Event event) implements Bytes.Body {
        @Override
        public int size() {
            return event.size();
        }

        @Override
        public void writeTo(OutputStream target) throws IOException {
            event.writeTo(target);
        }
    }

    static final Bytes.Body NO_BODY = new Bytes.Body() {
        @Override
        public int size() {
            return 0;
        }

        @Override
        public void writeTo(OutputStream target) {
            // nothing to write
        }
    };
}
