package io.eventmesh.admin.rest;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.eventmesh.admin.definition.Json;
import io.eventmesh.admin.sync.MeshPeers;
import io.eventmesh.spi.mesh.SubscriptionStatus;

/** Subscriptions of the mesh. */
final class SubscriptionCalls implements RestCalls {
    private final MeshPeers peers;

    SubscriptionCalls(MeshPeers peers) {
        this.peers = peers;
    }

    @Override
    public void routes(Routes routes) {
        routes.read("listSubscriptions", "/subscriptions", this::list);
    }

    private Answer list(Call call) {
        String namespace = call.namespace();
        return call.pageOf(
                peers.subscriptions(namespace, "", 0).items().stream()
                        .filter(one -> one.name().namespace().equals(namespace))
                        .toList(),
                SubscriptionCalls::document,
                one -> one.name().toString());
    }

    private static ObjectNode document(SubscriptionStatus one) {
        ObjectNode resource = Json.object();
        Documents.metadata(
                resource,
                one.name().group() + "@" + one.name().pattern(),
                one.name().namespace(),
                "{}",
                0);
        resource.putObject("spec")
                .put("group", one.name().group())
                .put("pattern", one.name().pattern().value());
        resource.putObject("status")
                .put("state", one.state().name())
                .put("members", one.members())
                .put("lagEvents", one.lagEvents())
                .put("inFlight", one.inFlight())
                .put("parked", one.parked());
        return resource;
    }
}
