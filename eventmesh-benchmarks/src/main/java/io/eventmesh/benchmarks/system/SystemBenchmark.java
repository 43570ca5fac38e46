package io.eventmesh.benchmarks.system;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.grpc.ManagedChannel;
import io.grpc.MethodDescriptor;
import io.netty.channel.EventLoopGroup;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Pattern;

/**
 * Unary publish and delivery through the packed distribution, beside the echo of {@link EchoServer}: rounds of echo, mesh,
 * echo, each a few seconds, and of each round the mesh's rate as a share of the mean of the two echoes around it. The
 * generator is one event loop with 64 publishes outstanding; every event must arrive once.
 *
 * <p>Usage: {@code SystemBenchmark [seconds] [rounds]}; system property {@code eventmesh.start} names
 * {@code bin/start.sh}.
 */
public final class SystemBenchmark {
    private static final int OUTSTANDING = 64;
    private static final int PAYLOAD = 1024;
    private static final MethodDescriptor<byte[], byte[]> PUBLISH = RawBytes.method(
            MethodDescriptor.MethodType.UNARY, "org.apache.eventmesh.cloudevents.v1.PublisherService/publish");

    private final int seconds;
    private final EventLoopGroup loop = Loops.one("load");

    private SystemBenchmark(int seconds) {
        this.seconds = seconds;
    }

    /** What a phase gave. */
    private record Phase(double rate, long p50, long p99, double cpuMicros) {}

    public static void main(String[] args) throws Exception {
        int seconds = args.length > 0 ? Integer.parseInt(args[0]) : 6;
        int rounds = args.length > 1 ? Integer.parseInt(args[1]) : 5;
        new SystemBenchmark(seconds).run(rounds);
    }

    private void run(int rounds) throws Exception {
        try (ServerProcess echo = startEcho();
                ServerProcess mesh = startMesh()) {
            ManagedChannel echoChannel = RawBytes.channel(echo.host(), echo.port(), loop);
            ManagedChannel meshChannel = RawBytes.channel(mesh.host(), mesh.port(), loop);
            System.out.printf(
                    "event %d bytes, %d outstanding, 1 connection, 1 group, %d s a phase%n",
                    new SampleEvent("bench/unary", PAYLOAD).size(), OUTSTANDING, seconds);
            echo(echo, echoChannel);
            publishAndDeliver(mesh, meshChannel, "warm-up");
            List<Double> ratios = new ArrayList<>();
            List<Double> cpuRatios = new ArrayList<>();
            for (int round = 1; round <= rounds; round++) {
                Phase before = echo(echo, echoChannel);
                Phase ours = publishAndDeliver(mesh, meshChannel, "round-" + round);
                Phase after = echo(echo, echoChannel);
                double yardstick = (before.rate() + after.rate()) / 2;
                double ratio = ours.rate() / yardstick;
                double cpu = ours.cpuMicros() / ((before.cpuMicros() + after.cpuMicros()) / 2);
                ratios.add(ratio);
                cpuRatios.add(cpu);
                System.out.printf(
                        "round %d: echo %,.0f/s p50 %d p99 %d µs, cpu %.1f µs | mesh %,.0f/s p50 %d p99 %d µs, cpu %.1f µs"
                                + " | echo %,.0f/s | ratio %.3f, cpu ratio %.2f%s%n",
                        round,
                        before.rate(),
                        before.p50(),
                        before.p99(),
                        before.cpuMicros(),
                        ours.rate(),
                        ours.p50(),
                        ours.p99(),
                        ours.cpuMicros(),
                        after.rate(),
                        ratio,
                        cpu,
                        Math.abs(before.rate() - after.rate()) > 0.15 * yardstick ? " (drifted)" : "");
            }
            System.out.printf(
                    "unary publish and delivery of echo: median ratio %.3f, cpu per event of echo: median %.2f%n",
                    median(ratios), median(cpuRatios));
            echoChannel.shutdownNow();
            meshChannel.shutdownNow();
        } finally {
            loop.shutdownGracefully(0, 1, TimeUnit.SECONDS).syncUninterruptibly();
        }
    }

    private static double median(List<Double> values) {
        List<Double> sorted = values.stream().sorted().toList();
        return sorted.get(sorted.size() / 2);
    }

    private static ServerProcess startEcho() throws IOException {
        return ServerProcess.start(
                List.of(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-XX:+UseSerialGC",
                        "-cp",
                        System.getProperty("java.class.path"),
                        EchoServer.class.getName()),
                Map.of(),
                Pattern.compile("(?<host>x)?port (?<port>\\d+)"));
    }

    private static ServerProcess startMesh() throws IOException {
        Path data = Files.createTempDirectory("eventmesh-benchmark");
        return ServerProcess.start(
                List.of(
                        System.getProperty("eventmesh.start", "bin/start.sh"),
                        "--role=mesh",
                        "--set",
                        "data=" + data,
                        "--set",
                        "mesh.grpc.port=0",
                        "--set",
                        "mesh.http.port=0",
                        "--set",
                        "meta.zookeeper.embedded-port=0"),
                Map.of(),
                Pattern.compile("^gRPC:\\s+(?<host>[^:\\s]+):(?<port>\\d+)"));
    }

    private Phase echo(ServerProcess server, ManagedChannel channel) throws Exception {
        UnaryLoad load = new UnaryLoad(
                channel, EchoServer.ECHO, new SampleEvent("bench/echo", PAYLOAD), new AtomicLong(), OUTSTANDING);
        double cpu = server.cpuSeconds();
        long start = System.nanoTime();
        LockSupport.parkNanos(TimeUnit.SECONDS.toNanos(seconds));
        load.stop();
        double took = (System.nanoTime() - start) / 1e9;
        return phase(load, load.answered() / took, server.cpuSeconds() - cpu);
    }

    private Phase publishAndDeliver(ServerProcess server, ManagedChannel channel, String group) throws Exception {
        String topic = "bench/" + group;
        AtomicLong next = new AtomicLong();
        Deliveries deliveries = new Deliveries(channel, topic, group);
        UnaryLoad load = new UnaryLoad(channel, PUBLISH, new SampleEvent(topic, PAYLOAD), next, OUTSTANDING);
        double cpu = server.cpuSeconds();
        long start = System.nanoTime();
        LockSupport.parkNanos(TimeUnit.SECONDS.toNanos(seconds));
        load.stop();
        long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
        while (deliveries.delivered() < load.answered() && System.nanoTime() < until) {
            LockSupport.parkNanos(1_000_000);
        }
        double took = (System.nanoTime() - start) / 1e9;
        deliveries.close();
        if (load.failed() > 0 || deliveries.delivered() != load.answered() || deliveries.doubled() > 0) {
            throw new EventMeshException(
                    ErrorCode.INTERNAL,
                    "published %d, failed %d, delivered %d, doubled %d (expected: all once); stream %s"
                            .formatted(
                                    load.answered(),
                                    load.failed(),
                                    deliveries.delivered(),
                                    deliveries.doubled(),
                                    deliveries.ended()));
        }
        return phase(load, deliveries.delivered() / took, server.cpuSeconds() - cpu);
    }

    private static Phase phase(UnaryLoad load, double rate, double cpuSeconds) {
        return new Phase(
                rate,
                load.latencies().micros(0.5),
                load.latencies().micros(0.99),
                cpuSeconds * 1e6 / Math.max(1, load.answered()));
    }
}
