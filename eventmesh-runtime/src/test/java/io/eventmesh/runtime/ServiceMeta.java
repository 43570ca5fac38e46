package io.eventmesh.runtime;

import io.eventmesh.common.time.MeshClock;
import io.eventmesh.runtime.TestPlugins.RoleKeys;
import io.eventmesh.spi.meta.MetaStore;
import io.eventmesh.spi.meta.MetaStoreProvider;
import java.nio.file.Path;

/** The meta store of one process; a service where a test says so. */
public final class ServiceMeta implements MetaStoreProvider<RoleKeys> {
    @Override
    public String name() {
        return "one-process";
    }

    @Override
    public Class<RoleKeys> configType() {
        return RoleKeys.class;
    }

    @Override
    public RoleKeys defaults() {
        return new RoleKeys(1);
    }

    @Override
    public MetaStore create(RoleKeys config, String connect, String cluster, MeshClock clock, Path dataDirectory) {
        return new InMemoryMetaStore(InMemoryMetaStore.cluster());
    }
}
