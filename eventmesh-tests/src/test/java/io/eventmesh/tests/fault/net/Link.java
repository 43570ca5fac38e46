package io.eventmesh.tests.fault.net;

import io.eventmesh.common.time.MeshClock;
import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelOption;
import io.netty.channel.socket.SocketChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import java.net.InetSocketAddress;

/** One client's connection through a {@link FaultProxy}, and its counterpart to the server. On the event loop only. */
final class Link {
    private final SocketChannel client;
    private final Flow toServer;
    private final Flow toClient;
    private boolean lost;
    private Channel server;

    Link(SocketChannel client, Weather weather, MeshClock clock) {
        this.client = client;
        this.server = client;
        this.toServer = new Flow(Way.TO_SERVER, this, weather, clock);
        this.toClient = new Flow(Way.TO_CLIENT, this, weather, clock);
    }

    void connect(InetSocketAddress address) {
        ChannelFuture connecting = new Bootstrap()
                .group(client.eventLoop())
                .channel(NioSocketChannel.class)
                .option(ChannelOption.AUTO_READ, false)
                .option(ChannelOption.TCP_NODELAY, true)
                .handler(toClient)
                .connect(address);
        server = connecting.channel();
        client.pipeline().addLast(toServer);
        connecting.addListener(done -> {
            if (done.isSuccess() && client.isActive()) {
                toServer.begin(client, server);
                toClient.begin(server, client);
            } else {
                reset();
            }
        });
    }

    void end() {
        toServer.discard();
        toClient.discard();
        client.close();
        server.close();
    }

    void reset() {
        toServer.discard();
        toClient.discard();
        for (Channel channel : new Channel[] {client, server}) {
            if (channel.isOpen()) {
                channel.config().setOption(ChannelOption.SO_LINGER, 0);
            }
            channel.close();
        }
    }

    /** Bytes of it were dropped: what came later makes no sense. */
    void lostBytes() {
        lost = true;
    }

    void heal() {
        if (lost) {
            reset();
        } else {
            adjust();
        }
    }

    void adjust() {
        toServer.adjust();
        toClient.adjust();
    }
}
