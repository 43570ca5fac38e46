package io.eventmesh.tests.fault.cluster;

import io.eventmesh.common.time.MeshClock;
import io.eventmesh.tests.fault.Route;
import io.eventmesh.tests.fault.net.FaultProxy;
import io.eventmesh.tests.fault.net.Namespaces;
import io.eventmesh.tests.kafka.KafkaBroker;
import io.eventmesh.tests.kafka.KafkaCluster;
import io.eventmesh.tests.process.FreePorts;
import io.eventmesh.tests.process.ZooKeeperProcess;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Mesh runtimes, a ZooKeeper server and, unless a single runtime keeps its events itself, Kafka brokers: all processes on
 * loopback, with a proxy on every way between them, or each on a host of its own. Used by one thread.
 */
final class ClusterScene implements AutoCloseable {
    private static final FreePorts PORTS = new FreePorts();
    /** As a ZooKeeper session of these meshes lasts. */
    static final Duration SESSION = Duration.ofSeconds(4);

    private final Path directory;
    private final MeshClock clock = MeshClock.system();
    private final Random random;
    private final @Nullable Namespaces hosts;
    private final Site site;
    private final ZooKeeperProcess zookeeper;
    private final @Nullable KafkaCluster kafka;
    private final List<MeshPart> meshes = new ArrayList<>();
    private final List<FaultProxy> toMeshes = new ArrayList<>();
    private final List<FaultProxy> betweenMeshes = new ArrayList<>();
    private final List<FaultProxy> toZookeeper = new ArrayList<>();
    private final List<FaultProxy> toBrokers = new ArrayList<>();
    private final List<String> reroutes = new ArrayList<>();
    private int rounds;
    /** How often brokers had been started when they served last: another look costs a process where they are elsewhere. */
    private int servedStarts;

    /** One runtime that keeps its events on its own disk. */
    static ClusterScene single(Path directory, Random random) {
        return new ClusterScene(directory, random, 1, 0, null);
    }

    /** Runtimes on Kafka. */
    static ClusterScene onKafka(Path directory, Random random, int meshes, int brokers) {
        return new ClusterScene(directory, random, meshes, brokers, null);
    }

    /** Each runtime, ZooKeeper, the brokers together, and the clients together on a host of their own; no proxies. */
    static ClusterScene apart(Path directory, Random random, int meshes, int brokers) {
        List<String> names = new ArrayList<>(List.of(Site.ZOOKEEPER, Site.CLIENTS));
        if (brokers > 0) {
            names.add(Site.BROKERS);
        }
        for (int i = 0; i < meshes; i++) {
            names.add(Site.mesh(i));
        }
        return new ClusterScene(directory, random, meshes, brokers, new Namespaces(names.toArray(String[]::new)));
    }

    private ClusterScene(Path directory, Random random, int count, int brokers, @Nullable Namespaces hosts) {
        this.directory = directory;
        this.random = random;
        this.hosts = hosts;
        this.site = hosts == null ? Site.loopback() : Site.of(hosts);
        this.zookeeper = new ZooKeeperProcess(
                directory.resolve("zookeeper"), site.address(Site.ZOOKEEPER), PORTS.next(), site.on(Site.ZOOKEEPER));
        KafkaCluster started = null;
        try {
            zookeeper.start();
            if (brokers > 0) {
                started = brokers(brokers);
            }
            for (int i = 0; i < count; i++) {
                meshes.add(mesh(i, started));
            }
            meshes.forEach(MeshPart::start);
            meshes.forEach(MeshPart::awaitReady);
        } catch (RuntimeException | Error failure) {
            close(started);
            throw failure;
        }
        kafka = started;
        servedStarts = brokerStarts();
    }

    private KafkaCluster brokers(int count) {
        KafkaCluster.Plan plan = KafkaCluster.plan(directory.resolve("kafka"), count);
        for (int i = 0; i < count; i++) {
            if (hosts == null) {
                FaultProxy proxy = proxy(plan.listens(i));
                toBrokers.add(proxy);
                plan.advertise(i, proxy.address());
            } else {
                plan.place(i, hosts.address(Site.BROKERS), hosts.on(Site.BROKERS));
            }
        }
        return plan.start();
    }

    private FaultProxy proxy(String to) {
        int colon = to.lastIndexOf(':');
        return new FaultProxy(
                to.substring(0, colon), Integer.parseInt(to.substring(colon + 1)), new Random(random.nextLong()));
    }

    private MeshPart mesh(int index, @Nullable KafkaCluster brokers) {
        String host = Site.mesh(index);
        int port = PORTS.next();
        String grpc = site.address(host) + ":" + port;
        String meta = zookeeper.address();
        List<String> settings = new ArrayList<>(
                List.of("mesh.grpc.host=" + site.address(host), "mesh.grpc.port=" + port, "mesh.http.port=0"));
        if (hosts == null) {
            FaultProxy toMeta = proxy(meta);
            toZookeeper.add(toMeta);
            meta = toMeta.address();
            FaultProxy door = proxy(grpc);
            toMeshes.add(door);
            FaultProxy peers = proxy(grpc);
            betweenMeshes.add(peers);
            // other runtimes come by the advertised way, clients by their own
            settings.add("mesh.grpc.advertise=" + peers.address());
            reroutes.add(peers.address() + "=" + door.address());
        } else {
            settings.add("security.anonymous=allow");
        }
        settings.add("meta.connect=" + meta);
        settings.add("meta.zookeeper.session-timeout=" + SESSION.toSeconds() + "s");
        // a start on a busy machine is no fault
        settings.add("meta.zookeeper.connect-timeout=60s");
        if (brokers == null) {
            settings.add("storage.type=rocksdb");
        } else {
            settings.add("storage.type=kafka");
            settings.add("storage.kafka.bootstrap-servers=" + brokers.bootstrapServers());
        }
        return new MeshPart("mesh-" + index, directory.resolve("mesh-" + index), site.on(host), settings);
    }

    /** The hosts, where each has its own. */
    Namespaces hosts() {
        return Optional.ofNullable(hosts).orElseThrow();
    }

    List<MeshPart> meshes() {
        return meshes;
    }

    ZooKeeperProcess zookeeper() {
        return zookeeper;
    }

    KafkaCluster kafka() {
        return Optional.ofNullable(kafka).orElseThrow();
    }

    /** Between clients and each mesh runtime. */
    List<FaultProxy> toMeshes() {
        return toMeshes;
    }

    /** Between each mesh runtime and ZooKeeper. */
    List<FaultProxy> toZookeeper() {
        return toZookeeper;
    }

    /** All ways on which something can happen, by name; for runtimes on Kafka. */
    Map<String, List<FaultProxy>> ways() {
        Map<String, List<FaultProxy>> ways = new LinkedHashMap<>();
        ways.put("client-mesh", toMeshes);
        ways.put("mesh-mesh", betweenMeshes);
        ways.put("mesh-kafka", toBrokers);
        ways.put("mesh-zookeeper", toZookeeper);
        return ways;
    }

    /** Waits until every process that was started is ready. */
    private void awaitReady() {
        meshes.forEach(MeshPart::awaitReady);
        int starts = brokerStarts();
        if (kafka != null && starts != servedStarts) {
            kafka.awaitServing();
            servedStarts = starts;
        }
    }

    private int brokerStarts() {
        return kafka == null
                ? 0
                : kafka.brokers().stream().mapToInt(KafkaBroker::starts).sum();
    }

    /** Traffic on a stream of its own, while one fault after the other comes and goes; then everything is judged. */
    Tally round(List<Fault> faults) throws Exception {
        int number = ++rounds;
        String name = "round" + number;
        String clients = String.join(
                " ",
                Stream.concat(Stream.of("zk://" + zookeeper.address()), reroutes.stream())
                        .toList());
        int rate = Chaos.rate(faults.stream().map(Fault::lasts).reduce(Duration.ZERO, Duration::plus));
        try (Traffic traffic =
                new Traffic(new Route(name, name), rate, site.on(Site.CLIENTS), clients, directory.resolve(name))) {
            traffic.awaitMoving(1_000);
            for (Fault fault : faults) {
                meet(fault, traffic);
            }
            Tally tally = traffic.finish();
            System.out.printf("round=%d rate=%d seed=%d %s%n", number, rate, Chaos.SEED, tally);
            traffic.failures().forEach(failure -> System.out.println("  a publish failed: " + failure));
            if (!tally.findings().isEmpty()) {
                System.out.println(lastWords());
            }
            return tally;
        }
    }

    private void meet(Fault fault, Traffic traffic) throws InterruptedException {
        traffic.disturbed(fault.name());
        try {
            fault.strike().run();
            long until = clock.nanoTime() + fault.lasts().toNanos();
            TestTime.awaitUntil(clock, until);
            fault.undo().run();
            long begin = clock.nanoTime();
            awaitReady();
            traffic.awaitMoving(100);
            Duration took = Duration.ofNanos(clock.nanoTime() - begin);
            System.out.printf("  %s: well again after %d ms%n", fault, took.toMillis());
            traffic.ready(took);
            traffic.awaitMoving(500);
        } catch (RuntimeException | Error failure) {
            throw new AssertionError("%s: %s%n%s".formatted(fault, failure.getMessage(), lastWords()), failure);
        }
    }

    /** The end of what each process printed. */
    String lastWords() {
        String brokers = kafka == null ? "" : kafka.logs();
        try {
            return meshes.stream().map(MeshPart::lastWords).collect(Collectors.joining("\n")) + "\n--- ZooKeeper\n"
                    + zookeeper.log() + brokers;
        } catch (IOException failure) {
            return failure.toString();
        }
    }

    private void close(@Nullable KafkaCluster brokers) {
        meshes.forEach(MeshPart::close);
        if (brokers != null) {
            brokers.close();
        }
        zookeeper.close();
        toMeshes.forEach(FaultProxy::close);
        betweenMeshes.forEach(FaultProxy::close);
        toZookeeper.forEach(FaultProxy::close);
        toBrokers.forEach(FaultProxy::close);
        site.close();
    }

    @Override
    public void close() {
        close(kafka);
    }
}
