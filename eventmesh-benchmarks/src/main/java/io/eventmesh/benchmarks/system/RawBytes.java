package io.eventmesh.benchmarks.system;

import io.grpc.CallOptions;
import io.grpc.KnownLength;
import io.grpc.ManagedChannel;
import io.grpc.MethodDescriptor;
import io.grpc.netty.NettyChannelBuilder;
import io.netty.channel.EventLoopGroup;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;

/** gRPC calls whose messages are bytes: what both ends of the yardstick and the load generator use. */
final class RawBytes {
    static final MethodDescriptor.Marshaller<byte[]> MARSHALLER = new MethodDescriptor.Marshaller<>() {
        @Override
        public InputStream stream(byte[] value) {
            return new Known(value);
        }

        @Override
        public byte[] parse(InputStream stream) {
            try {
                // gRPC knows how much there is; reading to the end without asking would take a buffer of 16 KiB
                return stream.readNBytes(((KnownLength) stream).available());
            } catch (IOException failure) {
                throw new UncheckedIOException(failure);
            }
        }
    };

    private static final class Known extends ByteArrayInputStream implements KnownLength {
        Known(byte[] value) {
            super(value);
        }
    }

    private RawBytes() {}

    static MethodDescriptor<byte[], byte[]> method(MethodDescriptor.MethodType type, String fullName) {
        return MethodDescriptor.newBuilder(MARSHALLER, MARSHALLER)
                .setType(type)
                .setFullMethodName(fullName)
                .build();
    }

    /** A plaintext channel on the given loop, answers handled on it. */
    static ManagedChannel channel(String host, int port, EventLoopGroup loop) {
        return NettyChannelBuilder.forAddress(host, port)
                .usePlaintext()
                .directExecutor()
                .eventLoopGroup(loop)
                .channelType(Loops.clientType())
                .flowControlWindow(4 << 20)
                .maxInboundMessageSize(8 << 20)
                .build();
    }

    static CallOptions options() {
        return CallOptions.DEFAULT;
    }
}
