package io.eventmesh.tests.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.eventmesh.common.time.MeshClock;
import io.eventmesh.sdk.EventMesh;
import io.eventmesh.tests.kafka.KafkaCluster;
import io.eventmesh.tests.process.FreePorts;
import io.eventmesh.tests.process.Installation;
import io.eventmesh.tests.process.MeshProcess;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.apache.curator.test.InstanceSpec;
import org.apache.curator.test.TestingServer;

/** Mesh runtimes of one cluster, each an installation of its own. */
final class Runtimes implements AutoCloseable {
    private static final FreePorts PORTS = new FreePorts();
    private static final Duration STOP_LIMIT = Duration.ofSeconds(20);

    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private final MeshClock clock = MeshClock.system();
    private final TestingServer zookeeper;
    private final List<String> settings;
    private final List<Installation> installations = new ArrayList<>();
    private final List<Integer> ports = new ArrayList<>();
    private final List<MeshProcess> processes = new ArrayList<>();
    private Duration slowestStop = Duration.ZERO;

    /** @param settings {@code key=value} for all of them */
    Runtimes(Path directory, int count, String... settings) throws Exception {
        this.zookeeper = new TestingServer(new InstanceSpec(null, -1, -1, -1, true, -1, 250, -1), true);
        this.settings = List.of(settings);
        for (int i = 0; i < count; i++) {
            installations.add(new Installation(directory.resolve("mesh-" + i)));
            ports.add(PORTS.next());
            processes.add(launch(i));
        }
        processes.forEach(MeshProcess::awaitReady);
    }

    /** Runtimes that share what the brokers keep. */
    static Runtimes onKafka(Path directory, int count, KafkaCluster kafka) throws Exception {
        return new Runtimes(
                directory,
                count,
                "storage.type=kafka",
                "storage.kafka.session-timeout=6s",
                "storage.kafka.bootstrap-servers=" + kafka.bootstrapServers());
    }

    private MeshProcess launch(int index) {
        List<String> arguments = new ArrayList<>(List.of("--role=mesh"));
        List<String> all = new ArrayList<>(List.of(
                "mesh.http.port=0",
                "mesh.grpc.port=" + ports.get(index),
                "meta.connect=" + zookeeper.getConnectString(),
                "meta.zookeeper.session-timeout=10s",
                "meta.zookeeper.connect-timeout=60s"));
        all.addAll(settings);
        all.forEach(setting -> {
            arguments.add("--set");
            arguments.add(setting);
        });
        return installations.get(index).start("mesh-" + index, arguments.toArray(String[]::new));
    }

    int count() {
        return processes.size();
    }

    MeshProcess process(int index) {
        return processes.get(index);
    }

    /** A client that finds them wherever they are, and waits for one as long as it takes to start. */
    EventMesh client() {
        return EventMesh.builder()
                .address("zk://" + zookeeper.getConnectString())
                .publishTimeout(PATIENCE)
                .build();
    }

    /** A client that begins at this one, and learns of the others there. */
    EventMesh clientAt(int index) {
        return EventMesh.builder()
                .seeds("grpc://127.0.0.1:" + ports.get(index))
                .publishTimeout(PATIENCE)
                .build();
    }

    /** SIGTERM; returns when the process has ended by itself and in time. */
    void stop(int index) {
        MeshProcess process = processes.get(index);
        long begin = clock.nanoTime();
        process.terminate();
        assertThat(process.awaitExit(STOP_LIMIT)).as("%s", process.out()).isIn(0, 143);
        Duration took = Duration.ofNanos(clock.nanoTime() - begin);
        slowestStop = took.compareTo(slowestStop) > 0 ? took : slowestStop;
        assertThat(process.out() + process.err()).contains("Stopped.").doesNotContain("before everything was drained");
    }

    /** Starts it again; returns when it is ready. */
    void start(int index) {
        processes.set(index, launch(index).awaitReady());
    }

    Duration slowestStop() {
        return slowestStop;
    }

    @Override
    public void close() throws IOException {
        installations.forEach(Installation::close);
        zookeeper.close();
    }
}
