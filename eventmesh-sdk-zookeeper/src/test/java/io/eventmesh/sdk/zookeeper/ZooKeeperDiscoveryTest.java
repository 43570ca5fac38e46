package io.eventmesh.sdk.zookeeper;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.eventmesh.common.time.MeshClock;
import io.eventmesh.sdk.discovery.EndpointDiscovery;
import io.eventmesh.spi.mesh.MeshEndpoint;
import io.eventmesh.spi.meta.RuntimeRegistration;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.CuratorFrameworkFactory;
import org.apache.curator.retry.RetryNTimes;
import org.apache.curator.test.TestingServer;
import org.awaitility.core.ThrowingRunnable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class ZooKeeperDiscoveryTest {
    private static final String RUNTIMES = "/eventmesh/blue/runtimes";

    private final List<List<MeshEndpoint>> told = new CopyOnWriteArrayList<>();
    private final List<AutoCloseable> opened = new ArrayList<>();

    private TestingServer server;
    private CuratorFramework cluster;

    @BeforeEach
    void startServer() throws Exception {
        server = new TestingServer(true);
        opened.add(server);
        cluster = CuratorFrameworkFactory.newClient(server.getConnectString(), new RetryNTimes(50, 100));
        cluster.start();
        opened.add(cluster);
    }

    @AfterEach
    void close() throws Exception {
        for (int i = opened.size() - 1; i >= 0; i--) {
            opened.get(i).close();
        }
    }

    @Test
    void theRuntimesWithAMeshAreToldOrderedAndChangesFollow() throws Exception {
        register("b", Map.of("mesh.grpc", "b:10205", "mesh.http", "http://b:10105"));
        register("a", Map.of("mesh.grpc", "a:10205"));
        register("admin-only", Map.of("admin.grpc", "c:10206"));

        discover();

        MeshEndpoint a = new MeshEndpoint("a", "a:10205", "");
        MeshEndpoint b = new MeshEndpoint("b", "b:10205", "http://b:10105");
        until(() -> assertThat(last()).containsExactly(a, b));
        cluster.delete().forPath(RUNTIMES + "/a");
        until(() -> assertThat(last()).containsExactly(b));
        cluster.setData().forPath(RUNTIMES + "/b", registration("b", Map.of("mesh.grpc", "b:9", "mesh.http", "")));
        until(() -> assertThat(last()).containsExactly(new MeshEndpoint("b", "b:9", "")));
    }

    @Test
    void aClusterWithoutRuntimesIsToldEmptyAndItsFirstOneSeen() throws Exception {
        discover();
        until(() -> assertThat(told).containsExactly(List.of()));

        register("a", Map.of("mesh.grpc", "a:10205"));

        until(() -> assertThat(last()).extracting(MeshEndpoint::runtime).containsExactly("a"));
    }

    @Test
    void aRegistrationThatIsNotUnderstoodIsLeftOut() throws Exception {
        cluster.create().creatingParentsIfNeeded().forPath(RUNTIMES + "/odd", new byte[] {1, 2, 3});
        register("a", Map.of("mesh.grpc", "a:10205"));

        discover();

        until(() -> assertThat(last()).extracting(MeshEndpoint::runtime).containsExactly("a"));
    }

    @Test
    void anOutageKeepsTheLastListAndAfterItTheNewOneIsTold() throws Exception {
        register("a", Map.of("mesh.grpc", "a:10205"));
        discover();
        until(() -> assertThat(last()).hasSize(1));

        server.stop();
        await().during(Duration.ofMillis(500))
                .atMost(Duration.ofSeconds(5))
                .untilAsserted(() -> assertThat(told).hasSize(1));
        server.restart();
        cluster.delete().forPath(RUNTIMES + "/a");
        register("b", Map.of("mesh.grpc", "b:10205"));

        until(() -> assertThat(last()).extracting(MeshEndpoint::runtime).containsExactly("b"));
    }

    @Test
    void itKeepsTryingWhenTheMetaStoreComesLater() throws Exception {
        register("a", Map.of("mesh.grpc", "a:10205"));
        server.stop();

        discover();
        assertThat(told).isEmpty();
        server.restart();

        until(() -> assertThat(last()).extracting(MeshEndpoint::runtime).containsExactly("a"));
        assertThat(told).doesNotContain(List.of());
    }

    @Test
    void afterCloseNothingIsToldAndNoThreadIsLeft() throws Exception {
        register("a", Map.of("mesh.grpc", "a:10205"));
        EndpointDiscovery discovery = discover();
        until(() -> assertThat(last()).hasSize(1));

        discovery.close();
        discovery.close();
        cluster.delete().forPath(RUNTIMES + "/a");

        assertThat(told).hasSize(1);
        assertThat(Thread.getAllStackTraces().keySet())
                .extracting(Thread::getName)
                .noneMatch(name -> name.startsWith("sdk-"));
    }

    private EndpointDiscovery discover() {
        EndpointDiscovery discovery = new ZooKeeperDiscoveryProvider()
                .create("zk://" + server.getConnectString() + "/blue", MeshClock.system());
        opened.add(discovery);
        discovery.start(told::add);
        return discovery;
    }

    private void register(String id, Map<String, String> endpoints) throws Exception {
        cluster.create().creatingParentsIfNeeded().forPath(RUNTIMES + "/" + id, registration(id, endpoints));
    }

    private static byte[] registration(String id, Map<String, String> endpoints) {
        return new RuntimeRegistration(id, "1", List.of("mesh"), "dev", endpoints, 0).encode();
    }

    private List<MeshEndpoint> last() {
        return told.get(told.size() - 1);
    }

    private static void until(ThrowingRunnable assertion) {
        await().ignoreExceptions().atMost(Duration.ofSeconds(15)).untilAsserted(assertion);
    }
}
