package io.eventmesh.protocol.http;

import io.eventmesh.common.time.MeshClock;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.util.concurrent.FastThreadLocal;
import io.vertx.core.Handler;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpVersion;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Knows how long a connection's client has been at what it is doing.
 *
 * <pre>
 * head   the first request, or the bytes of a further one, are on their way   closed after the header time-out
 * busy   at least one request is not answered                                 its body must come fast enough
 * idle   everything is answered                                               closed after the idle time-out
 * </pre>
 *
 * <p>In HTTP/2 bytes between requests need not be a request's, so that only being idle counts there. Read on the
 * connection's event loop; looked at by any thread.
 */
final class ConnectionGuard extends ChannelInboundHandlerAdapter {
    private static final Logger log = LoggerFactory.getLogger(ConnectionGuard.class);
    private static final long NEVER = Long.MIN_VALUE;

    /** How long a client may take. */
    record Limits(Duration header, Duration body, Duration idle) {}

    private final Channel channel;
    private final Limits limits;
    private final MeshClock clock;
    private final FastThreadLocal<ConnectionGuard> reading;
    private final AtomicInteger openRequests = new AtomicInteger();
    private final Set<Body> openBodies = ConcurrentHashMap.newKeySet();
    private volatile long headSince;
    private volatile long idleSince;
    private volatile boolean multiplexed;
    private volatile boolean asked;
    private @Nullable ChannelHandlerContext context;

    ConnectionGuard(Channel channel, Limits limits, MeshClock clock, FastThreadLocal<ConnectionGuard> reading) {
        this.channel = channel;
        this.limits = limits;
        this.clock = clock;
        this.reading = reading;
        this.headSince = clock.nanoTime();
        this.idleSince = headSince;
    }

    @Override
    public void handlerAdded(ChannelHandlerContext added) {
        context = added;
    }

    @Override
    public void channelRead(ChannelHandlerContext from, Object bytes) {
        if (headSince == NEVER && !multiplexed && openRequests.get() == 0) {
            headSince = clock.nanoTime();
        }
        reading.set(this);
        try {
            from.fireChannelRead(bytes);
        } finally {
            reading.remove();
        }
    }

    void speaks(HttpConnection connection) {
        multiplexed = connection.protocolVersion() == HttpVersion.HTTP_2;
        if (multiplexed) {
            headSince = NEVER;
            idleSince = clock.nanoTime();
        }
    }

    /** Whether an answer can still reach the client: what it sent before it went away is read to the end. */
    boolean isOpen() {
        return !asked && channel.isActive();
    }

    /** A request's head was read. Takes the end and close handlers of its response. */
    void began(HttpServerRequest request) {
        openRequests.incrementAndGet();
        headSince = NEVER;
        Answered answered = new Answered();
        request.response().endHandler(answered).closeHandler(answered);
    }

    void bodyBegan(Body body) {
        openBodies.add(body);
    }

    void bodyEnded(Body body) {
        openBodies.remove(body);
    }

    Duration bodyTimeout() {
        return limits.body();
    }

    /** Closes the connection when its client takes too long. */
    void check(long now) {
        for (Body body : openBodies) {
            if (body.isTooSlow(now)) {
                channel.eventLoop().execute(() -> body.cutOff(clock.nanoTime()));
            }
        }
        if (openRequests.get() > 0) {
            return;
        }
        long head = headSince;
        boolean late = head == NEVER
                ? now - idleSince > limits.idle().toNanos()
                : now - head > limits.header().toNanos();
        if (!late) {
            return;
        }
        log.debug("Connection closed. remote={} reason={}", channel.remoteAddress(), head == NEVER ? "idle" : "head");
        if (multiplexed && !asked) {
            asked = true;
            channel.close(); // says goodbye first
        } else {
            abort();
        }
    }

    /**
     * Closes at once. Closing by {@code channel.close()} would first answer whatever the client of HTTP/1.1 asked in
     * advance, without end and without regard to whether it reads.
     */
    void abort() {
        channel.eventLoop().execute(() -> {
            ChannelHandlerContext mine = context;
            if (mine != null) {
                mine.close();
            }
        });
    }

    /** Told once or twice that a response is over. */
    private final class Answered implements Handler<Void> {
        private final AtomicBoolean done = new AtomicBoolean();

        @Override
        public void handle(Void over) {
            if (done.compareAndSet(false, true)) {
                idleSince = clock.nanoTime();
                openRequests.decrementAndGet();
            }
        }
    }
}
