package io.eventmesh.spi.storage;

import io.eventmesh.common.time.MeshClock;
import io.eventmesh.spi.plugin.ConfiguredPlugin;
import java.nio.file.Path;

/** Makes a storage; chosen by {@code storage.type}, configured under {@code storage.<name>}. */
public interface StorageProvider<C extends Record> extends ConfiguredPlugin<C> {
    /**
     * Makes the storage without starting it.
     *
     * @param dataDirectory where a node-local storage may keep files, in a directory of its own name
     */
    Storage create(C config, MeshClock clock, Path dataDirectory);
}
