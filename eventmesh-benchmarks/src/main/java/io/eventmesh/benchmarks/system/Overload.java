package io.eventmesh.benchmarks.system;

import io.grpc.ManagedChannel;
import io.netty.channel.EventLoopGroup;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The story of an overload: batches at full speed into a group whose only member is gone. Publishers must be refused and,
 * once the group is cut off, recover; afterwards 500 events a second on a fresh topic must be as they were before, and the
 * live heap bounded.
 */
final class Overload {
    private static final double CALM = 500;
    private static final int STALL_AFTER_SECONDS = 10;
    private static final int BATCH = 50;

    private final Servers servers;
    private final EventLoopGroup loop;

    Overload(Servers servers, EventLoopGroup loop) {
        this.servers = servers;
        this.loop = loop;
    }

    void print(int seconds) throws Exception {
        try (ServerProcess server =
                servers.mesh("-Xmx256m", "gRPC", "storage.memory.stall-after=" + STALL_AFTER_SECONDS + "s")) {
            Trial mesh = Trial.ofMesh(server, loop);
            mesh.warmUp(Setting.BASE);
            Setting calm = Setting.BASE.perSecond(CALM);
            Phase before = mesh.run(calm, 2 * seconds);
            double live = server.liveBytes();
            overload(server);
            Phase after = mesh.run(calm, 2 * seconds);
            System.out.printf(
                    "before: %s%nafter:  %s%nafter an overload, 500/s on a fresh topic: nothing lost, p99 %.2f of before; "
                            + "live heap %,.0f before, %,.0f after%n",
                    before.text(),
                    after.text(),
                    (double) after.deliveries().micros(0.99)
                            / before.deliveries().micros(0.99),
                    live,
                    server.liveBytes());
        }
    }

    private void overload(ServerProcess server) throws Exception {
        ManagedChannel publisher = RawBytes.channel(server.host(), server.port(), loop);
        ManagedChannel doomed = RawBytes.channel(server.host(), server.port(), loop);
        Requests requests = new Requests(List.of(new SampleEvent("overload/x", 1024)), BATCH, new AtomicLong());
        Deliveries member = new Deliveries(doomed, "overload/x", "doomed", requests);
        UnaryLoad load =
                new UnaryLoad(List.of(publisher), Trial.BATCH, requests, new StatusAnswers(), Clearance.NONE, 64);
        try {
            Trial.pause(2);
            doomed.shutdownNow();
            System.out.printf("member killed after %,d deliveries%n", member.delivered());
            long accepted = load.answered();
            long refused = load.failed();
            boolean wasRefused = false;
            boolean recovered = false;
            for (int second = 1; second <= 3 * STALL_AFTER_SECONDS; second++) {
                Trial.pause(1);
                long more = load.answered() - accepted;
                long no = load.failed() - refused;
                accepted += more;
                refused += no;
                wasRefused |= no > 0 && more == 0;
                recovered |= wasRefused && no == 0 && more > 0;
                System.out.printf("  second %d: %,d accepted, %,d refused%n", second, more, no);
            }
            load.stop();
            System.out.printf(
                    "overload: publishers %s, then %s%n",
                    wasRefused ? "refused" : "never refused", recovered ? "recovered" : "NOT recovered");
        } finally {
            publisher.shutdownNow();
            doomed.shutdownNow();
        }
    }
}
