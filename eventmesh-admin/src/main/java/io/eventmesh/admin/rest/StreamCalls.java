package io.eventmesh.admin.rest;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.eventmesh.admin.definition.Json;
import io.eventmesh.admin.sync.MeshPeers;
import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.topic.StreamName;
import io.eventmesh.common.topic.TopicName;
import io.eventmesh.spi.mesh.StreamDetail;
import io.eventmesh.spi.mesh.StreamStatus;
import io.eventmesh.spi.storage.Peek;
import io.eventmesh.spi.storage.StreamPartition;
import io.vertx.core.http.HttpMethod;

/** Streams of the mesh: list, read, make, delete, purge, and the events that lie in them. */
final class StreamCalls implements RestCalls {
    private static final int MAX_EVENTS = 100;
    private static final long MAX_BYTES = 1 << 20;
    private static final int MAX_PARTITIONS = 10_000;

    private final MeshPeers peers;

    StreamCalls(MeshPeers peers) {
        this.peers = peers;
    }

    @Override
    public void routes(Routes routes) {
        routes.read("listStreams", "/streams", this::list)
                .action("createStream", HttpMethod.POST, "/streams", this::create)
                .read("getStream", "/streams/{name}", this::get)
                .action("deleteStream", HttpMethod.DELETE, "/streams/{name}", this::delete)
                .action("purgeStream", HttpMethod.POST, "/streams/{name}:purge", this::purge)
                .read("peekStream", "/streams/{name}/events", this::events);
    }

    private Answer list(Call call) {
        MeshPeers.Found<StreamStatus> found = peers.streams(call.namespace(), call.after(), call.limit() + 1);
        return MeshPages.of(
                call, found, StreamCalls::document, stream -> stream.name().toString());
    }

    private Answer get(Call call) {
        StreamName name = name(call);
        return Answer.ok(whole(peers.first(admin -> admin.stream(name))));
    }

    private Answer create(Call call) {
        ObjectNode document = call.document();
        String name = document.at("/metadata/name").asText("");
        StreamName stream = new StreamName(call.namespace(), TopicName.of(name).value());
        int partitions = document.at("/spec/partitions").asInt(0);
        if (document.has("spec")
                && document.get("spec").has("partitions")
                && (!document.at("/spec/partitions").isInt() || partitions < 1 || partitions > MAX_PARTITIONS)) {
            throw Refusals.invalid(
                    "/spec/partitions", document.at("/spec/partitions").toString(), "1.." + MAX_PARTITIONS);
        }
        boolean created = peers.first(admin -> admin.createStream(stream, partitions));
        return Answer.json(created ? 201 : 200, whole(peers.first(admin -> admin.stream(stream))));
    }

    private Answer delete(Call call) {
        StreamName name = name(call);
        requireConfirmed(name, call.query().getOrDefault("confirm", ""));
        boolean existed = peers.every(admin -> admin.deleteStream(name)).contains(true);
        if (!existed) {
            throw new EventMeshException(
                    ErrorCode.TOPIC_NOT_FOUND, "stream: '%s' (expected: one that exists)".formatted(name.name()));
        }
        return Answer.empty(204);
    }

    private Answer purge(Call call) {
        StreamName name = name(call);
        requireConfirmed(name, call.documentIfAny().path("confirm").asText(""));
        long removed = peers.first(admin -> admin.purgeStream(name));
        return Answer.ok(Json.object().put("removed", removed));
    }

    private static void requireConfirmed(StreamName name, String confirm) {
        if (!confirm.equals(name.name())) {
            throw Refusals.invalid("confirm", confirm, "'" + name.name() + "', the stream's name once more");
        }
    }

    private Answer events(Call call) {
        StreamName name = name(call);
        StreamPartition partition = new StreamPartition(name, (int) number(call, "partition", Integer.MAX_VALUE));
        long from = call.afterNumber(number(call, "from", Long.MAX_VALUE));
        int limit = call.limit(MAX_EVENTS, 20);
        Peek peek = peers.first(admin -> admin.peek(partition, from, limit, MAX_BYTES));
        ObjectNode page = Json.object();
        ArrayNode items = page.putArray("items");
        peek.records().forEach(record -> items.add(StoredEvents.document(record)));
        if (peek.next() < peek.end()) {
            page.put("nextCursor", Call.cursor(Long.toString(peek.next())));
        } else {
            page.putNull("nextCursor");
        }
        page.put("first", peek.first()).put("end", peek.end());
        return Answer.ok(page);
    }

    private static long number(Call call, String parameter, long most) {
        String text = call.query().getOrDefault(parameter, "0");
        try {
            long number = Long.parseLong(text);
            if (number >= 0 && number <= most) {
                return number;
            }
        } catch (NumberFormatException notANumber) {
            // refused below, like a number out of range
        }
        throw Refusals.invalid(parameter, text, "0 or more");
    }

    private static StreamName name(Call call) {
        return new StreamName(call.namespace(), call.name());
    }

    private static ObjectNode whole(StreamDetail detail) {
        ObjectNode resource = document(detail.status());
        ObjectNode status = (ObjectNode) resource.get("status");
        ArrayNode partitions = status.putArray("partitions");
        for (StreamDetail.Bounds bounds : detail.partitions()) {
            partitions
                    .addObject()
                    .put("index", bounds.index())
                    .put("first", bounds.first())
                    .put("end", bounds.end());
        }
        ArrayNode groups = status.putArray("groups");
        detail.groups().forEach(group -> groups.add(group.group() + "@" + group.pattern()));
        return resource;
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
