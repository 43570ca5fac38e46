package io.eventmesh.admin.rest;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.eventmesh.admin.definition.Json;
import io.eventmesh.admin.sync.MeshPeers;
import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.topic.StreamName;
import io.eventmesh.common.topic.SubscriptionName;
import io.eventmesh.spi.mesh.GroupPlace;
import io.eventmesh.spi.mesh.MeshAdmin;
import io.eventmesh.spi.mesh.MeshAdminProtos;
import io.eventmesh.spi.mesh.SubscriptionDetail;
import io.eventmesh.spi.mesh.SubscriptionStatus;
import io.eventmesh.spi.storage.Position;
import io.eventmesh.spi.storage.Start;
import io.eventmesh.spi.storage.StreamPartition;
import io.vertx.core.http.HttpMethod;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.Map;

/** Subscriptions of the mesh: list, read, pause, resume, seek, delete. */
final class SubscriptionCalls implements RestCalls {
    private final MeshPeers peers;

    SubscriptionCalls(MeshPeers peers) {
        this.peers = peers;
    }

    @Override
    public void routes(Routes routes) {
        routes.read("listSubscriptions", "/subscriptions", this::list)
                .read("getSubscription", "/subscriptions/{id}", this::get)
                .action("pauseSubscription", HttpMethod.POST, "/subscriptions/{id}:pause", call -> pause(call, true))
                .action("resumeSubscription", HttpMethod.POST, "/subscriptions/{id}:resume", call -> pause(call, false))
                .plannedAction("seekSubscription", HttpMethod.POST, "/subscriptions/{id}:seek", this::seek)
                .action("deleteSubscription", HttpMethod.DELETE, "/subscriptions/{id}", this::delete);
    }

    private Answer list(Call call) {
        MeshPeers.Found<SubscriptionStatus> found =
                peers.subscriptions(call.namespace(), call.after(), call.limit() + 1);
        Map<SubscriptionName, Long> lags = peers.lagMillis(found.items().stream()
                .limit(call.limit())
                .filter(one -> one.lagEvents() > 0)
                .map(SubscriptionStatus::name)
                .toList());
        return MeshPages.of(
                call,
                found,
                one -> SubscriptionDocument.of(one, lags.getOrDefault(one.name(), 0L)),
                one -> one.name().toString());
    }

    private Answer get(Call call) {
        return answer(200, detail(name(call)));
    }

    private Answer pause(Call call, boolean paused) {
        SubscriptionName name = name(call);
        if (call.headers().containsKey("if-match")) {
            SubscriptionDocument.requireRead(call, detail(name));
        }
        return answer(200, peers.subscription(admin -> admin.pause(name, paused)));
    }

    private Answer seek(Call call) {
        SubscriptionName name = name(call);
        Start start = start(name.namespace(), call.document());
        if (!call.dryRun()) {
            SubscriptionDocument.requireRead(call, detail(name));
        }
        MeshAdmin.Seek seek = peers.first(admin -> admin.seek(name, start, call.dryRun()));
        ObjectNode moved = Json.object();
        SubscriptionDocument.places(moved.putArray("before"), seek.before());
        SubscriptionDocument.places(moved.putArray("after"), seek.after());
        return Answer.ok(moved.put(
                "lagEvents",
                seek.after().stream().mapToLong(GroupPlace::lagEvents).sum()));
    }

    private Answer delete(Call call) {
        SubscriptionName name = name(call);
        SubscriptionDocument.requireRead(call, detail(name));
        if (!peers.every(admin -> admin.deleteSubscription(name)).contains(true)) {
            throw Refusals.unknown("subscription", call.path("id"));
        }
        return Answer.empty(204);
    }

    private SubscriptionDetail detail(SubscriptionName name) {
        return peers.subscription(admin -> admin.subscription(name));
    }

    private static Answer answer(int status, SubscriptionDetail detail) {
        return Answer.json(status, SubscriptionDocument.of(detail)).tag(SubscriptionDocument.tag(detail));
    }

    private static SubscriptionName name(Call call) {
        return MeshAdminProtos.subscription(call.namespace(), call.path("id"));
    }

    private static Start start(String namespace, ObjectNode document) {
        JsonNode to = document.path("to");
        if (to.isTextual() && to.asText().equals("earliest")) {
            return Start.earliest();
        }
        if (to.isTextual() && to.asText().equals("latest")) {
            return Start.latest();
        }
        if (to.path("time").isTextual()) {
            try {
                return new Start.AtTime(Instant.parse(to.path("time").asText()));
            } catch (DateTimeException none) {
                throw new EventMeshException(
                        ErrorCode.REQUEST_INVALID,
                        "/to/time: '%s' (expected: a time such as 2030-01-31T12:00:00Z)"
                                .formatted(to.path("time").asText()),
                        none);
            }
        }
        if (to.path("stream").isTextual()
                && to.path("partition").canConvertToInt()
                && to.path("offset").canConvertToLong()
                && to.path("partition").isInt()
                && to.path("offset").isIntegralNumber()) {
            return new Start.AtPosition(new Position(
                    new StreamPartition(
                            new StreamName(namespace, to.path("stream").asText()),
                            to.path("partition").asInt()),
                    to.path("offset").asLong()));
        }
        throw Refusals.invalid(
                "/to", to.toString(), "'earliest', 'latest', {\"time\"} or {\"stream\",\"partition\",\"offset\"}");
    }
}
