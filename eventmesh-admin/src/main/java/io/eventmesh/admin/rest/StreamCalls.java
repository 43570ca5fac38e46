package io.eventmesh.admin.rest;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.eventmesh.admin.definition.Json;
import io.eventmesh.admin.sync.MeshPeers;
import io.eventmesh.spi.mesh.StreamStatus;

/** Streams of the mesh. */
final class StreamCalls implements RestCalls {
    private final MeshPeers peers;

    StreamCalls(MeshPeers peers) {
        this.peers = peers;
    }

    @Override
    public void routes(Routes routes) {
        routes.read("listStreams", "/streams", this::list);
    }

    private Answer list(Call call) {
        String namespace = call.namespace();
        return call.pageOf(
                peers.streams(namespace, "", 0).items().stream()
                        .filter(stream -> stream.name().namespace().equals(namespace))
                        .toList(),
                StreamCalls::document,
                stream -> stream.name().name());
    }

    private static ObjectNode document(StreamStatus stream) {
        ObjectNode resource = Json.object();
        Documents.metadata(resource, stream.name().name(), stream.name().namespace(), "{}", 0);
        resource.putObject("spec").put("partitions", stream.partitions());
        resource.putObject("status")
                .put("events", stream.events())
                .put("bytes", stream.bytes())
                .put("durability", stream.durability().name());
        return resource;
    }
}
