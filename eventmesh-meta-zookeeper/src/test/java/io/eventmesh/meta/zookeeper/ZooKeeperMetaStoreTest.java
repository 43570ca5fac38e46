package io.eventmesh.meta.zookeeper;

import io.eventmesh.common.time.MeshClock;
import io.eventmesh.spi.meta.MetaStore;
import io.eventmesh.testkit.meta.MetaStoreContractTest;
import java.nio.file.Path;
import java.time.Duration;
import org.apache.curator.test.TestingServer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;

/** The contract on a ZooKeeper of its own that is given by {@code meta.connect}. */
class ZooKeeperMetaStoreTest extends MetaStoreContractTest {
    private static final ZooKeeperConfig CONFIG =
            new ZooKeeperConfig(Duration.ofSeconds(4), Duration.ofSeconds(5), Duration.ofSeconds(1), 0);

    private static TestingServer server;

    @TempDir
    private Path data;

    @BeforeAll
    static void startServer() throws Exception {
        server = new TestingServer(true);
    }

    @AfterAll
    static void stopServer() throws Exception {
        server.close();
    }

    @Override
    protected MetaStore newStore() {
        return store(server.getConnectString(), cluster());
    }

    @Override
    protected MetaStore newStoreOfAnotherCluster() {
        return store(server.getConnectString(), cluster() + "-other");
    }

    @Override
    protected MetaStore newStoreWithoutBacking() {
        return new ZooKeeperMetaStoreProvider()
                .create(
                        new ZooKeeperConfig(Duration.ofSeconds(4), Duration.ofMillis(300), Duration.ofSeconds(1), 0),
                        "127.0.0.1:1",
                        cluster(),
                        MeshClock.system(),
                        data);
    }

    @Override
    protected void expireSession(MetaStore store) throws Exception {
        Sessions.expire(store, server.getConnectString());
    }

    @Override
    protected void stopBacking() throws Exception {
        server.stop();
    }

    @Override
    protected void resumeBacking() throws Exception {
        server.restart();
    }

    /** Each test has its own root on the one server. */
    private String cluster() {
        return "c" + data.getFileName();
    }

    /** The server makes its workers when it first needs them. */
    @Override
    protected boolean ofTheBacking(Thread thread) {
        return thread.getName().startsWith("NIOWorkerThread");
    }

    private MetaStore store(String connect, String cluster) {
        return new ZooKeeperMetaStoreProvider().create(CONFIG, connect, cluster, MeshClock.system(), data);
    }
}
