package io.eventmesh.protocol.grpc;

import io.eventmesh.common.config.DataSize;
import io.eventmesh.common.config.Secret;
import io.eventmesh.common.thread.NamedThreads;
import io.eventmesh.common.time.MeshClock;
import io.eventmesh.spi.mesh.MeshEndpoint;
import io.eventmesh.spi.peer.PeerLink;
import io.eventmesh.spi.peer.PeerLinks;
import io.eventmesh.spi.security.Authenticator;
import io.grpc.Metadata;
import io.grpc.netty.NettyChannelBuilder;
import io.netty.channel.EventLoopGroup;
import io.netty.util.concurrent.FastThreadLocalThread;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Ways to the gRPC doors of other runtimes, all on one event loop, {@code mesh-io-peer-*}. Thread-safe. */
final class GrpcPeerLinks implements PeerLinks {
    private static final long KEEP_ALIVE_SECONDS = 10;
    private static final int BESIDE_THE_EVENT = 64 << 10;
    /** A channel that was connecting when it was closed comes once more to its loop. */
    private static final long QUIET_MILLIS = 100;

    private final Metadata credentials = new Metadata();
    private final int maxMessage;
    private final MeshClock clock;
    private final List<PeerLink> made = new ArrayList<>();
    private @Nullable EventLoopGroup loops;
    private boolean closed;

    GrpcPeerLinks(String runtime, Secret clusterKey, DataSize maxEventSize, MeshClock clock) {
        credentials.put(key(Authenticator.CLUSTER_KEY_HEADER), clusterKey.reveal());
        credentials.put(key(Authenticator.RUNTIME_HEADER), runtime);
        this.maxMessage = maxEventSize.intBytes() + BESIDE_THE_EVENT;
        this.clock = clock;
    }

    @Override
    public synchronized PeerLink to(MeshEndpoint endpoint) {
        if (closed) {
            throw new IllegalStateException("links: closed (expected: open)");
        }
        if (loops == null) {
            loops = Transport.loops(1, new NamedThreads("mesh-io-peer", FastThreadLocalThread::new));
        }
        PeerLink link = new GrpcPeerLink(
                NettyChannelBuilder.forTarget(endpoint.grpc())
                        .usePlaintext()
                        .eventLoopGroup(loops)
                        .channelType(Transport.clientChannel())
                        .directExecutor()
                        .disableRetry()
                        .maxInboundMessageSize(Math.max(maxMessage, 4 << 20))
                        .keepAliveTime(KEEP_ALIVE_SECONDS, TimeUnit.SECONDS)
                        .keepAliveTimeout(KEEP_ALIVE_SECONDS, TimeUnit.SECONDS)
                        .build(),
                credentials,
                loops.next(),
                clock,
                this::closed);
        made.add(link);
        return link;
    }

    @Override
    public void close() {
        EventLoopGroup running;
        synchronized (this) {
            closed = true;
            List.copyOf(made).forEach(PeerLink::close);
            running = loops;
            loops = null;
        }
        if (running != null) {
            running.shutdownGracefully(QUIET_MILLIS, 1_000, TimeUnit.MILLISECONDS);
        }
    }

    private synchronized void closed(PeerLink link) {
        made.remove(link);
    }

    private static Metadata.Key<String> key(String name) {
        return Metadata.Key.of(name, Metadata.ASCII_STRING_MARSHALLER);
    }
}
