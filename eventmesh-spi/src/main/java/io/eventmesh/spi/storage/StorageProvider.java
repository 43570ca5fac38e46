package io.eventmesh.spi.storage;

import io.eventmesh.spi.plugin.ConfiguredPlugin;

/** Makes a storage; chosen by {@code storage.type}, configured under {@code storage.<name>}. */
public interface StorageProvider<C extends Record> extends ConfiguredPlugin<C> {
    /** Makes the storage without starting it. */
    Storage create(C config, StorageContext context);
}
