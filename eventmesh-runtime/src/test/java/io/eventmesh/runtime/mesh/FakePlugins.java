package io.eventmesh.runtime.mesh;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.runtime.mesh.lane.TopicTargetProvider;
import io.eventmesh.spi.function.FilterProvider;
import io.eventmesh.spi.plugin.Plugin;
import io.eventmesh.spi.plugin.Plugins;
import io.eventmesh.spi.target.TargetSenderProvider;
import java.util.List;

/** The plugins of a mesh in a test: topics and fakes. */
final class FakePlugins implements Plugins {
    private final List<Plugin> plugins;

    FakePlugins(TargetSenderProvider targets, FilterProvider filters) {
        plugins = List.of(new TopicTargetProvider(), targets, filters);
    }

    @Override
    public <P extends Plugin> List<P> all(Class<P> kind) {
        return plugins.stream().filter(kind::isInstance).map(kind::cast).toList();
    }

    @Override
    public <P extends Plugin> P named(Class<P> kind, String name) {
        return all(kind).stream()
                .filter(plugin -> plugin.name().equals(name))
                .findFirst()
                .orElseThrow(() -> new EventMeshException(ErrorCode.PLUGIN_UNKNOWN, "plugin: '" + name + "'"));
    }
}
