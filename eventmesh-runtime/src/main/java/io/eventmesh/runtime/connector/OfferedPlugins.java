package io.eventmesh.runtime.connector;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.eventmesh.proto.v1.Plugin;
import io.eventmesh.spi.connector.ConnectorProvider;
import io.eventmesh.spi.connector.SinkConnectorProvider;
import io.eventmesh.spi.connector.SourceConnectorProvider;
import io.eventmesh.spi.plugin.Plugins;
import java.util.ArrayList;
import java.util.List;

/** The connector plugins of this process, as the admin is told. */
final class OfferedPlugins {
    private static final ObjectMapper JSON = new ObjectMapper();

    private OfferedPlugins() {}

    static List<Plugin> of(Plugins plugins) {
        List<Plugin> found = new ArrayList<>();
        for (SourceConnectorProvider<?> each : plugins.all(SourceConnectorProvider.class)) {
            found.add(described("source", each));
        }
        for (SinkConnectorProvider<?> each : plugins.all(SinkConnectorProvider.class)) {
            found.add(described("sink", each));
        }
        return found;
    }

    private static <C extends Record> Plugin described(String kind, ConnectorProvider<C> provider) {
        String schema;
        try {
            schema = JSON.writeValueAsString(provider.schema());
        } catch (JsonProcessingException impossible) {
            throw new IllegalStateException("a schema is plain data", impossible);
        }
        return Plugin.newBuilder()
                .setKind(kind)
                .setName(provider.name())
                .setVersion(provider.version())
                .setSchema(schema)
                .build();
    }
}
