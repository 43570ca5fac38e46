package io.eventmesh.benchmarks.system;

import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.handler.codec.http.DefaultFullHttpRequest;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpClientCodec;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpObjectAggregator;
import io.netty.handler.codec.http.HttpVersion;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/** Posts events in binary mode over a number of connections, one after another on each, until it is told to stop. */
final class HttpLoad implements Load {
    private final byte[] data;
    private final String path;
    private final Latencies latencies = new Latencies();
    private final AtomicLong number = new AtomicLong();
    private final AtomicLong answered = new AtomicLong();
    private final AtomicLong failed = new AtomicLong();
    private final CountDownLatch idle;
    private volatile boolean stopped;

    HttpLoad(EventLoopGroup loop, ServerProcess server, int connections, String path, int payload) {
        this.path = path;
        this.data = "x".repeat(payload).getBytes(java.nio.charset.StandardCharsets.US_ASCII);
        this.idle = new CountDownLatch(connections);
        Bootstrap bootstrap = new Bootstrap()
                .group(loop)
                .channel(Loops.clientType())
                .handler(new ChannelInitializer<Channel>() {
                    @Override
                    protected void initChannel(Channel channel) {
                        channel.pipeline()
                                .addLast(new HttpClientCodec(), new HttpObjectAggregator(1 << 20), new Connection());
                    }
                });
        for (int i = 0; i < connections; i++) {
            bootstrap.connect(server.host(), server.port());
        }
    }

    private final class Connection extends SimpleChannelInboundHandler<FullHttpResponse> {
        private long sent;

        @Override
        public void channelActive(ChannelHandlerContext context) {
            next(context);
        }

        @Override
        protected void channelRead0(ChannelHandlerContext context, FullHttpResponse answer) {
            if (answer.status().code() / 100 == 2) {
                answered.incrementAndGet();
                latencies.add(System.nanoTime() - sent);
            } else {
                failed.incrementAndGet();
            }
            if (stopped) {
                context.close();
            } else {
                next(context);
            }
        }

        @Override
        public void channelInactive(ChannelHandlerContext context) {
            if (!stopped) {
                failed.incrementAndGet();
            }
            idle.countDown();
        }

        private void next(ChannelHandlerContext context) {
            ByteBuf body = Unpooled.wrappedBuffer(data);
            var request = new DefaultFullHttpRequest(HttpVersion.HTTP_1_1, HttpMethod.POST, path, body);
            request.headers()
                    .set(HttpHeaderNames.HOST, "127.0.0.1")
                    .set("ce-specversion", "1.0")
                    .set("ce-id", Long.toString(number.incrementAndGet()))
                    .set("ce-source", "/bench")
                    .set("ce-type", "bench.event")
                    .set(HttpHeaderNames.CONTENT_TYPE, "text/plain")
                    .setInt(HttpHeaderNames.CONTENT_LENGTH, data.length);
            sent = System.nanoTime();
            context.writeAndFlush(request);
        }
    }

    @Override
    public long answered() {
        return answered.get();
    }

    @Override
    public long failed() {
        return failed.get();
    }

    @Override
    public Latencies latencies() {
        return latencies;
    }

    @Override
    public void stop() throws InterruptedException {
        stopped = true;
        if (!idle.await(60, TimeUnit.SECONDS)) {
            throw new IllegalStateException("connections without an answer: " + idle.getCount());
        }
    }
}
