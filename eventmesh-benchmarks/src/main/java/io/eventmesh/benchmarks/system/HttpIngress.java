package io.eventmesh.benchmarks.system;

import io.netty.channel.EventLoopGroup;

/** Events in binary mode over 16 connections into a topic that nobody reads, beside a bare echo of their bodies. */
final class HttpIngress {
    private static final int CONNECTIONS = 16;
    private static final int WARM_UP_SECONDS = 15;

    private final Servers servers;
    private final EventLoopGroup loop;
    private int phases;

    HttpIngress(Servers servers, EventLoopGroup loop) {
        this.servers = servers;
        this.loop = loop;
    }

    void print(int seconds, int rounds) throws Exception {
        try (ServerProcess echo = servers.echo(HttpEcho.class);
                ServerProcess mesh = servers.mesh("", "HTTP")) {
            phase(echo, WARM_UP_SECONDS);
            phase(mesh, WARM_UP_SECONDS);
            System.out.println("HTTP ingress");
            Comparison comparison = Comparison.of(rounds, () -> phase(echo, seconds), () -> phase(mesh, seconds));
            System.out.printf(
                    "HTTP ingress: %.3f of the echo, processor time %.2f of its%n",
                    comparison.ratio(Phase::delivered), comparison.ratio(Phase::cpuMicros));
        }
    }

    private Phase phase(ServerProcess server, int seconds) throws Exception {
        double cpu = server.cpuSeconds();
        double allocated = server.allocatedBytes();
        long start = System.nanoTime();
        HttpLoad load = new HttpLoad(loop, server, CONNECTIONS, "/v1/topics/bench-" + ++phases + "/http/events", 1024);
        Trial.pause(seconds);
        load.stop();
        double took = (System.nanoTime() - start) / 1e9;
        if (load.failed() > 0) {
            throw new IllegalStateException("requests refused: " + load.failed());
        }
        double rate = load.answered() / took;
        return new Phase(
                rate,
                rate,
                load.latencies(),
                load.latencies(),
                (server.cpuSeconds() - cpu) * 1e6 / Math.max(1, load.answered()),
                (server.allocatedBytes() - allocated) / Math.max(1, load.answered()));
    }
}
