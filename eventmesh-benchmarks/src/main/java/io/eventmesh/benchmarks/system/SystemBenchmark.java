package io.eventmesh.benchmarks.system;

import io.netty.channel.EventLoopGroup;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * The packed distribution beside its yardsticks, row by row; what the rows mean and what they must reach is in
 * {@code docs/reference/performance.md}.
 *
 * <p>Usage: {@code SystemBenchmark [row,row,…|all] [seconds] [rounds]}; system property {@code eventmesh.start} names
 * {@code bin/start.sh}. Rows: unary, square, connections, groups, topics, payload, batch, stream, latency, memory, start,
 * http, overload, rocksdb, rules, kafka.
 */
public final class SystemBenchmark {
    /** Rows that start servers of their own. */
    private static final List<String> ALONE =
            List.of("memory", "start", "http", "overload", "rocksdb", "rules", "kafka");

    private final EventLoopGroup loop;
    private final int seconds;
    private final int rounds;

    private SystemBenchmark(EventLoopGroup loop, int seconds, int rounds) {
        this.loop = loop;
        this.seconds = seconds;
        this.rounds = rounds;
    }

    /** One row. */
    private interface Row {
        void run(Trial echo, Trial mesh) throws Exception;
    }

    public static void main(String[] args) throws Exception {
        String rows = args.length > 0 ? args[0] : "unary";
        int seconds = args.length > 1 ? Integer.parseInt(args[1]) : 5;
        int rounds = args.length > 2 ? Integer.parseInt(args[2]) : 3;
        new SystemBenchmark(Loops.generator(), seconds, rounds).run(rows);
    }

    private void run(String wanted) throws Exception {
        Map<String, Row> sideBySide = new LinkedHashMap<>();
        sideBySide.put("unary", (echo, mesh) -> ofEcho(echo, mesh, "unary 1x1", Setting.BASE));
        sideBySide.put("square", (echo, mesh) -> ofEcho(echo, mesh, "unary 4x4", Setting.BASE.squared(4)));
        sideBySide.put("connections", this::connections);
        sideBySide.put("groups", this::groups);
        sideBySide.put("topics", this::topics);
        sideBySide.put("payload", this::payloads);
        sideBySide.put("batch", this::batches);
        sideBySide.put("stream", this::stream);
        sideBySide.put("latency", this::latency);
        List<String> names = new ArrayList<>(sideBySide.keySet());
        names.addAll(ALONE);
        if (!wanted.equals("all")) {
            List<String> asked = List.of(wanted.split(",", -1));
            if (!names.containsAll(asked)) {
                throw new IllegalArgumentException("rows: '%s' (expected: all or some of %s)".formatted(wanted, names));
            }
            names.retainAll(asked);
        }
        List<Row> compared = sideBySide.entrySet().stream()
                .filter(row -> names.contains(row.getKey()))
                .map(Map.Entry::getValue)
                .toList();
        try (Servers servers = new Servers()) {
            if (!compared.isEmpty()) {
                sideBySide(servers, compared);
            }
            if (names.contains("memory")) {
                memory(servers);
            }
            if (names.contains("start")) {
                new StartUp(servers).print(2 * rounds + 1);
            }
            if (names.contains("http")) {
                new HttpIngress(servers, loop).print(seconds, rounds);
            }
            if (names.contains("overload")) {
                new Overload(servers, loop).print(seconds);
            }
            if (names.contains("rocksdb")) {
                new Durable(servers, loop).print(seconds, rounds);
            }
            if (names.contains("rules")) {
                new RulePath(servers, loop).print(seconds, rounds);
            }
            if (names.contains("kafka")) {
                new OnKafka(servers, loop).print(seconds, rounds);
            }
        } finally {
            loop.shutdownGracefully(0, 1, TimeUnit.SECONDS).syncUninterruptibly();
        }
    }

    private void sideBySide(Servers servers, List<Row> rows) throws Exception {
        try (ServerProcess echoServer = servers.echo(EchoServer.class);
                ServerProcess meshServer = servers.mesh("", "gRPC")) {
            Trial echo = Trial.ofEcho(echoServer, loop);
            Trial mesh = Trial.ofMesh(meshServer, loop);
            System.out.printf(
                    "event %d bytes with 1 KiB of data, 64 outstanding, %d s a phase, %d rounds%n",
                    new SampleEvent("bench/unary", Setting.BASE.payload()).size(), seconds, rounds);
            Phase warmEcho = echo.warmUp(Setting.BASE);
            Phase warmMesh = mesh.warmUp(Setting.BASE);
            System.out.printf("warm: echo %,.0f/s, mesh %,.0f/s%n", warmEcho.delivered(), warmMesh.delivered());
            for (Row row : rows) {
                row.run(echo, mesh);
            }
        }
    }

    private Comparison ofEcho(Trial echo, Trial mesh, String name, Setting setting) throws Exception {
        System.out.println(name);
        echo.warmUpFurther(setting);
        mesh.warmUpFurther(setting);
        Comparison comparison =
                Comparison.of(rounds, () -> echo.run(setting, seconds), () -> mesh.run(setting, seconds));
        System.out.printf(
                "%s: %.3f of the echo, processor time %.2f of its%n",
                name, comparison.ratio(Phase::delivered), comparison.ratio(Phase::cpuMicros));
        return comparison;
    }

    private void ofOwn(Trial mesh, String name, Setting reference, Setting setting) throws Exception {
        System.out.println(name);
        mesh.warmUpFurther(setting);
        Comparison comparison =
                Comparison.of(rounds, () -> mesh.run(reference, seconds), () -> mesh.run(setting, seconds));
        System.out.printf("%s: %.2f of own unary with one group%n", name, comparison.ratio(Phase::delivered));
    }

    private void connections(Trial echo, Trial mesh) throws Exception {
        for (int count : new int[] {4, 64}) {
            ofEcho(echo, mesh, count + " connections", Setting.BASE.connections(count));
        }
    }

    private void groups(Trial echo, Trial mesh) throws Exception {
        for (int count : new int[] {4, 10, 100}) {
            ofOwn(mesh, count + " groups", Setting.BASE, Setting.BASE.groups(count));
        }
    }

    private void topics(Trial echo, Trial mesh) throws Exception {
        for (int count : new int[] {100, 10_000}) {
            ofOwn(mesh, count + " topics", Setting.BASE, Setting.BASE.topics(count));
        }
    }

    private void payloads(Trial echo, Trial mesh) throws Exception {
        for (int bytes : new int[] {100, 10 << 10, 64 << 10, 512 << 10}) {
            ofEcho(echo, mesh, bytes + " bytes of data", Setting.BASE.payload(bytes));
        }
    }

    private void batches(Trial echo, Trial mesh) throws Exception {
        for (int events : new int[] {10, 50}) {
            ofOwn(mesh, "batches of " + events, Setting.BASE, Setting.BASE.batch(events));
        }
    }

    private void stream(Trial echo, Trial mesh) throws Exception {
        ofOwn(mesh, "publish stream", Setting.BASE, Setting.BASE.stream(1024));
    }

    private void latency(Trial echo, Trial mesh) throws Exception {
        double full = mesh.run(Setting.BASE, seconds).delivered();
        for (double rate : new double[] {500, full / 2}) {
            Setting paced = Setting.BASE.perSecond(rate);
            Comparison comparison = ofEcho(echo, mesh, "%,.0f/s".formatted(rate), paced);
            System.out.printf(
                    "%,.0f/s: delivery p50 %.2f, p99 %.2f of the echo's answers%n",
                    rate,
                    comparison.ratio(phase -> phase.deliveries().micros(0.5)),
                    comparison.ratio(phase -> phase.deliveries().micros(0.99)));
        }
    }

    private void memory(Servers servers) throws Exception {
        try (ServerProcess roomy = servers.mesh("", "gRPC");
                ServerProcess tight = servers.mesh("-Xmx128m", "gRPC")) {
            Trial wide = Trial.ofMesh(roomy, loop);
            Trial narrow = Trial.ofMesh(tight, loop);
            wide.warmUp(Setting.BASE);
            narrow.warmUp(Setting.BASE);
            System.out.println("-Xmx128m");
            Comparison comparison = Comparison.of(
                    rounds, () -> wide.run(Setting.BASE, seconds), () -> narrow.run(Setting.BASE, seconds));
            System.out.printf(
                    "-Xmx128m: %.3f of the rate with the default heap, %,d KiB resident%n",
                    comparison.ratio(Phase::delivered), tight.residentKib());
        }
    }
}
