package io.eventmesh.benchmarks.system;

import io.eventmesh.benchmarks.storage.RawAppend;
import io.grpc.MethodDescriptor;
import io.grpc.Server;
import io.grpc.ServerServiceDefinition;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.ServerCalls;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;

/**
 * The yardstick: a bare gRPC server that answers each unary call with the bytes it got, at once, or, when an argument names
 * a directory, when they are in a file there that was forced. Ends when its input ends.
 */
public final class EchoServer {
    static final MethodDescriptor<byte[], byte[]> ECHO =
            RawBytes.method(MethodDescriptor.MethodType.UNARY, "benchmark.Echo/echo");

    /** What happens to a request before its answer. */
    private interface Sink extends AutoCloseable {
        void take(byte[] request, Runnable taken) throws InterruptedException;

        @Override
        default void close() throws IOException {}
    }

    private EchoServer() {}

    public static void main(String[] args) throws Exception {
        try (Sink sink = args.length == 0 ? (request, taken) -> taken.run() : appending(Path.of(args[0]))) {
            serve(sink);
        }
    }

    private static Sink appending(Path directory) throws IOException {
        RawAppend raw = new RawAppend(directory);
        return new Sink() {
            @Override
            public void take(byte[] request, Runnable taken) throws InterruptedException {
                raw.append(request, taken);
            }

            @Override
            public void close() throws IOException {
                raw.close();
            }
        };
    }

    private static void serve(Sink sink) throws Exception {
        var loop = Loops.one("echo");
        Server server = NettyServerBuilder.forAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
                .directExecutor()
                .bossEventLoopGroup(loop)
                .workerEventLoopGroup(loop)
                .channelType(Loops.serverType())
                .flowControlWindow(4 << 20)
                .addService(ServerServiceDefinition.builder("benchmark.Echo")
                        .addMethod(ECHO, ServerCalls.asyncUnaryCall((request, answer) -> {
                            try {
                                sink.take(request, () -> {
                                    answer.onNext(request);
                                    answer.onCompleted();
                                });
                            } catch (InterruptedException interrupted) {
                                Thread.currentThread().interrupt();
                            }
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
