package io.eventmesh.benchmarks.system;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.proto.v1.ListSubscriptionsRequest;
import io.eventmesh.proto.v1.MeshAdminServiceGrpc;
import io.eventmesh.proto.v1.Subscription;
import io.eventmesh.spi.security.Authenticator;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.stub.MetadataUtils;
import io.netty.channel.EventLoopGroup;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;

/**
 * Healthy groups beside one whose only member is stuck and one whose only member is slow, with {@code -Xmx256m}. Two
 * streams with three healthy groups each and one more: on the first its member acks at once, on the second it is slow;
 * only the second has the stuck one. So both do the same work for the slow member's group, and what differs is that it is
 * slow. Phases of full-speed publishing alternate between the streams, and the pair's ratio of rate and of delivery p99 is
 * taken; after each phase the live heap after a collection. The stuck member takes what it has credit for and never acks;
 * the slow one acks each event 50 ms after it came, which keeps up with the publishers: one that does not is no business
 * of this test, since it slows publishers down by promise as long as it acks.
 *
 * <p>Usage: {@code StuckMembers [pairs] [seconds]}; 15 pairs of 20 s are ten minutes.
 */
public final class StuckMembers {
    private static final int HEALTHY = 3;
    private static final int OUTSTANDING = 64;
    private static final long SLOW_MILLIS = 50;
    private static final int WARM_UP_SECONDS = 40;
    private static final String KEY = "benchmark";

    private record Figures(double rate, long p99) {}

    /** A stream with its healthy groups. */
    private final class Lane {
        private final String topic;
        private final Requests requests;
        private final List<Deliveries> groups = new ArrayList<>();
        private long published;

        Lane(String name) throws InterruptedException {
            topic = name + "/x";
            requests = Requests.of(new SampleEvent(topic, 1024), new AtomicLong());
            for (int i = 0; i < HEALTHY; i++) {
                groups.add(new Deliveries(channel, topic, "healthy-" + i, requests));
            }
        }

        Figures phase(int seconds) throws InterruptedException {
            groups.forEach(Deliveries::forgetLatencies);
            long start = System.nanoTime();
            UnaryLoad load = new UnaryLoad(
                    List.of(channel), Trial.PUBLISH, requests, new StatusAnswers(), Clearance.NONE, OUTSTANDING);
            Trial.pause(seconds);
            load.stop();
            published += load.answered();
            long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
            while (delivered() < published * HEALTHY && System.nanoTime() < until) {
                LockSupport.parkNanos(1_000_000);
            }
            double took = (System.nanoTime() - start) / 1e9;
            if (delivered() != published * HEALTHY || groups.stream().anyMatch(group -> group.doubled() > 0)) {
                throw new EventMeshException(
                        ErrorCode.INTERNAL,
                        "%s: published %d, delivered %d (expected: each once to %d groups)"
                                .formatted(topic, published, delivered(), HEALTHY));
            }
            refused += load.failed();
            Latencies latencies = new Latencies();
            groups.forEach(group -> latencies.addAll(group.latencies()));
            return new Figures(load.answered() / took, latencies.micros(0.99));
        }

        private long delivered() {
            return groups.stream().mapToLong(Deliveries::delivered).sum();
        }
    }

    private final EventLoopGroup loop;
    private final ServerProcess server;
    private final ManagedChannel channel;
    private long refused;

    private StuckMembers(EventLoopGroup loop, ServerProcess server) {
        this.loop = loop;
        this.server = server;
        this.channel = RawBytes.channel(server.host(), server.port(), loop);
    }

    public static void main(String[] args) throws Exception {
        int pairs = args.length > 0 ? Integer.parseInt(args[0]) : 15;
        int seconds = args.length > 1 ? Integer.parseInt(args[1]) : 20;
        EventLoopGroup loop = Loops.generator();
        try (Servers servers = new Servers();
                ServerProcess server = servers.mesh("-Xmx256m", "gRPC", "security.cluster-key=" + KEY)) {
            new StuckMembers(loop, server).run(pairs, seconds);
        } finally {
            loop.shutdownGracefully(0, 1, TimeUnit.SECONDS).syncUninterruptibly();
        }
    }

    private void run(int pairs, int seconds) throws Exception {
        Lane without = new Lane("alone");
        try (AckingMember prompt = new AckingMember(channel, loop, without.topic, "prompt", 0)) {
            run(without, prompt, pairs, seconds);
        }
    }

    private void run(Lane without, AckingMember prompt, int pairs, int seconds) throws Exception {
        without.phase(WARM_UP_SECONDS);
        Lane with = new Lane("beside");
        List<Double> rates = new ArrayList<>();
        List<Double> p99s = new ArrayList<>();
        List<double[]> heap = new ArrayList<>();
        long start = System.nanoTime();
        try (AckingMember stuck = new AckingMember(channel, loop, with.topic, "stuck", -1);
                AckingMember slow = new AckingMember(channel, loop, with.topic, "slow", SLOW_MILLIS)) {
            for (int pair = 1; pair <= pairs; pair++) {
                Figures alone = without.phase(seconds);
                heap.add(live(start));
                Figures beside = with.phase(seconds);
                heap.add(live(start));
                rates.add(beside.rate() / alone.rate());
                p99s.add((double) beside.p99() / alone.p99());
                System.out.printf(
                        "pair %d: alone %,.0f/s p99 %,d µs, beside %,.0f/s p99 %,d µs, ratio %.3f, p99 %.2f, live %.1f MB, "
                                + "refused so far %,d%n",
                        pair,
                        alone.rate(),
                        alone.p99(),
                        beside.rate(),
                        beside.p99(),
                        rates.get(pair - 1),
                        p99s.get(pair - 1),
                        heap.get(heap.size() - 1)[1],
                        refused);
            }
            System.out.printf(
                    "beside a stuck and a slow group: throughput %.3f, p99 %.2f of without (medians of %d pairs); live heap "
                            + "slope %.2f MB/min after the first fifth; prompt member acked %,d, slow %,d, stuck %d%n",
                    median(rates), median(p99s), pairs, slope(heap), prompt.acked(), slow.acked(), stuck.acked());
            subscriptions().stream()
                    .filter(one -> List.of("stuck", "slow").contains(one.getGroup()))
                    .forEach(StuckMembers::print);
        }
    }

    private double[] live(long start) throws Exception {
        return new double[] {(System.nanoTime() - start) / 60e9, server.liveBytes() / (1 << 20)};
    }

    private List<Subscription> subscriptions() {
        Metadata headers = new Metadata();
        headers.put(Metadata.Key.of(Authenticator.CLUSTER_KEY_HEADER, Metadata.ASCII_STRING_MARSHALLER), KEY);
        headers.put(Metadata.Key.of(Authenticator.RUNTIME_HEADER, Metadata.ASCII_STRING_MARSHALLER), "benchmark");
        return MeshAdminServiceGrpc.newBlockingStub(channel)
                .withInterceptors(MetadataUtils.newAttachHeadersInterceptor(headers))
                .listSubscriptions(ListSubscriptionsRequest.getDefaultInstance())
                .getSubscriptionsList();
    }

    private static void print(Subscription one) {
        System.out.printf(
                "group %s: %s, lag %,d, gaps %d%n",
                one.getGroup(), one.getState(), one.getLagEvents(), one.getGapsCount());
        one.getGapsList()
                .forEach(gap -> System.out.printf(
                        "  gap in partition %d: %,d to %,d, %,d events, %s%n",
                        gap.getPartition(), gap.getFrom(), gap.getTo(), gap.getCount(), gap.getWhy()));
    }

    private static double median(List<Double> values) {
        List<Double> sorted = values.stream().sorted().toList();
        int middle = sorted.size() / 2;
        return sorted.size() % 2 == 1 ? sorted.get(middle) : (sorted.get(middle - 1) + sorted.get(middle)) / 2;
    }

    /** By least squares over the last four fifths, MB a minute. */
    private static double slope(List<double[]> points) {
        List<double[]> late = points.subList(points.size() / 5, points.size());
        double x = late.stream().mapToDouble(point -> point[0]).average().orElse(0);
        double y = late.stream().mapToDouble(point -> point[1]).average().orElse(0);
        double above = 0;
        double below = 0;
        for (double[] point : late) {
            above += (point[0] - x) * (point[1] - y);
            below += (point[0] - x) * (point[0] - x);
        }
        return below == 0 ? 0 : above / below;
    }
}
