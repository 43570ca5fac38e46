package io.eventmesh.benchmarks.system;

import io.grpc.MethodDescriptor;
import io.grpc.Server;
import io.grpc.ServerServiceDefinition;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.ServerCalls;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.concurrent.TimeUnit;

/** The yardstick: a bare gRPC server that answers each unary call with the bytes it got. Ends when its input ends. */
public final class EchoServer {
    static final MethodDescriptor<byte[], byte[]> ECHO =
            RawBytes.method(MethodDescriptor.MethodType.UNARY, "benchmark.Echo/echo");

    private EchoServer() {}

    public static void main(String[] args) throws Exception {
        var loop = Loops.one("echo");
        Server server = NettyServerBuilder.forAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
                .directExecutor()
                .bossEventLoopGroup(loop)
                .workerEventLoopGroup(loop)
                .channelType(Loops.serverType())
                .flowControlWindow(4 << 20)
                .addService(ServerServiceDefinition.builder("benchmark.Echo")
                        .addMethod(ECHO, ServerCalls.asyncUnaryCall((request, answer) -> {
                            answer.onNext(request);
                            answer.onCompleted();
                        }))
                        .build())
                .build()
                .start();
        System.out.println("port " + server.getPort());
        System.out.flush();
        while (System.in.read() >= 0) {
            // ends with its parent
        }
        server.shutdownNow().awaitTermination(5, TimeUnit.SECONDS);
        loop.shutdownGracefully(0, 1, TimeUnit.SECONDS).syncUninterruptibly();
    }
}
