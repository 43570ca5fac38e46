package io.eventmesh.cli.admin;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.topic.Names;
import io.eventmesh.spi.plugin.Plugin;
import io.eventmesh.spi.plugin.Plugins;
import java.util.Comparator;
import java.util.List;
import java.util.ServiceLoader;

/** The plugins that lie beside the command line: those of the distribution. Immutable. */
final class ClassPathPlugins implements Plugins {
    @Override
    public <P extends Plugin> List<P> all(Class<P> kind) {
        return ServiceLoader.load(kind).stream()
                .map(ServiceLoader.Provider::get)
                .sorted(Comparator.comparing(Plugin::name))
                .toList();
    }

    @Override
    public <P extends Plugin> P named(Class<P> kind, String name) {
        List<P> all = all(kind);
        return all.stream()
                .filter(plugin -> plugin.name().equals(name))
                .findFirst()
                .orElseThrow(() -> new EventMeshException(
                        ErrorCode.PLUGIN_UNKNOWN,
                        "%s: '%s' (expected one of: %s)"
                                .formatted(
                                        kind.getSimpleName(),
                                        Names.shown(name),
                                        all.stream().map(Plugin::name).toList())));
    }
}
