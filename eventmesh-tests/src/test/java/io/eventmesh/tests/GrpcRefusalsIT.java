package io.eventmesh.tests;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.google.protobuf.Any;
import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.rpc.ErrorInfo;
import com.google.rpc.Status;
import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.proto.v1.ListStreamsRequest;
import io.eventmesh.proto.v1.MeshAdminServiceGrpc;
import io.eventmesh.proto.v1.MeshServiceGrpc;
import io.eventmesh.proto.v1.PublishRequest;
import io.eventmesh.spi.event.Event;
import io.eventmesh.spi.event.EventBuilder;
import io.eventmesh.spi.security.Authenticator;
import io.eventmesh.tests.process.Installation;
import io.eventmesh.tests.process.MeshProcess;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.protobuf.StatusProto;
import io.grpc.stub.MetadataUtils;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Bad input over gRPC: a status with ErrorInfo, and no stream more than before. */
class GrpcRefusalsIT {
    private static final String CLUSTER_KEY = "key-of-this-test";

    @TempDir
    Path directory;

    @Test
    @Timeout(value = 2, unit = TimeUnit.MINUTES)
    void badEventsAreRefusedWithTheirCodeAndLeaveNothingBehind() throws Exception {
        try (Installation installation = new Installation(directory)) {
            MeshProcess mesh = installation
                    .run(
                            "mesh",
                            Map.of("EVENTMESH_SECURITY_CLUSTER_KEY", CLUSTER_KEY),
                            "bin/start.sh",
                            "--role=mesh",
                            "--set=mesh.grpc.port=0",
                            "--set=mesh.http.port=0",
                            "--set=meta.zookeeper.embedded-port=0")
                    .awaitReady();
            ManagedChannel channel = NettyChannelBuilder.forTarget(mesh.printed("gRPC:\\s+(\\S+)"))
                    .usePlaintext()
                    .build();
            try {
                refuse(channel);
                assertThat(streams(channel)).isZero();
            } finally {
                channel.shutdownNow();
            }
        }
    }

    private static void refuse(ManagedChannel channel) throws InvalidProtocolBufferException {
        ByteString good = bytes(event());
        byte[] badUtf8 = event().text("é").build().toByteArray();
        badUtf8[badUtf8.length - 1] = (byte) 0xff;

        assertRefused(channel, "refused", bytes(event().type("")), ErrorCode.EVENT_INVALID, "type");
        assertRefused(channel, "refused", ByteString.copyFrom(badUtf8), ErrorCode.EVENT_INVALID, "UTF-8");
        assertRefused(
                channel,
                "refused",
                ByteString.copyFrom("not an event".getBytes(StandardCharsets.UTF_8)),
                ErrorCode.EVENT_INVALID,
                "");
        assertRefused(channel, "refused", bytes(event().data(new byte[1 << 20])), ErrorCode.EVENT_TOO_LARGE, "1048576");
        assertRefused(
                channel, "refused", bytes(event().attribute("dlreason", "x")), ErrorCode.EVENT_INVALID, "dlreason");
        assertRefused(channel, "a//b", good, ErrorCode.REQUEST_INVALID, "a//b");
        assertRefused(channel, "_secret/x", good, ErrorCode.PERMISSION_DENIED, "_secret");
    }

    private static void assertRefused(
            ManagedChannel channel, String topic, ByteString event, ErrorCode code, String detail)
            throws InvalidProtocolBufferException {
        PublishRequest request =
                PublishRequest.newBuilder().setTopic(topic).setEvent(event).build();

        StatusRuntimeException refusal = catchThrowableOfType(
                StatusRuntimeException.class,
                () -> MeshServiceGrpc.newBlockingStub(channel)
                        .withDeadlineAfter(10, TimeUnit.SECONDS)
                        .publishOne(request));

        assertThat(refusal).as("publish to %s", topic).isNotNull();
        Status status = Objects.requireNonNull(StatusProto.fromThrowable(refusal));
        assertThat(status.getMessage()).contains(detail);
        Any details = status.getDetails(0);
        ErrorInfo info = details.unpack(ErrorInfo.class);
        assertThat(info.getDomain()).isEqualTo("eventmesh");
        assertThat(info.getReason()).isEqualTo(code.name());
        assertThat(info.getMetadataMap()).containsEntry("code", Integer.toString(code.number()));
    }

    private static int streams(ManagedChannel channel) {
        Metadata proof = new Metadata();
        proof.put(Metadata.Key.of(Authenticator.CLUSTER_KEY_HEADER, Metadata.ASCII_STRING_MARSHALLER), CLUSTER_KEY);
        proof.put(Metadata.Key.of(Authenticator.RUNTIME_HEADER, Metadata.ASCII_STRING_MARSHALLER), "test");
        return MeshAdminServiceGrpc.newBlockingStub(channel)
                .withInterceptors(MetadataUtils.newAttachHeadersInterceptor(proof))
                .withDeadlineAfter(10, TimeUnit.SECONDS)
                .listStreams(ListStreamsRequest.getDefaultInstance())
                .getStreamsCount();
    }

    private static ByteString bytes(EventBuilder event) {
        return event.build().toByteString();
    }

    private static EventBuilder event() {
        return Event.builder().id("1").source("/test").type("tested");
    }
}
