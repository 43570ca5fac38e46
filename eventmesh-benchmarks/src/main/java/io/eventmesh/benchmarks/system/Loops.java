package io.eventmesh.benchmarks.system;

import io.eventmesh.common.thread.NamedThreads;
import io.netty.channel.Channel;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.ServerChannel;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import java.io.IOException;

/** Event loops, native where the machine has them. */
final class Loops {
    private Loops() {}

    static EventLoopGroup one(String name) {
        return new MultiThreadIoEventLoopGroup(
                1,
                new NamedThreads(name),
                Epoll.isAvailable() ? EpollIoHandler.newFactory() : NioIoHandler.newFactory());
    }

    /** The one loop of a load generator, on a processor of its own. */
    static EventLoopGroup generator() throws IOException {
        EventLoopGroup loop = one("load");
        loop.submit(() -> {}).syncUninterruptibly();
        Processors.generator("load");
        return loop;
    }

    static Class<? extends Channel> clientType() {
        return Epoll.isAvailable() ? EpollSocketChannel.class : NioSocketChannel.class;
    }

    static Class<? extends ServerChannel> serverType() {
        return Epoll.isAvailable() ? EpollServerSocketChannel.class : NioServerSocketChannel.class;
    }
}
