package io.eventmesh.tests.fault;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.eventmesh.common.time.MeshClock;
import io.eventmesh.sdk.EventMesh;
import io.eventmesh.testkit.checker.Audience;
import io.eventmesh.testkit.checker.Checker;
import io.eventmesh.testkit.checker.Finding.Kind;
import io.eventmesh.testkit.checker.History;
import io.eventmesh.testkit.checker.Observation;
import io.eventmesh.testkit.checker.Verdict;
import io.eventmesh.tests.process.Installation;
import io.eventmesh.tests.process.MeshProcess;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.apache.curator.test.InstanceSpec;
import org.apache.curator.test.TestingServer;

/** A mesh as a process that can be killed and started again at the same address, and the histories of its clients. */
final class Scene implements AutoCloseable {
    private static final Duration REST_LIMIT = Duration.ofMinutes(2);
    private static final Duration SILENCE = Duration.ofSeconds(3);

    private final TestingServer zookeeper;
    private final Installation installation;
    private final String[] settings;
    private final MeshClock clock = MeshClock.system();
    private final List<Observation> disturbances = new ArrayList<>();
    private MeshProcess mesh;

    /** @param settings {@code key=value} for the mesh */
    Scene(Path directory, String... settings) throws Exception {
        this.zookeeper = new TestingServer(new InstanceSpec(null, -1, -1, -1, true, -1, 250, -1), true);
        this.installation = new Installation(directory);
        this.settings = settings;
        this.mesh = launch().awaitReady();
    }

    private MeshProcess launch() {
        List<String> arguments = new ArrayList<>(List.of("--role=mesh"));
        Stream.concat(
                        Stream.of(
                                "mesh.http.port=0",
                                "mesh.grpc.port=0",
                                "meta.connect=" + zookeeper.getConnectString(),
                                "meta.zookeeper.session-timeout=2s",
                                "meta.zookeeper.connect-timeout=60s"),
                        Stream.of(settings))
                .forEach(setting -> {
                    arguments.add("--set");
                    arguments.add(setting);
                });
        return installation.start("mesh", arguments.toArray(String[]::new));
    }

    /** Where clients find the mesh, whichever address it has at the moment. */
    String address() {
        return "zk://" + zookeeper.getConnectString();
    }

    EventMesh client() {
        return EventMesh.builder().address(address()).build();
    }

    MeshProcess mesh() {
        return mesh;
    }

    /** SIGKILL and a new start; answers how long it took until it was ready again. */
    Duration killMesh() {
        mesh.kill();
        long begin = clock.nanoTime();
        mesh = launch().awaitReady();
        return Duration.ofNanos(clock.nanoTime() - begin);
    }

    /** Something was done that may bring so many events again. */
    void disturbed(String what, long mayRepeat) {
        disturbances.add(new Observation.Disturbed(clock.nanoTime(), Route.ORDERS.group(), what, mayRepeat));
    }

    /** Waits until all is answered and no subscriber gets anything any more. */
    void awaitRest(Flood flood, Subscribers subscribers) {
        await("every event is answered").atMost(REST_LIMIT).until(flood::isAnswered);
        long[] before = {-1, clock.nanoTime()};
        await("subscribers have everything")
                .atMost(REST_LIMIT)
                .pollInterval(Duration.ofMillis(200))
                .until(() -> {
                    long written = subscribers.written();
                    long now = clock.nanoTime();
                    if (written != before[0]) {
                        before[0] = written;
                        before[1] = now;
                    }
                    return now - before[1] > SILENCE.toNanos();
                });
    }

    /** Holds what all saw against the promises. */
    Verdict judge(Flood flood, Subscribers subscribers) {
        History history = new History();
        flood.tell(history);
        subscribers.tell(history);
        history.addAll(disturbances);
        Verdict verdict = new Checker(List.of(Audience.ofAll(Route.ORDERS.group())), false).check(history);
        assertThat(verdict.findings().stream().limit(20)).as(verdict.summary()).isEmpty();
        assertThat(verdict.has(Kind.LOSS)).isFalse();
        return verdict;
    }

    @Override
    public void close() throws IOException {
        installation.close();
        zookeeper.close();
    }
}
