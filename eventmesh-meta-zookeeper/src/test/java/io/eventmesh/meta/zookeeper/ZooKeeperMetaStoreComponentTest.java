package io.eventmesh.meta.zookeeper;

import io.eventmesh.common.lifecycle.Component;
import io.eventmesh.common.time.MeshClock;
import io.eventmesh.testkit.ComponentContractTest;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.io.TempDir;

/** With the embedded server, so that its threads and files count too. */
class ZooKeeperMetaStoreComponentTest extends ComponentContractTest {
    @TempDir
    @SuppressWarnings("NullAway.Init") // by JUnit
    private Path data;

    @Override
    protected Component component() {
        ZooKeeperConfig config =
                new ZooKeeperConfig(Duration.ofSeconds(5), Duration.ofSeconds(15), Duration.ofSeconds(5), 0);
        return new ZooKeeperMetaStoreProvider().create(config, "", "test", MeshClock.system(), data);
    }

    @Override
    protected Optional<Path> directory() {
        return Optional.of(data);
    }
}
