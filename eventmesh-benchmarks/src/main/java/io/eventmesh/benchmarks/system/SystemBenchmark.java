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
 * generator is one event loop with 64 publishes outstanding; every event must be stored and arrive once. Each round has
 * a stream and a group of its own. Before the first one, both servers run until their rates stand still and their compilers are
 * done.
 *
 * <p>Usage: {@code SystemBenchmark [seconds] [rounds]}; system property {@code eventmesh.start} names
 * {@code bin/start.sh}.
 */
public final class SystemBenchmark {
    private static final int OUTSTANDING = 64;
    private static final int PAYLOAD = 1024;
    private static final int WARM_UP_SECONDS = 60;
    /** What a server's compilers may use while it counts as warm, in processor seconds a second. */
    private static final double COMPILING = 0.1;

    private static final int QUIET_SECONDS = 3;

    private static final double STEADY = 0.05;
    private static final double DRIFTED = 0.15;
    private static final MethodDescriptor<byte[], byte[]> PUBLISH = RawBytes.method(
            MethodDescriptor.MethodType.UNARY, "org.apache.eventmesh.cloudevents.v1.PublisherService/publish");

    private final int seconds;
    private final EventLoopGroup loop = Loops.one("load");

    private SystemBenchmark(int seconds) {
        this.seconds = seconds;
    }

    /** What a phase gave. */
    private record Phase(double rate, long p50, long p99, double cpuMicros) {}

    /** How long a phase lasts. */
    private interface Span {
        void pass(UnaryLoad load) throws IOException;
    }

    public static void main(String[] args) throws Exception {
        int seconds = args.length > 0 ? Integer.parseInt(args[0]) : 5;
        int rounds = args.length > 1 ? Integer.parseInt(args[1]) : 3;
        new SystemBenchmark(seconds).run(rounds);
    }

    private void run(int rounds) throws Exception {
        Path directory = Files.createTempDirectory("eventmesh-benchmark");
        try (ServerProcess echo = startEcho(directory);
                ServerProcess mesh = startMesh(directory)) {
            ManagedChannel echoChannel = RawBytes.channel(echo.host(), echo.port(), loop);
            ManagedChannel meshChannel = RawBytes.channel(mesh.host(), mesh.port(), loop);
            System.out.printf(
                    "event %d bytes, %d outstanding, 1 connection, 1 group, %d s a phase, servers' logs in %s%n",
                    new SampleEvent("bench/unary", PAYLOAD).size(), OUTSTANDING, seconds, directory);
            Span wholePhase = load -> pause(seconds);
            Phase warmEcho = echo(echo, echoChannel, untilSteady(echo));
            Phase warmMesh = publishAndDeliver(mesh, meshChannel, "warm-up", untilSteady(mesh));
            System.out.printf("warm-up: echo %,.0f/s, mesh %,.0f/s%n", warmEcho.rate(), warmMesh.rate());
            List<Double> ratios = new ArrayList<>();
            List<Double> cpuRatios = new ArrayList<>();
            for (int round = 1; round <= rounds; round++) {
                Phase before = echo(echo, echoChannel, wholePhase);
                Phase ours = publishAndDeliver(mesh, meshChannel, "round-" + round, wholePhase);
                Phase after = echo(echo, echoChannel, wholePhase);
                double yardstick = (before.rate() + after.rate()) / 2;
                ratios.add(ours.rate() / yardstick);
                cpuRatios.add(ours.cpuMicros() / ((before.cpuMicros() + after.cpuMicros()) / 2));
                boolean drifted = Math.abs(before.rate() - after.rate()) > DRIFTED * yardstick;
                System.out.printf(
                        "round %d: echo %s | mesh %s | echo %s | ratio %.3f, cpu ratio %.2f%s%n",
                        round,
                        text(before),
                        text(ours),
                        text(after),
                        ratios.get(round - 1),
                        cpuRatios.get(round - 1),
                        drifted ? " (drifted)" : "");
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

    private static String text(Phase phase) {
        return "%,.0f/s p50 %d p99 %d µs cpu %.1f µs"
                .formatted(phase.rate(), phase.p50(), phase.p99(), phase.cpuMicros());
    }

    private static double median(List<Double> values) {
        List<Double> sorted = values.stream().sorted().toList();
        int middle = sorted.size() / 2;
        return sorted.size() % 2 == 1 ? sorted.get(middle) : (sorted.get(middle - 1) + sorted.get(middle)) / 2;
    }

    private static void pause(int seconds) {
        long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(seconds);
        for (long left = until - System.nanoTime(); left > 0; left = until - System.nanoTime()) {
            LockSupport.parkNanos(left);
        }
    }

    /** Until two successive seconds give nearly the same rate and the server's code has been compiled for a while. */
    private static Span untilSteady(ServerProcess server) {
        return load -> {
            long total = 0;
            long last = 0;
            int quiet = 0;
            double compiled = server.compilerSeconds();
            for (int second = 1; second <= WARM_UP_SECONDS; second++) {
                pause(1);
                long sum = load.answered();
                long now = sum - total;
                double compiling = server.compilerSeconds() - compiled;
                quiet = compiling < COMPILING ? quiet + 1 : 0;
                if (quiet >= QUIET_SECONDS && Math.abs(now - last) < STEADY * now) {
                    return;
                }
                total = sum;
                last = now;
                compiled += compiling;
            }
        };
    }

    private static ServerProcess startEcho(Path directory) throws IOException {
        return ServerProcess.start(
                List.of(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-XX:+UseSerialGC",
                        "-cp",
                        System.getProperty("java.class.path"),
                        EchoServer.class.getName()),
                Map.of(),
                Pattern.compile("(?<host>x)?port (?<port>\\d+)"),
                directory.resolve("echo.log"));
    }

    private static ServerProcess startMesh(Path directory) throws IOException {
        return ServerProcess.start(
                List.of(
                        System.getProperty("eventmesh.start", "bin/start.sh"),
                        "--role=mesh",
                        "--set",
                        "data=" + directory.resolve("data"),
                        "--set",
                        "mesh.grpc.port=0",
                        "--set",
                        "mesh.http.port=0",
                        "--set",
                        "meta.zookeeper.embedded-port=0"),
                Map.of(),
                Pattern.compile("^gRPC:\\s+(?<host>[^:\\s]+):(?<port>\\d+)"),
                directory.resolve("mesh.log"));
    }

    private Phase echo(ServerProcess server, ManagedChannel channel, Span span) throws Exception {
        double cpu = server.cpuSeconds();
        long start = System.nanoTime();
        UnaryLoad load = new UnaryLoad(
                channel,
                EchoServer.ECHO,
                new SampleEvent("bench/echo", PAYLOAD),
                new AtomicLong(),
                answer -> true,
                OUTSTANDING);
        span.pass(load);
        load.stop();
        double took = (System.nanoTime() - start) / 1e9;
        return phase(load, load.answered() / took, server.cpuSeconds() - cpu);
    }

    private Phase publishAndDeliver(ServerProcess server, ManagedChannel channel, String round, Span span)
            throws Exception {
        String topic = "bench-" + round + "/unary";
        Deliveries deliveries = new Deliveries(channel, topic, round);
        double cpu = server.cpuSeconds();
        long start = System.nanoTime();
        UnaryLoad load = new UnaryLoad(
                channel, PUBLISH, new SampleEvent(topic, PAYLOAD), new AtomicLong(), new StatusAnswers(), OUTSTANDING);
        span.pass(load);
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
