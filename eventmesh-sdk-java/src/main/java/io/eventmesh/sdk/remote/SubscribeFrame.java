package io.eventmesh.sdk.remote;

import com.google.protobuf.CodedInputStream;
import com.google.protobuf.ExtensionRegistryLite;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.WireFormat;
import io.eventmesh.proto.v1.MeshServiceGrpc;
import io.eventmesh.proto.v1.SubscribeAnswer;
import io.eventmesh.proto.v1.SubscribeRequest;
import io.grpc.MethodDescriptor;
import java.io.IOException;

/**
 * A {@code SubscribeAnswer} as it was read: like the generated message, but a delivery's event goes from gRPC's buffer
 * straight into the array that the {@code Event} keeps.
 */
final class SubscribeFrame {
    /** {@code MeshService.Subscribe} with answers of this type. */
    static final MethodDescriptor<SubscribeRequest, SubscribeFrame> METHOD =
            MeshServiceGrpc.getSubscribeMethod().toBuilder(
                            MeshServiceGrpc.getSubscribeMethod().getRequestMarshaller(),
                            new Unframing<>(SubscribeFrame::read))
                    .build();

    /** What it carries; a ping, and frames of later releases, say no more than that somebody is there. */
    enum Kind {
        OPENED,
        DELIVERY,
        DRAINING,
        SIGN_OF_LIFE
    }

    private static final byte[] NOTHING = {};

    private Kind kind = Kind.SIGN_OF_LIFE;
    private String subscription = "";
    private long id;
    private String topic = "";
    private byte[] event = NOTHING;
    private int attempt;
    private int partition;
    private long offset;
    private long appendTimeMillis;
    private String target = "";
    private int hops;

    private SubscribeFrame() {}

    private static SubscribeFrame read(CodedInputStream in) throws IOException {
        SubscribeFrame frame = new SubscribeFrame();
        for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
            switch (tag) {
                case SubscribeAnswer.OPENED_FIELD_NUMBER << 3 | WireFormat.WIRETYPE_LENGTH_DELIMITED -> {
                    SubscribeAnswer.Opened.Builder opened = SubscribeAnswer.Opened.newBuilder();
                    in.readMessage(opened, ExtensionRegistryLite.getEmptyRegistry());
                    frame.kind = Kind.OPENED;
                    frame.subscription = opened.getSubscription();
                }
                case SubscribeAnswer.DELIVERY_FIELD_NUMBER << 3 | WireFormat.WIRETYPE_LENGTH_DELIMITED -> {
                    frame.kind = Kind.DELIVERY;
                    int outer = in.pushLimit(in.readRawVarint32());
                    frame.readDelivery(in);
                    if (in.getBytesUntilLimit() > 0) {
                        throw new InvalidProtocolBufferException("cut off");
                    }
                    in.popLimit(outer);
                }
                case SubscribeAnswer.DRAINING_FIELD_NUMBER << 3 | WireFormat.WIRETYPE_LENGTH_DELIMITED -> {
                    frame.kind = Kind.DRAINING;
                    Unframing.skip(in, tag);
                }
                default -> Unframing.skip(in, tag);
            }
        }
        return frame;
    }

    private void readDelivery(CodedInputStream in) throws IOException {
        for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
            switch (tag) {
                case SubscribeAnswer.Delivery.ID_FIELD_NUMBER << 3 -> id = in.readInt64();
                case SubscribeAnswer.Delivery.TOPIC_FIELD_NUMBER << 3 | WireFormat.WIRETYPE_LENGTH_DELIMITED ->
                    topic = in.readStringRequireUtf8();
                case SubscribeAnswer.Delivery.EVENT_FIELD_NUMBER << 3 | WireFormat.WIRETYPE_LENGTH_DELIMITED ->
                    event = in.readByteArray();
                case SubscribeAnswer.Delivery.ATTEMPT_FIELD_NUMBER << 3 -> attempt = in.readInt32();
                case SubscribeAnswer.Delivery.PARTITION_FIELD_NUMBER << 3 -> partition = in.readInt32();
                case SubscribeAnswer.Delivery.OFFSET_FIELD_NUMBER << 3 -> offset = in.readInt64();
                case SubscribeAnswer.Delivery.APPEND_TIME_MS_FIELD_NUMBER << 3 -> appendTimeMillis = in.readInt64();
                case SubscribeAnswer.Delivery.TARGET_FIELD_NUMBER << 3 | WireFormat.WIRETYPE_LENGTH_DELIMITED ->
                    target = in.readStringRequireUtf8();
                case SubscribeAnswer.Delivery.HOPS_FIELD_NUMBER << 3 -> hops = in.readInt32();
                default -> Unframing.skip(in, tag);
            }
        }
    }

    Kind kind() {
        return kind;
    }

    String subscription() {
        return subscription;
    }

    long id() {
        return id;
    }

    String topic() {
        return topic;
    }

    byte[] event() {
        return event;
    }

    int attempt() {
        return attempt;
    }

    int partition() {
        return partition;
    }

    long offset() {
        return offset;
    }

    long appendTimeMillis() {
        return appendTimeMillis;
    }

    String target() {
        return target;
    }

    int hops() {
        return hops;
    }
}
