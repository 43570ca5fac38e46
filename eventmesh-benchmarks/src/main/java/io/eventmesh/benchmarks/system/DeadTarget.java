package io.eventmesh.benchmarks.system;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.grpc.ManagedChannel;
import io.netty.channel.EventLoopGroup;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * A healthy target of a rule beside a dead one. Three rules of one bus, each with a topic as its healthy target, from which
 * a subscriber reads: one has no other target, one a second topic, one a webhook at which nobody listens. Phases of
 * publishing at full speed, or at a given rate, follow one another, each round one for each rule; what counts are the rate at which the healthy
 * target's events come and the p99 from publish to delivery, beside the dead target as a share of those beside a second
 * healthy one, which is the same work but for the target being dead. The figures beside no other target are printed too.
 *
 * <p>Usage: {@code DeadTarget [rounds] [seconds] [failures] [events a second]}; the dead target rests after so many failures
 * in a row, 0 for never; 0 events a second are as many as are taken.
 */
public final class DeadTarget {
    private static final int OUTSTANDING = 64;
    private static final int MAX_UNDERWAY = 2048;
    private static final int WARM_UP_SECONDS = 20;
    private static final int PAYLOAD = 100;

    private record Figures(double rate, long p99) {
        @Override
        public String toString() {
            return "%,.0f/s p99 %,d µs".formatted(rate, p99);
        }
    }

    /** One rule's events and its healthy target. */
    private final class Way {
        private final String name;
        private final Requests requests;
        private final Deliveries healthy;
        private volatile @Nullable Load load;
        private volatile long before;

        Way(String name) throws InterruptedException {
            this.name = name;
            this.requests = Requests.of(new SampleEvent(name + "/x", PAYLOAD), new AtomicLong());
            this.healthy = new Deliveries(channel, "routed-" + name, "healthy", requests);
        }

        Figures phase(int seconds) throws InterruptedException {
            healthy.forgetLatencies();
            long start = System.nanoTime();
            Load running = perSecond > 0
                    ? new PacedLoad(loop, channel, Trial.PUBLISH, requests, new StatusAnswers(), perSecond)
                    : fullSpeed();
            load = running;
            Trial.pause(seconds);
            running.stop();
            long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
            while (healthy.delivered() < published() && System.nanoTime() < until) {
                LockSupport.parkNanos(1_000_000);
            }
            double took = (System.nanoTime() - start) / 1e9;
            before = published();
            load = null;
            if (healthy.delivered() != before || healthy.doubled() > 0 || running.failed() > 0) {
                throw new EventMeshException(
                        ErrorCode.INTERNAL,
                        "%s: published %d, refused %d, delivered %d, doubled %d (expected: each once)"
                                .formatted(name, before, running.failed(), healthy.delivered(), healthy.doubled()));
            }
            return new Figures(running.answered() / took, healthy.latencies().micros(0.99));
        }

        private Load fullSpeed() {
            Clearance clearance = Clearance.of(loop, () -> published() - healthy.delivered(), MAX_UNDERWAY);
            return new UnaryLoad(
                    List.of(channel), Trial.PUBLISH, requests, new StatusAnswers(), clearance, OUTSTANDING);
        }

        private long published() {
            Load running = load;
            return before + (running == null ? 0 : running.answered());
        }
    }

    private final EventLoopGroup loop;
    private final AdminDoor admin;
    private final ManagedChannel channel;
    private final double perSecond;

    private DeadTarget(EventLoopGroup loop, ServerProcess server, double perSecond) {
        this.perSecond = perSecond;
        this.loop = loop;
        this.admin = new AdminDoor(server);
        this.channel = RawBytes.channel(server.host(), server.port(), loop);
    }

    public static void main(String[] args) throws Exception {
        int rounds = args.length > 0 ? Integer.parseInt(args[0]) : 9;
        int seconds = args.length > 1 ? Integer.parseInt(args[1]) : 10;
        int failures = args.length > 2 ? Integer.parseInt(args[2]) : 10;
        double perSecond = args.length > 3 ? Double.parseDouble(args[3]) : 0;
        EventLoopGroup loop = Loops.generator();
        try (Servers servers = new Servers();
                ServerProcess server = servers.withRules()) {
            new DeadTarget(loop, server, perSecond).run(rounds, seconds, failures);
        } finally {
            loop.shutdownGracefully(0, 1, TimeUnit.SECONDS).syncUninterruptibly();
        }
    }

    private void run(int rounds, int seconds, int failures) throws Exception {
        makeRule("only", "");
        makeRule("two", """
                , {"name": "other", "kind": "topic", "spec": {"topic": "other/two"}}""");
        makeRule("dead", """
                , {"name": "other", "kind": "webhook", "spec": {"url": "http://127.0.0.1:9/", "handshake": "skip"},
                   "delivery": {"retry": "EXPONENTIAL_DECAY_RETRY"%s}}""".formatted(failures == 0 ? "" : breaker(failures)));
        Way only = new Way("only");
        Way two = new Way("two");
        Way dead = new Way("dead");
        only.phase(WARM_UP_SECONDS);
        two.phase(WARM_UP_SECONDS / 2);
        dead.phase(WARM_UP_SECONDS / 2);
        List<Double> rates = new ArrayList<>();
        List<Double> p99s = new ArrayList<>();
        List<Double> ratesOfOnly = new ArrayList<>();
        List<Double> p99sOfOnly = new ArrayList<>();
        for (int round = 1; round <= rounds; round++) {
            Figures alone = only.phase(seconds);
            Figures beside = dead.phase(seconds);
            Figures same = two.phase(seconds);
            rates.add(beside.rate() / same.rate());
            p99s.add((double) beside.p99() / same.p99());
            ratesOfOnly.add(beside.rate() / alone.rate());
            p99sOfOnly.add((double) beside.p99() / alone.p99());
            System.out.printf(
                    "round %d: only %s, two healthy %s, beside a dead one %s: ratio %.3f, p99 %.2f of two healthy%n",
                    round, alone, same, beside, rates.get(round - 1), p99s.get(round - 1));
        }
        System.out.printf(
                "beside a dead target: throughput %.3f, p99 %.2f of beside a healthy one; throughput %.3f, p99 %.2f of alone "
                        + "(medians of %d rounds)%n%s%n",
                median(rates),
                median(p99s),
                median(ratesOfOnly),
                median(p99sOfOnly),
                rounds,
                admin.get("targets?rule=dead"));
    }

    private static String breaker(int failures) {
        return """
                , "breaker": {"failures": %d, "rest": "PT5S"}""".formatted(failures);
    }

    private void makeRule(String name, String other) throws IOException, InterruptedException {
        admin.putRule(name, """
                {"spec": {"patterns": ["%s/>"],
                          "targets": [{"name": "out", "kind": "topic", "spec": {"topic": "routed-%s"}}%s]}}""".formatted(name, name, other));
    }

    private static double median(List<Double> values) {
        List<Double> sorted = values.stream().sorted().toList();
        int middle = sorted.size() / 2;
        return sorted.size() % 2 == 1 ? sorted.get(middle) : (sorted.get(middle - 1) + sorted.get(middle)) / 2;
    }
}
