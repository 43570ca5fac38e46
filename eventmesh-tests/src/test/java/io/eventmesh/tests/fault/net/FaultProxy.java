package io.eventmesh.tests.fault.net;

import io.eventmesh.common.time.MeshClock;
import io.eventmesh.tests.process.FreePorts;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.SocketChannel;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Stands between the clients of a TCP server and that server, on a loopback port of its own, and does to their
 * connections what a test says. What a method does has happened when it returns, to connections that stand and to those
 * that come, until {@link #heal}. Order is kept in each direction, whatever the delay.
 *
 * <p>Thread-safe; all connections live on one thread, what takes new ones on another.
 */
public final class FaultProxy implements AutoCloseable {
    private static final FreePorts PORTS = new FreePorts();

    private final EventLoopGroup loop = new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
    private final InetSocketAddress server;
    private final MeshClock clock = MeshClock.system();
    private final Weather weather;
    private final Set<Link> links = new LinkedHashSet<>();
    private final int port;
    private @Nullable EventLoopGroup listening;

    /**
     * Opens a port.
     *
     * @param host of the server, which need not be there yet
     * @param random for the jitter
     */
    public FaultProxy(String host, int port, Random random) {
        this.server = new InetSocketAddress(host, port);
        this.weather = new Weather(random);
        synchronized (PORTS) {
            this.port = PORTS.next();
        }
        try {
            listen();
        } catch (RuntimeException | Error failure) {
            deafen();
            loop.shutdownGracefully(0, 0, TimeUnit.SECONDS);
            throw failure;
        }
    }

    /** On a thread of its own: a port is given back only when the selector that watched it is closed. */
    private void listen() {
        EventLoopGroup acceptor = new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
        listening = acceptor;
        new ServerBootstrap()
                .group(acceptor, loop)
                .channel(NioServerSocketChannel.class)
                .option(ChannelOption.SO_REUSEADDR, true)
                .childOption(ChannelOption.AUTO_READ, false)
                .childOption(ChannelOption.TCP_NODELAY, true)
                .childHandler(new ChannelInitializer<SocketChannel>() {
                    @Override
                    protected void initChannel(SocketChannel client) {
                        accept(client);
                    }
                })
                .bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port))
                .syncUninterruptibly();
    }

    private void deafen() {
        EventLoopGroup acceptor = listening;
        if (acceptor != null) {
            acceptor.shutdownGracefully(0, 5, TimeUnit.SECONDS).syncUninterruptibly();
            listening = null;
        }
    }

    private void accept(SocketChannel client) {
        Link link = new Link(client, weather, clock);
        links.add(link);
        client.closeFuture().addListener(closed -> links.remove(link));
        link.connect(server);
    }

    public int port() {
        return port;
    }

    /** {@code 127.0.0.1:port}. */
    public String address() {
        return "127.0.0.1:" + port;
    }

    /** How many clients are connected. */
    public int connections() {
        int[] count = {0};
        onLoop(() -> count[0] = links.size());
        return count[0];
    }

    /** Closes every connection in good order and refuses new ones. */
    public void cut() {
        deafen();
        onLoop(() -> all().forEach(Link::end));
    }

    /** Breaks every connection with a reset; new ones are taken. */
    public void reset() {
        onLoop(() -> all().forEach(Link::reset));
    }

    /** Breaks each connection, in the middle of whatever it sends, after so many more bytes in a direction. */
    public void resetAfter(Way way, long bytes) {
        onLoop(() -> weather.allowance.put(way, bytes));
    }

    /** Nothing passes in these directions, nothing is lost and nobody is told: a link that is down for a while. */
    public void stall(Way... ways) {
        onLoop(() -> {
            weather.stalled.addAll(List.of(ways));
            all().forEach(Link::adjust);
        });
    }

    /** Takes what comes in this direction and drops it; such a connection is reset when the fault ends. */
    public void swallow(Way way) {
        onLoop(() -> weather.swallowed.add(way));
    }

    /**
     * Everything is under way for a time.
     *
     * @param jitter at most so much longer
     */
    public void delay(Duration delay, Duration jitter) {
        onLoop(() -> weather.delay(delay, jitter));
    }

    /** So many bytes a second pass each connection in each direction. */
    public void bandwidth(long bytesPerSecond) {
        onLoop(() -> weather.bytesPerSecond = bytesPerSecond);
    }

    /** All is well again. */
    public void heal() {
        onLoop(() -> {
            weather.clear();
            all().forEach(Link::heal);
        });
        if (listening == null) {
            listen();
        }
    }

    private List<Link> all() {
        return new ArrayList<>(links);
    }

    private void onLoop(Runnable change) {
        loop.submit(change).syncUninterruptibly();
    }

    @Override
    public void close() {
        deafen();
        onLoop(() -> all().forEach(Link::reset));
        loop.shutdownGracefully(0, 5, TimeUnit.SECONDS).syncUninterruptibly();
    }

    @Override
    public String toString() {
        return address() + " to " + server;
    }
}
