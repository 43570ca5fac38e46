package io.eventmesh.benchmarks.system;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.thread.NamedThreads;
import io.grpc.ManagedChannel;
import io.netty.channel.EventLoopGroup;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;

/**
 * 1,000 topics in 20 streams and 100 groups, each with a member at both of two runtimes on Kafka: what a runtime needs for
 * that, before and with the groups, and how long events take at a modest rate, by the runtime that delivers them.
 *
 * <p>Usage: {@code ManyGroups [groups] [events a second] [seconds]}.
 */
public final class ManyGroups {
    private static final int STREAMS = 20;
    private static final int TOPICS = 1_000;
    private static final int RUNTIMES = 2;
    private static final int AT_ONCE = 4;
    private static final int WARM_UP_SECONDS = 15;
    private static final int PATIENCE_SECONDS = 60;
    private static final double MIB = 1 << 20;

    /** A runtime, the connection to it and what is subscribed there. */
    private record MeshRuntime(ServerProcess process, ManagedChannel channel, List<Deliveries> members) {
        long delivered() {
            return members.stream().mapToLong(Deliveries::delivered).sum();
        }

        Latencies latencies() {
            Latencies all = new Latencies();
            members.forEach(member -> all.addAll(member.latencies()));
            return all;
        }
    }

    /** What a runtime occupies. */
    private record Size(double live, double resident, long threads) {
        static Size of(ServerProcess process) throws IOException {
            return new Size(process.liveBytes() / MIB, process.residentKib() / 1024.0, process.threads());
        }

        String text() {
            return "%.1f MiB of heap after a collection, %.0f MiB resident, %d threads"
                    .formatted(live, resident, threads);
        }
    }

    private final EventLoopGroup loop;
    private final int groups;
    private final double rate;
    private final int seconds;
    private final List<MeshRuntime> runtimes = new ArrayList<>();
    private final Requests requests;

    private ManyGroups(EventLoopGroup loop, int groups, double rate, int seconds) {
        this.loop = loop;
        this.groups = groups;
        this.rate = rate;
        this.seconds = seconds;
        List<SampleEvent> topics = new ArrayList<>();
        for (int i = 0; i < TOPICS; i++) {
            topics.add(new SampleEvent("many-%d/t%d".formatted(i % STREAMS, i), 1024));
        }
        this.requests = new Requests(topics, 1, new AtomicLong());
    }

    public static void main(String[] args) throws Exception {
        int groups = args.length > 0 ? Integer.parseInt(args[0]) : 100;
        double rate = args.length > 1 ? Double.parseDouble(args[1]) : 100;
        int seconds = args.length > 2 ? Integer.parseInt(args[2]) : 20;
        if (groups < STREAMS || groups % STREAMS != 0) {
            throw new IllegalArgumentException("groups: %d (expected: a multiple of %d)".formatted(groups, STREAMS));
        }
        EventLoopGroup loop = Loops.generator();
        try (Servers servers = new Servers();
                KafkaServer broker = KafkaServer.start(servers.directory().resolve("kafka"));
                ServerProcess one = mesh(servers, broker, "");
                ServerProcess two = mesh(servers, broker, one.printed("Meta:.*?([0-9.]+:[0-9]+)"))) {
            new ManyGroups(loop, groups, rate, seconds).run(List.of(one, two));
        } finally {
            loop.shutdownGracefully(0, 1, TimeUnit.SECONDS).syncUninterruptibly();
        }
    }

    private static ServerProcess mesh(Servers servers, KafkaServer broker, String meta) throws IOException {
        return servers.mesh(
                "",
                "gRPC",
                "meta.connect=" + meta,
                "storage.type=kafka",
                "storage.kafka.bootstrap-servers=" + broker.bootstrap());
    }

    private void run(List<ServerProcess> processes) throws Exception {
        for (ServerProcess process : processes) {
            runtimes.add(new MeshRuntime(
                    process, RawBytes.channel(process.host(), process.port(), loop), new ArrayList<>()));
        }
        try {
            publish(rate, 2);
            List<Size> before = sizes();
            print("before", before);
            long start = System.nanoTime();
            subscribe();
            System.out.printf(
                    "%d groups over %d topics in %d streams, each with a member at both runtimes: subscribed in %.1f s%n",
                    groups, TOPICS, STREAMS, (System.nanoTime() - start) / 1e9);
            deliver(WARM_UP_SECONDS);
            runtimes.forEach(runtime -> runtime.members().forEach(Deliveries::forgetLatencies));
            deliver(seconds);
            List<Size> with = sizes();
            print("with the groups", with);
            for (int i = 0; i < RUNTIMES; i++) {
                Latencies latencies = runtimes.get(i).latencies();
                System.out.printf(
                        "runtime %d: %,d deliveries, p50 %,d µs, p99 %,d µs; a group needs %.2f MiB of heap, %.2f MiB "
                                + "resident, %.1f threads%n",
                        i + 1,
                        runtimes.get(i).delivered(),
                        latencies.micros(0.5),
                        latencies.micros(0.99),
                        (with.get(i).live() - before.get(i).live()) / groups,
                        (with.get(i).resident() - before.get(i).resident()) / groups,
                        (double) (with.get(i).threads() - before.get(i).threads()) / groups);
            }
        } finally {
            runtimes.forEach(runtime -> runtime.channel().shutdownNow());
        }
    }

    private List<Size> sizes() throws IOException {
        List<Size> sizes = new ArrayList<>();
        for (MeshRuntime runtime : runtimes) {
            sizes.add(Size.of(runtime.process()));
        }
        return sizes;
    }

    private static void print(String when, List<Size> sizes) {
        for (int i = 0; i < sizes.size(); i++) {
            System.out.printf("runtime %d %s: %s%n", i + 1, when, sizes.get(i).text());
        }
    }

    private void subscribe() throws Exception {
        ExecutorService subscribers = Executors.newFixedThreadPool(AT_ONCE, new NamedThreads("subscribe"));
        try {
            for (MeshRuntime runtime : runtimes) {
                List<Future<Deliveries>> opened = new ArrayList<>();
                for (int i = 0; i < groups; i++) {
                    String pattern = "many-%d/>".formatted(i % STREAMS);
                    String group = "many-" + i;
                    opened.add(subscribers.submit(() -> new Deliveries(runtime.channel(), pattern, group, requests)));
                }
                for (Future<Deliveries> member : opened) {
                    runtime.members().add(member.get());
                }
            }
        } finally {
            subscribers.shutdownNow();
        }
    }

    /** Publishes for so many seconds, and waits until every group has all of it. */
    private void deliver(int lasting) throws Exception {
        long had = delivered();
        long expected = had + publish(rate, lasting) * (groups / STREAMS);
        long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
        while (delivered() < expected && System.nanoTime() < until) {
            LockSupport.parkNanos(1_000_000);
        }
        if (delivered() != expected) {
            throw new EventMeshException(
                    ErrorCode.INTERNAL,
                    "delivered %d (expected: %d, each event once to each group)"
                            .formatted(delivered() - had, expected - had));
        }
    }

    private long delivered() {
        return runtimes.stream().mapToLong(MeshRuntime::delivered).sum();
    }

    /** Half of the events by each runtime; returns how many were stored. */
    private long publish(double perSecond, int lasting) throws InterruptedException {
        List<PacedLoad> loads = new ArrayList<>();
        for (MeshRuntime runtime : runtimes) {
            loads.add(new PacedLoad(
                    loop, runtime.channel(), Trial.PUBLISH, requests, new StatusAnswers(), perSecond / RUNTIMES));
        }
        Trial.pause(lasting);
        long stored = 0;
        for (PacedLoad load : loads) {
            load.stop();
            stored += load.answered();
            if (load.failed() > 0) {
                throw new EventMeshException(
                        ErrorCode.INTERNAL, "refused: %d events (expected: none)".formatted(load.failed()));
            }
        }
        return stored;
    }
}
