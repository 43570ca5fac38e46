package io.eventmesh.rules;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.spi.plugin.Plugin;
import io.eventmesh.spi.plugin.Plugins;
import java.util.List;
import java.util.ServiceLoader;

/** What stands on the class path. */
final class InstalledPlugins implements Plugins {
    @Override
    public <P extends Plugin> List<P> all(Class<P> kind) {
        return ServiceLoader.load(kind).stream()
                .map(ServiceLoader.Provider::get)
                .toList();
    }

    @Override
    public <P extends Plugin> P named(Class<P> kind, String name) {
        return all(kind).stream()
                .filter(plugin -> plugin.name().equals(name))
                .findFirst()
                .orElseThrow(() -> new EventMeshException(ErrorCode.PLUGIN_UNKNOWN, kind + " " + name));
    }
}
