package io.eventmesh.protocol.http;

import io.eventmesh.common.time.MeshClock;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.util.concurrent.FastThreadLocal;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.http.HttpServerRequest;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The connections of a door: counts them, refuses those over the bound, and closes those whose clients take too long.
 *
 * <p>Sits in the pipeline of the listening channels and puts a {@link ConnectionGuard} first into the pipeline of each
 * accepted one. Thread-safe.
 */
@ChannelHandler.Sharable
final class Connections extends ChannelInboundHandlerAdapter {
    private static final Logger log = LoggerFactory.getLogger(Connections.class);
    /** The guard of the connection that is being read on this thread. */
    private static final FastThreadLocal<ConnectionGuard> READING = new FastThreadLocal<>();

    private final int max;
    private final ConnectionGuard.Limits limits;
    private final MeshClock clock;
    private final Set<ConnectionGuard> guards = ConcurrentHashMap.newKeySet();
    private final Map<HttpConnection, ConnectionGuard> byConnection = new ConcurrentHashMap<>();
    private final AtomicBoolean full = new AtomicBoolean();

    Connections(HttpConfig config, MeshClock clock) {
        this.max = config.maxConnections();
        this.limits = new ConnectionGuard.Limits(config.headerTimeout(), config.bodyTimeout(), config.idleTimeout());
        this.clock = clock;
    }

    @Override
    public void channelRead(ChannelHandlerContext listening, Object accepted) {
        Channel channel = (Channel) accepted;
        if (guards.size() >= max) {
            if (full.compareAndSet(false, true)) {
                log.warn("Connections are at their bound, further ones are closed. mesh.http.max-connections={}", max);
            }
            channel.unsafe().closeForcibly();
            return;
        }
        ConnectionGuard guard = new ConnectionGuard(channel, limits, clock, READING);
        guards.add(guard);
        channel.closeFuture().addListener(closed -> {
            guards.remove(guard);
            if (guards.size() < max && full.compareAndSet(true, false)) {
                log.info("Connections are taken again. open={}", guards.size());
            }
        });
        channel.pipeline().addFirst(guard);
        listening.fireChannelRead(accepted);
    }

    /** Takes note of what a connection turned out to speak, while its first request is being read. */
    void opened(HttpConnection connection) {
        ConnectionGuard guard = READING.get();
        if (guard == null) {
            throw new IllegalStateException("a connection that nobody reads");
        }
        guard.speaks(connection);
        byConnection.put(connection, guard);
        connection.closeHandler(closed -> byConnection.remove(connection));
    }

    /** The guard of the connection by which the request came. */
    ConnectionGuard of(HttpServerRequest request) {
        ConnectionGuard guard = byConnection.get(request.connection());
        if (guard == null) {
            throw new IllegalStateException("a request without connection");
        }
        return guard;
    }

    /** Looks for clients that take too long; to be called often, by {@link #sweepEvery}. */
    void sweep() {
        long now = clock.nanoTime();
        guards.forEach(guard -> guard.check(now));
    }

    /** How often to look, so that no limit is missed by much. */
    Duration sweepEvery() {
        long shortest = Math.min(
                limits.header().toMillis(),
                Math.min(limits.body().toMillis(), limits.idle().toMillis()));
        return Duration.ofMillis(Math.max(10, Math.min(1_000, shortest / 4)));
    }

    /** Closes what is still open, whatever waits to be written. */
    void abort() {
        guards.forEach(ConnectionGuard::abort);
    }
}
