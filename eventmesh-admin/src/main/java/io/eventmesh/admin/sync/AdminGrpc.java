package io.eventmesh.admin.sync;

import io.eventmesh.admin.database.Database;
import io.eventmesh.admin.definition.Rules;
import io.eventmesh.admin.schedule.Leader;
import io.eventmesh.admin.schedule.Timing;
import io.eventmesh.common.error.BindFailure;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.thread.NamedThreads;
import io.eventmesh.spi.role.RoleContext;
import io.grpc.Server;
import io.grpc.netty.NettyServerBuilder;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The admin's gRPC server for runtimes, and the event loop that its clients share.
 *
 * <p>One thread starts and closes it.
 */
public final class AdminGrpc implements AutoCloseable {
    /** The first report of a runtime carries the schemas of all its plugins. */
    private static final int MAX_MESSAGE = 16 << 20;

    private static final Duration KEEP_ALIVE = Duration.ofSeconds(10);

    private final String host;
    private final int port;
    private final AdminCalls calls;
    private final RoleContext context;
    private @Nullable EventLoopGroup loop;
    private @Nullable Server server;

    public AdminGrpc(
            String host, int port, Database database, Leader leader, Rules rules, RoleContext context, Timing timing) {
        this.host = host;
        this.port = port;
        this.context = context;
        this.calls = new AdminCalls(database, leader, rules, context.clock(), context.blocking(), timing);
    }

    /**
     * Binds.
     *
     * @throws EventMeshException PORT_IN_USE naming the key
     */
    public void start() {
        context.bindGuard().check("admin.grpc.host", host);
        EventLoopGroup group =
                new MultiThreadIoEventLoopGroup(1, new NamedThreads("admin-io"), NioIoHandler.newFactory());
        loop = group;
        Server built = NettyServerBuilder.forAddress(new InetSocketAddress(host, port))
                .bossEventLoopGroup(group)
                .workerEventLoopGroup(group)
                .channelType(NioServerSocketChannel.class)
                .directExecutor() // handlers hand over to the serial or the blocking executor at once
                .maxInboundMessageSize(MAX_MESSAGE)
                .keepAliveTime(KEEP_ALIVE.toMillis(), TimeUnit.MILLISECONDS)
                .keepAliveTimeout(KEEP_ALIVE.toMillis(), TimeUnit.MILLISECONDS)
                .permitKeepAliveTime(1, TimeUnit.SECONDS)
                .permitKeepAliveWithoutCalls(true)
                .intercept(new RuntimesOnly(context.authenticator()))
                .addService(calls)
                .build();
        try {
            server = built.start();
        } catch (IOException failure) {
            close();
            throw BindFailure.of("admin.grpc.port", host, port, failure);
        }
    }

    /** {@code host:port}, the real port when 0 was configured. */
    public String address() {
        return host + ":" + (server == null ? port : server.getPort());
    }

    /** The event loop, for clients. */
    public EventLoopGroup loop() {
        if (loop == null) {
            throw new IllegalStateException("not started");
        }
        return loop;
    }

    @Override
    public void close() {
        Server open = server;
        server = null;
        if (open != null) {
            open.shutdown();
            try {
                if (!open.awaitTermination(1, TimeUnit.SECONDS)) {
                    open.shutdownNow().awaitTermination(1, TimeUnit.SECONDS);
                }
            } catch (InterruptedException interrupted) {
                Thread.currentThread().interrupt();
            }
        }
        EventLoopGroup group = loop;
        loop = null;
        if (group != null) {
            group.shutdownGracefully(0, 2, TimeUnit.SECONDS).awaitUninterruptibly(3, TimeUnit.SECONDS);
        }
    }
}
