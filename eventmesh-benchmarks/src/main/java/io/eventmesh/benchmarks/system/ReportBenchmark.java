package io.eventmesh.benchmarks.system;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.grpc.ManagedChannel;
import io.grpc.netty.NettyChannelBuilder;
import java.io.IOException;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * How many reports of 20 unchanged tasks an admin answers in a second when it has one processor for everything: the packed
 * distribution in role admin with its own database and meta store, bound to the first processor, five runtimes on a stream
 * each, bound to the last one.
 *
 * <p>Usage: {@code ReportBenchmark [rounds] [seconds]}.
 */
public final class ReportBenchmark {
    private static final int RUNTIMES = 5;
    private static final int TASKS = 20;
    /** Until the compiler has seen it, on a busy machine as well. */
    private static final long WARM_UP_REPORTS = 200_000;

    private static final int WARM_UP_SECONDS = 120;
    private static final long LIMIT_SECONDS = 60;
    private static final String KEY = "the-cluster-key-of-this-benchmark";

    private ReportBenchmark() {}

    public static void main(String[] arguments) throws Exception {
        int rounds = arguments.length > 0 ? Integer.parseInt(arguments[0]) : 5;
        int seconds = arguments.length > 1 ? Integer.parseInt(arguments[1]) : 5;
        int port = freePort();
        try (Servers servers = new Servers();
                ServerProcess admin = servers.admin(
                        "-Xmx256m -XX:ActiveProcessorCount=1",
                        "admin.http.port=0",
                        "admin.grpc.port=" + port,
                        "security.cluster-key=" + KEY)) {
            Processors.single(admin.pid());
            List<ManagedChannel> channels = new ArrayList<>();
            List<Reporter> reporters = new ArrayList<>();
            for (int i = 1; i <= RUNTIMES; i++) {
                ManagedChannel channel = NettyChannelBuilder.forAddress("127.0.0.1", port)
                        .usePlaintext()
                        .directExecutor()
                        .build();
                channels.add(channel);
                reporters.add(new Reporter(channel, "runtime-" + i, KEY, TASKS));
            }
            create(admin.port());
            awaitTasks(reporters);
            Processors.generator("");
            reporters.forEach(Reporter::flow);
            warmUp(reporters);
            measure(admin, reporters, rounds, seconds);
            reporters.forEach(Reporter::stop);
            channels.forEach(ManagedChannel::shutdownNow);
        }
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0)) {
            return socket.getLocalPort();
        }
    }

    private static void create(int port) throws IOException, InterruptedException {
        HttpRequest request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/api/v1/connectors"))
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString("""
                        {"metadata": {"name": "files"},
                         "spec": {"plugin": "file", "kind": "SOURCE", "topic": "lines", "tasksMax": %d,
                                  "config": {"path": "/lines"}}}""".formatted(RUNTIMES * TASKS)))
                .build();
        HttpResponse<String> answer = HttpClient.newHttpClient().send(request, HttpResponse.BodyHandlers.ofString());
        if (answer.statusCode() != 201) {
            throw new IOException("status %d: %s (expected: 201)".formatted(answer.statusCode(), answer.body()));
        }
    }

    private static void awaitTasks(List<Reporter> reporters) throws InterruptedException {
        long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(LIMIT_SECONDS);
        while (reporters.stream().anyMatch(reporter -> reporter.tasks() < TASKS)) {
            if (System.nanoTime() - until > 0) {
                throw new EventMeshException(
                        ErrorCode.INTERNAL,
                        "tasks: %s (expected: %d each)"
                                .formatted(
                                        reporters.stream().map(Reporter::tasks).toList(), TASKS));
            }
            reporters.forEach(Reporter::beat);
            Trial.pause(1);
        }
    }

    private static void warmUp(List<Reporter> reporters) throws InterruptedException {
        long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(WARM_UP_SECONDS);
        while (answered(reporters) < WARM_UP_REPORTS && System.nanoTime() - until < 0) {
            Trial.pause(1);
        }
    }

    private static void measure(ServerProcess admin, List<Reporter> reporters, int rounds, int seconds)
            throws IOException, InterruptedException {
        System.out.printf(
                "reports of %d unchanged tasks, %d bytes, from %d runtimes to an admin on one processor%n",
                TASKS, reporters.get(0).size(), RUNTIMES);
        List<Double> rates = new ArrayList<>();
        List<Double> costs = new ArrayList<>();
        for (int round = 0; round < rounds; round++) {
            long start = System.nanoTime();
            double cpu = admin.cpuSeconds();
            long before = answered(reporters);
            Trial.pause(seconds);
            double took = (System.nanoTime() - start) / 1e9;
            double used = admin.cpuSeconds() - cpu;
            long reports = answered(reporters) - before;
            rates.add(reports / took);
            costs.add(reports / used);
            System.out.printf(
                    "round %d: %,.0f reports/s, %,.0f for each second of its processor (used %.0f %%)%n",
                    round + 1, reports / took, reports / used, 100 * used / took);
        }
        System.out.printf(
                "median: %,.0f reports/s, %,.0f for each second of its processor (expected: 10,000 or more)%n",
                median(rates), median(costs));
    }

    private static double median(List<Double> values) {
        return values.stream().sorted().toList().get(values.size() / 2);
    }

    private static long answered(List<Reporter> reporters) {
        return reporters.stream().mapToLong(Reporter::answered).sum();
    }
}
