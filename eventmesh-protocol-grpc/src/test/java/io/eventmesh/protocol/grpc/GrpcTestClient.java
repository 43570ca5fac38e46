package io.eventmesh.protocol.grpc;

import com.google.protobuf.Any;
import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.rpc.ErrorInfo;
import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.proto.v1.MeshServiceGrpc;
import io.eventmesh.proto.v1.PublishRequest;
import io.eventmesh.spi.event.Event;
import io.eventmesh.testkit.protocol.DoorClient;
import io.grpc.ManagedChannel;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.protobuf.StatusProto;
import java.util.concurrent.TimeUnit;

/** A client made of the generated stubs. */
final class GrpcTestClient implements DoorClient {
    private final ManagedChannel channel;

    GrpcTestClient(String address) {
        this.channel = channel(address);
    }

    static ManagedChannel channel(String address) {
        return NettyChannelBuilder.forTarget(address)
                .usePlaintext()
                .directExecutor()
                .maxInboundMessageSize(16 << 20)
                .build();
    }

    ManagedChannel channel() {
        return channel;
    }

    @Override
    public void publish(String topic, Event event) {
        publishBytes(topic, event.toByteArray());
    }

    @Override
    public void publishBytes(String topic, byte[] bytes) {
        try {
            MeshServiceGrpc.newBlockingStub(channel)
                    .withDeadlineAfter(10, TimeUnit.SECONDS)
                    .publishOne(PublishRequest.newBuilder()
                            .setTopic(topic)
                            .setEvent(ByteString.copyFrom(bytes))
                            .build());
        } catch (StatusRuntimeException refused) {
            throw decoded(refused);
        }
    }

    /** What the door said, as its details have it. */
    static EventMeshException decoded(Throwable failure) {
        com.google.rpc.Status status = StatusProto.fromThrowable(failure);
        if (status != null) {
            for (Any detail : status.getDetailsList()) {
                try {
                    ErrorInfo info = detail.unpack(ErrorInfo.class);
                    ErrorCode code = ErrorCode.valueOf(info.getReason());
                    if (info.getDomain().equals("eventmesh")
                            && info.getMetadataOrThrow("code").equals(Integer.toString(code.number()))) {
                        return new EventMeshException(code, status.getMessage(), failure);
                    }
                } catch (InvalidProtocolBufferException e) {
                    throw new IllegalStateException(e);
                }
            }
        }
        return new EventMeshException(ErrorCode.SHUTTING_DOWN, String.valueOf(failure.getMessage()), failure);
    }

    @Override
    public void close() {
        channel.shutdownNow();
    }
}
