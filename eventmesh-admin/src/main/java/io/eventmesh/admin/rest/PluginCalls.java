package io.eventmesh.admin.rest;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.eventmesh.admin.definition.ConnectorPlugins;
import io.eventmesh.admin.definition.Json;
import java.util.Locale;

/** Connector plugins with their JSON Schema. */
final class PluginCalls implements RestCalls {
    private static final Listing<ConnectorPlugins.Known> LISTING = new Listing<ConnectorPlugins.Known>(
                    "kind", PluginCalls::key, PluginCalls::key)
            .by("name", known -> known.plugin().name());

    private final ConnectorPlugins plugins;

    PluginCalls(ConnectorPlugins plugins) {
        this.plugins = plugins;
    }

    @Override
    public void routes(Routes routes) {
        routes.read("listPlugins", "/plugins", this::list).read("getPlugin", "/plugins/{kind}/{name}", this::get);
    }

    private Answer list(Call call) {
        return LISTING.page(call, plugins.all(), PluginCalls::document);
    }

    private Answer get(Call call) {
        String kind = call.path("kind");
        return plugins.all().stream()
                .filter(known -> known.plugin().kind().equalsIgnoreCase(kind)
                        && known.plugin().name().equals(call.name()))
                .findFirst()
                .map(known -> Answer.ok(document(known)))
                .orElseThrow(() -> Refusals.unknown(kind + " plugin", call.name()));
    }

    private static String key(ConnectorPlugins.Known known) {
        return known.plugin().kind() + "/" + known.plugin().name();
    }

    private static ObjectNode document(ConnectorPlugins.Known known) {
        ObjectNode resource = Json.object();
        resource.put("kind", known.plugin().kind().toUpperCase(Locale.ROOT))
                .put("name", known.plugin().name())
                .put("version", known.plugin().version());
        ArrayNode runtimes = resource.putArray("runtimes");
        known.runtimes().forEach(runtimes::add);
        ArrayNode versions = resource.putArray("versions");
        known.versions().forEach((version, owners) -> {
            ArrayNode have = versions.addObject().put("version", version).putArray("runtimes");
            owners.forEach(have::add);
        });
        if (!known.plugin().schema().isEmpty()) {
            resource.set("schema", Json.stored(known.plugin().schema()));
        }
        return resource;
    }
}
