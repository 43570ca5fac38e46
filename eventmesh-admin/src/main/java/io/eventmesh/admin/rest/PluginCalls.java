package io.eventmesh.admin.rest;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.eventmesh.admin.definition.ConnectorPlugins;
import io.eventmesh.admin.definition.Json;
import java.util.Locale;

/** Connector plugins with their JSON Schema. */
final class PluginCalls implements RestCalls {
    private final ConnectorPlugins plugins;

    PluginCalls(ConnectorPlugins plugins) {
        this.plugins = plugins;
    }

    @Override
    public void routes(Routes routes) {
        routes.read("listPlugins", "/plugins", this::list);
    }

    private Answer list(Call call) {
        return call.pageOf(
                plugins.all(),
                PluginCalls::document,
                known -> known.plugin().kind() + "/" + known.plugin().name());
    }

    private static ObjectNode document(ConnectorPlugins.Known known) {
        ObjectNode resource = Json.object();
        resource.put("kind", known.plugin().kind().toUpperCase(Locale.ROOT))
                .put("name", known.plugin().name())
                .put("version", known.plugin().version());
        ArrayNode runtimes = resource.putArray("runtimes");
        known.runtimes().forEach(runtimes::add);
        if (!known.plugin().schema().isEmpty()) {
            resource.set("schema", Json.stored(known.plugin().schema()));
        }
        return resource;
    }
}
