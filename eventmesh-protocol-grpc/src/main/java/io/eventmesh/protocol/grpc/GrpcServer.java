package io.eventmesh.protocol.grpc;

import io.eventmesh.common.error.BindFailure;
import io.eventmesh.common.lifecycle.Health;
import io.eventmesh.common.thread.NamedThreads;
import io.eventmesh.spi.protocol.ProtocolContext;
import io.eventmesh.spi.protocol.ProtocolServer;
import io.grpc.Server;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.protobuf.services.HealthStatusManager;
import io.grpc.protobuf.services.ProtoReflectionServiceV1;
import io.netty.channel.EventLoopGroup;
import io.netty.util.concurrent.FastThreadLocalThread;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The gRPC door. NEW, then OPEN after start, then CLOSED. Calls run on the door's own event loops ({@code
 * mesh-io-grpc-*}); start and close are called by the thread that runs the process's life cycle.
 */
final class GrpcServer implements ProtocolServer {
    private static final Logger log = LoggerFactory.getLogger(GrpcServer.class);
    private static final Duration FORCED_END = Duration.ofSeconds(2);
    private static final Duration KEEP_ALIVE = Duration.ofSeconds(10);

    private final GrpcConfig config;
    private final ProtocolContext context;
    private final Door door;
    private volatile @Nullable Server server;
    private @Nullable EventLoopGroup loops;
    private @Nullable HealthStatusManager serving;
    private boolean closed;

    GrpcServer(GrpcConfig config, ProtocolContext context) {
        this.config = config;
        this.context = context;
        this.door = new Door(config, context);
    }

    @Override
    public String name() {
        return "grpc";
    }

    @Override
    public synchronized void start() {
        if (closed || server != null) {
            throw new IllegalStateException("The gRPC door is started once");
        }
        context.bindGuard().check("mesh.grpc.host", config.host());
        EventLoopGroup group =
                Transport.loops(config.eventLoops(), new NamedThreads("mesh-io-grpc", FastThreadLocalThread::new));
        HealthStatusManager status = new HealthStatusManager();
        door.openOn(group);
        try {
            server = builder(group, status).build().start();
        } catch (IOException failure) {
            shutDown(group);
            throw BindFailure.of("mesh.grpc.port", config.host(), config.port(), failure);
        }
        loops = group;
        serving = status;
        log.info("gRPC door open. address={}", address());
    }

    private NettyServerBuilder builder(EventLoopGroup group, HealthStatusManager status) {
        return NettyServerBuilder.forAddress(new InetSocketAddress(config.host(), config.port()))
                .bossEventLoopGroup(group)
                .workerEventLoopGroup(group)
                .channelType(Transport.serverChannel())
                .directExecutor()
                .maxInboundMessageSize(config.maxMessageSize().intBytes())
                .flowControlWindow(config.flowControlWindow().intBytes())
                // Clients of EventMesh keep a stream for their whole life and never open a second one: let them keep
                // it alive as they please.
                .permitKeepAliveTime(1, TimeUnit.SECONDS)
                .permitKeepAliveWithoutCalls(true)
                // A process that was stopped or cut off keeps its connection open: what it holds goes to others then.
                .keepAliveTime(KEEP_ALIVE.toMillis(), TimeUnit.MILLISECONDS)
                .keepAliveTimeout(KEEP_ALIVE.toMillis(), TimeUnit.MILLISECONDS)
                .addTransportFilter(Door.numbering())
                .addService(MeshServices.mesh(door))
                .addService(MeshAdminServices.all(door))
                .addService(MeshPeerServices.all(door))
                .addServices(EventMeshServices.all(door))
                .addService(status.getHealthService())
                .addService(ProtoReflectionServiceV1.newInstance());
    }

    @Override
    public Health health() {
        return server == null ? Health.down("not open") : Health.up(address());
    }

    @Override
    public String address() {
        Server open = server;
        return config.host() + ":" + (open == null ? config.port() : open.getPort());
    }

    @Override
    public String banner() {
        return "gRPC:       %-24s reflection on, grpc.health.v1".formatted(address());
    }

    @Override
    public synchronized void drain() {
        if (serving != null) {
            serving.setStatus(HealthStatusManager.SERVICE_NAME_ALL_SERVICES, ServingStatus.NOT_SERVING);
            door.drain();
        }
    }

    @Override
    public synchronized void close() {
        closed = true;
        Server open = server;
        if (open == null) {
            return;
        }
        drain();
        door.shut();
        open.shutdown();
        try {
            if (!open.awaitTermination(config.drainTimeout().toNanos(), TimeUnit.NANOSECONDS)) {
                log.warn(
                        "gRPC door cut off calls that did not end. waitedMs={}",
                        config.drainTimeout().toMillis());
                open.shutdownNow();
                open.awaitTermination(FORCED_END.toNanos(), TimeUnit.NANOSECONDS);
            }
        } catch (InterruptedException interrupted) {
            open.shutdownNow();
            Thread.currentThread().interrupt();
        }
        if (loops != null) {
            shutDown(loops);
        }
        server = null;
        log.info("gRPC door closed.");
    }

    private static void shutDown(EventLoopGroup group) {
        group.shutdownGracefully(0, FORCED_END.toMillis(), TimeUnit.MILLISECONDS)
                .awaitUninterruptibly(FORCED_END.toMillis());
    }
}
