package io.eventmesh.tests.fault.cluster;

import static org.awaitility.Awaitility.await;

import io.eventmesh.tests.fault.net.FaultProxy;
import io.eventmesh.tests.fault.net.Way;
import io.eventmesh.tests.kafka.KafkaBroker;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.Consumer;

/** The faults of one scene. */
final class Faults {
    private static final Duration CONNECTED_LIMIT = Duration.ofSeconds(60);

    private final ClusterScene scene;
    private final Random random;

    Faults(ClusterScene scene, Random random) {
        this.scene = scene;
        this.random = random;
    }

    private Duration between(int fromMillis, int toMillis) {
        return Duration.ofMillis(fromMillis + random.nextInt(toMillis - fromMillis + 1));
    }

    private MeshPart anyMesh() {
        return scene.meshes().get(random.nextInt(scene.meshes().size()));
    }

    /** SIGKILL of a mesh runtime, which comes back soon. */
    Fault killMesh() {
        MeshPart mesh = anyMesh();
        return new Fault("SIGKILL " + mesh, between(0, 1_000), mesh::kill, mesh::start);
    }

    /** SIGTERM of a mesh runtime, which comes back soon. */
    Fault terminateMesh() {
        MeshPart mesh = anyMesh();
        return new Fault("SIGTERM " + mesh, between(0, 1_000), mesh::terminate, mesh::start);
    }

    /** SIGSTOP of a mesh runtime: longer than a ZooKeeper session, shorter than nothing else. */
    Fault pauseMesh(Duration lasts) {
        MeshPart mesh = anyMesh();
        return new Fault("SIGSTOP " + mesh, lasts, mesh::pause, mesh::resume);
    }

    List<Fault> processes() {
        return List.of(killMesh(), terminateMesh(), pauseMesh(between(3_000, 8_000)));
    }

    /** ZooKeeper does not run. */
    Fault zookeeperAway(Duration lasts) {
        return new Fault(
                "ZooKeeper stopped",
                lasts,
                scene.zookeeper()::kill,
                () -> scene.zookeeper().start());
    }

    /** A runtime's session with ZooKeeper ends while both go on. */
    Fault expiredSession() {
        FaultProxy proxy =
                scene.toZookeeper().get(random.nextInt(scene.toZookeeper().size()));
        return new Fault(
                "session expiry",
                ClusterScene.SESSION.plus(between(1_000, 2_000)),
                () -> proxy.stall(Way.values()),
                proxy::heal);
    }

    /** Everything that can happen to a link, once. */
    List<Fault> link(String name, List<FaultProxy> proxies) {
        Way lame = random.nextBoolean() ? Way.TO_SERVER : Way.TO_CLIENT;
        List<Fault> faults = new ArrayList<>();
        faults.add(cut(name, proxies));
        faults.add(reset(name, proxies));
        faults.add(onAll(name + " silent", between(1_000, 5_000), proxies, proxy -> proxy.stall(Way.values())));
        faults.add(onAll(name + " half open " + lame, between(1_000, 5_000), proxies, proxy -> proxy.swallow(lame)));
        faults.add(delay(name, proxies));
        faults.add(onAll(
                name + " broken in a frame",
                between(500, 1_500),
                proxies,
                proxy -> proxy.resetAfter(Way.TO_SERVER, 1 + random.nextInt(20_000))));
        faults.add(onAll(name + " narrow", between(1_000, 4_000), proxies, proxy -> proxy.bandwidth(500_000)));
        return faults;
    }

    private Fault cut(String name, List<FaultProxy> proxies) {
        return onAll(name + " cut", between(500, 3_000), proxies, FaultProxy::cut);
    }

    private Fault reset(String name, List<FaultProxy> proxies) {
        return onAll(name + " reset", Duration.ZERO, proxies, FaultProxy::reset);
    }

    private Fault delay(String name, List<FaultProxy> proxies) {
        return onAll(
                name + " slow",
                between(1_000, 4_000),
                proxies,
                proxy -> proxy.delay(Duration.ofMillis(50), Duration.ofMillis(100)));
    }

    /** A cut, a reset and a delay, each on one of the ways. */
    List<Fault> someLinks() {
        List<Map.Entry<String, List<FaultProxy>>> ways =
                new ArrayList<>(scene.ways().entrySet());
        Collections.shuffle(ways, random);
        return List.of(
                cut(ways.get(0).getKey(), ways.get(0).getValue()),
                reset(ways.get(1).getKey(), ways.get(1).getValue()),
                delay(ways.get(2).getKey(), ways.get(2).getValue()));
    }

    /** Everything that can happen to the links of each way, once; by way. */
    List<List<Fault>> allLinks() {
        List<List<Fault>> all = new ArrayList<>();
        scene.ways().forEach((name, proxies) -> {
            List<Fault> faults = link(name, proxies);
            Collections.shuffle(faults, random);
            all.add(faults);
        });
        return all;
    }

    /** One broker after the other ends in good order, and comes back. */
    List<Fault> rollingBrokers() {
        return scene.kafka().brokers().stream().map(this::restartBroker).toList();
    }

    private static Fault onAll(String name, Duration lasts, List<FaultProxy> proxies, Consumer<FaultProxy> strike) {
        return new Fault(
                name,
                lasts,
                () -> {
                    awaitConnected(name, proxies);
                    proxies.forEach(strike);
                },
                () -> proxies.forEach(FaultProxy::heal));
    }

    /** Where nothing passes a fault would be none. */
    private static void awaitConnected(String name, List<FaultProxy> proxies) {
        await(name + ": something passes there")
                .atMost(CONNECTED_LIMIT)
                .until(() -> proxies.stream().anyMatch(proxy -> proxy.connections() > 0));
    }

    /** A broker ends in good order, and comes back. */
    Fault restartBroker(KafkaBroker broker) {
        return new Fault("SIGTERM " + broker, between(0, 1_000), broker::terminate, broker::start);
    }

    /** A broker is killed, and comes back. */
    Fault killBroker(KafkaBroker broker) {
        return new Fault("SIGKILL " + broker, between(0, 1_000), broker::kill, broker::start);
    }
}
