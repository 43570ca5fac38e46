package io.eventmesh.spi.meta;

import io.eventmesh.common.time.MeshClock;
import io.eventmesh.spi.plugin.ConfiguredPlugin;
import java.nio.file.Path;

/** Makes a meta store; chosen by {@code meta.type}, configured under {@code meta.<name>}. */
public interface MetaStoreProvider<C extends Record> extends ConfiguredPlugin<C> {
    /**
     * Makes the store without starting it.
     *
     * @param connect where the store is, {@code host:port,…}; empty to host one on this machine for its processes, or
     *     join the one that is hosted already
     * @param cluster whose root is {@code /eventmesh/<cluster>}
     * @param dataDirectory where an embedded server keeps its files
     */
    MetaStore create(C config, String connect, String cluster, MeshClock clock, Path dataDirectory);
}
