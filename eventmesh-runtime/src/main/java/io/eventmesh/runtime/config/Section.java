package io.eventmesh.runtime.config;

import io.eventmesh.common.config.Binder;
import io.eventmesh.common.config.Bound;
import io.eventmesh.common.config.ConfigKey;
import io.eventmesh.spi.meta.MetaStoreProvider;
import io.eventmesh.spi.plugin.ConfiguredPlugin;
import io.eventmesh.spi.plugin.Plugins;
import io.eventmesh.spi.protocol.ProtocolServerProvider;
import io.eventmesh.spi.role.RoleProvider;
import io.eventmesh.spi.storage.StorageProvider;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * A part of the configuration that belongs to one plugin.
 *
 * @param path where it stands, {@code storage.memory}
 * @param type its record
 * @param defaults what holds when a key is absent
 */
record Section<C extends Record>(String path, Class<C> type, C defaults) {

    /** The sections of all plugins that were found, chosen or not, outer ones before those within. */
    static List<Section<?>> of(Plugins plugins) {
        List<Section<?>> sections = new ArrayList<>();
        plugins.all(RoleProvider.class).forEach(role -> add(sections, "", role));
        plugins.all(MetaStoreProvider.class).forEach(meta -> add(sections, "meta.", meta));
        plugins.all(StorageProvider.class).forEach(storage -> add(sections, "storage.", storage));
        plugins.all(ProtocolServerProvider.class).forEach(door -> add(sections, "mesh.", door));
        sections.sort(Comparator.comparing(Section::path));
        return List.copyOf(sections);
    }

    /** Takes the provider as it comes from its raw class literal. */
    private static void add(List<Section<?>> sections, String kind, ConfiguredPlugin<?> plugin) {
        sections.add(of(kind, plugin));
    }

    private static <C extends Record> Section<C> of(String kind, ConfiguredPlugin<C> plugin) {
        return new Section<>(kind + plugin.name(), plugin.configType(), plugin.defaults());
    }

    Bound<C> bind(Map<String, ?> tree, Map<String, Set<String>> alsoKnown) {
        return Binder.bind(type, defaults, tree, path, alsoKnown);
    }

    List<ConfigKey> keys() {
        return ConfigKey.of(type, defaults, path);
    }
}
