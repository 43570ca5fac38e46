package io.eventmesh.meta.zookeeper;

import io.eventmesh.common.time.MeshClock;
import io.eventmesh.spi.meta.MetaStore;
import io.eventmesh.spi.meta.MetaStoreProvider;
import java.nio.file.Path;

/** Makes the meta store named {@code zookeeper}. */
public final class ZooKeeperMetaStoreProvider implements MetaStoreProvider<ZooKeeperConfig> {
    @Override
    public String name() {
        return "zookeeper";
    }

    @Override
    public Class<ZooKeeperConfig> configType() {
        return ZooKeeperConfig.class;
    }

    @Override
    public ZooKeeperConfig defaults() {
        return ZooKeeperConfig.defaults();
    }

    @Override
    public MetaStore create(
            ZooKeeperConfig config, String connect, String cluster, MeshClock clock, Path dataDirectory) {
        return new ZooKeeperMetaStore(config, connect.strip(), new Paths(cluster), clock, dataDirectory);
    }
}
