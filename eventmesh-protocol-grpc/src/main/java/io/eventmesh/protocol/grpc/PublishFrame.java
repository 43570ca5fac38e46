package io.eventmesh.protocol.grpc;

import com.google.protobuf.ByteString;
import com.google.protobuf.CodedInputStream;
import com.google.protobuf.ExtensionRegistryLite;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.WireFormat;
import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.topic.TopicName;
import io.eventmesh.proto.v1.PublishRequest;
import io.eventmesh.proto.v1.TaskFence;
import io.eventmesh.spi.event.Event;
import io.eventmesh.spi.mesh.CallContext;
import io.eventmesh.spi.mesh.MeshProtos;
import io.eventmesh.spi.mesh.Outgoing;
import io.grpc.MethodDescriptor;
import java.io.IOException;
import java.io.InputStream;
import org.jspecify.annotations.Nullable;

/**
 * A {@code PublishRequest} as it was read: like the generated message, but the event goes from gRPC's buffer straight
 * into the array that the mesh keeps.
 *
 * <p>A message that protobuf refuses is kept as a frame that is not {@link #isReadable}, since gRPC would answer an
 * exception of a marshaller without our code.
 */
final class PublishFrame {
    /** Reads frames; this side never writes them. */
    static final MethodDescriptor.Marshaller<PublishFrame> MARSHALLER = new MethodDescriptor.Marshaller<>() {
        @Override
        public InputStream stream(PublishFrame value) {
            throw new UnsupportedOperationException("A door reads publish requests");
        }

        @Override
        public PublishFrame parse(InputStream stream) {
            return new PublishFrame(stream);
        }
    };

    private static final byte[] NOTHING = {};
    /** Enough for everything that stands around the event; a larger event is read past this buffer. */
    private static final int BUFFER = 256;

    private long seq;
    private String topic = "";
    private byte[] event = NOTHING;
    private String namespace = "";
    private io.eventmesh.proto.v1.@Nullable TaskFence fence;
    private ByteString leaseToken = ByteString.EMPTY;
    private String target = "";
    private int hops;
    private long notBeforeMillis;
    private boolean readable = true;

    private PublishFrame(InputStream message) {
        try {
            read(CodedInputStream.newInstance(message, BUFFER));
        } catch (IOException notAMessage) {
            readable = false;
        }
    }

    /** The same for a message that was read already, as a part of another one. */
    PublishFrame(PublishRequest message) {
        seq = message.getSeq();
        topic = message.getTopic();
        event = message.getEvent().toByteArray();
        namespace = message.getNamespace();
        fence = message.hasFence() ? message.getFence() : null;
        leaseToken = message.getLeaseToken();
        target = message.getTarget();
        hops = message.getHops();
        notBeforeMillis = message.getNotBeforeMs();
    }

    private void read(CodedInputStream in) throws IOException {
        for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
            switch (tag) {
                case PublishRequest.SEQ_FIELD_NUMBER << 3 -> seq = in.readUInt64();
                case PublishRequest.TOPIC_FIELD_NUMBER << 3 | WireFormat.WIRETYPE_LENGTH_DELIMITED ->
                    topic = in.readStringRequireUtf8();
                case PublishRequest.EVENT_FIELD_NUMBER << 3 | WireFormat.WIRETYPE_LENGTH_DELIMITED ->
                    event = in.readByteArray();
                case PublishRequest.NAMESPACE_FIELD_NUMBER << 3 | WireFormat.WIRETYPE_LENGTH_DELIMITED ->
                    namespace = in.readStringRequireUtf8();
                case PublishRequest.FENCE_FIELD_NUMBER << 3 | WireFormat.WIRETYPE_LENGTH_DELIMITED -> readFence(in);
                case PublishRequest.LEASE_TOKEN_FIELD_NUMBER << 3 | WireFormat.WIRETYPE_LENGTH_DELIMITED ->
                    leaseToken = in.readBytes();
                case PublishRequest.TARGET_FIELD_NUMBER << 3 | WireFormat.WIRETYPE_LENGTH_DELIMITED ->
                    target = in.readStringRequireUtf8();
                case PublishRequest.HOPS_FIELD_NUMBER << 3 -> hops = in.readInt32();
                case PublishRequest.NOT_BEFORE_MS_FIELD_NUMBER << 3 -> notBeforeMillis = in.readInt64();
                default -> {
                    if (!in.skipField(tag)) {
                        throw new InvalidProtocolBufferException("unexpected end of group");
                    }
                }
            }
        }
    }

    private void readFence(CodedInputStream in) throws IOException {
        TaskFence.Builder merged = fence == null ? TaskFence.newBuilder() : fence.toBuilder();
        in.readMessage(merged, ExtensionRegistryLite.getEmptyRegistry());
        fence = merged.build();
    }

    boolean isReadable() {
        return readable;
    }

    long seq() {
        return seq;
    }

    /** Bytes of the event. */
    int size() {
        return event.length;
    }

    /** The proof of the caller's lease that came with it; empty when it is the one that came before. */
    ByteString leaseToken() {
        return leaseToken;
    }

    /** Whether a task speaks. */
    boolean isFenced() {
        return fence != null;
    }

    /** The call's context as this frame changes it. */
    CallContext in(CallContext call) {
        CallContext context = call;
        if (!namespace.isEmpty() && !namespace.equals(call.namespace())) {
            context = context.inNamespace(namespace);
        }
        return fence == null ? context : context.withFence(MeshProtos.fromProto(fence));
    }

    /** @throws EventMeshException REQUEST_INVALID, EVENT_INVALID, EVENT_TOO_LARGE */
    Outgoing outgoing(long maxEventSize) {
        requireReadable();
        TopicName name = TopicName.of(topic);
        requireNotLarger(event.length, maxEventSize);
        if (notBeforeMillis < 0) {
            throw new EventMeshException(
                    ErrorCode.REQUEST_INVALID, "not_before_ms: %d (expected: 0 or more)".formatted(notBeforeMillis));
        }
        return new Outgoing(name, Event.scan(event), target.isEmpty() ? null : target, hops, notBeforeMillis);
    }

    /** @throws EventMeshException EVENT_TOO_LARGE */
    static void requireNotLarger(int size, long maxEventSize) {
        if (size > maxEventSize) {
            throw new EventMeshException(
                    ErrorCode.EVENT_TOO_LARGE, "event size: %d (expected: <= %d)".formatted(size, maxEventSize));
        }
    }

    /** @throws EventMeshException REQUEST_INVALID */
    void requireReadable() {
        if (!readable) {
            throw new EventMeshException(
                    ErrorCode.REQUEST_INVALID, "message: unreadable (expected: eventmesh.v1.PublishRequest)");
        }
    }
}
