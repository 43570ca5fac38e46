package io.eventmesh.admin.rest;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.eventmesh.admin.definition.Json;
import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.topic.Names;
import io.eventmesh.spi.mesh.GroupPlace;
import io.eventmesh.spi.mesh.SubscriptionDetail;
import io.eventmesh.spi.mesh.SubscriptionStatus;
import io.eventmesh.spi.storage.DeliveryTerms;
import io.eventmesh.spi.storage.Gap;
import java.util.List;

/** Subscriptions as people see them. What is secret in a destination is not shown. */
final class SubscriptionDocument {
    private SubscriptionDocument() {}

    /** Of one among many. */
    static ObjectNode of(SubscriptionStatus one, long lagMillis) {
        ObjectNode resource = Json.object();
        Documents.metadata(
                resource,
                one.name().group() + "@" + one.name().pattern(),
                one.name().namespace(),
                "{}",
                0);
        DeliveryTerms terms = one.terms();
        ObjectNode spec = resource.putObject("spec")
                .put("group", one.name().group())
                .put("pattern", one.name().pattern().value())
                .put("ordered", terms.ordered())
                .put("ackTimeout", terms.ackTimeout().toString());
        spec.putObject("retry")
                .put("maxAttempts", terms.retry().maxAttempts())
                .put("initialDelay", terms.retry().initialDelay().toString())
                .put("multiplier", terms.retry().multiplier())
                .put("maxDelay", terms.retry().maxDelay().toString());
        if (!terms.filter().isEmpty()) {
            spec.set("filter", Json.stored(terms.filter()));
        }
        if (terms.destination() != null) {
            spec.putObject("destination").put("kind", terms.destination().kind());
        }
        resource.putObject("status")
                .put("state", one.state().name())
                .put("members", one.members())
                .put("lagEvents", one.lagEvents())
                .put("lagSeconds", lagMillis / 1_000.0)
                .put("inFlight", one.inFlight())
                .put("parked", one.parked())
                .put("problem", one.problem());
        return resource;
    }

    /** Of one alone. */
    static ObjectNode of(SubscriptionDetail detail) {
        ObjectNode resource = of(detail.status(), detail.lagMillis());
        ObjectNode status = (ObjectNode) resource.get("status");
        status.put("paused", detail.paused());
        if (detail.oldestAppendMillis() > 0) {
            status.put("oldest", Documents.time(detail.oldestAppendMillis()));
        }
        ArrayNode gaps = status.putArray("gaps");
        for (Gap gap : detail.status().gaps()) {
            gaps.addObject()
                    .put("stream", gap.partition().stream().name())
                    .put("partition", gap.partition().index())
                    .put("from", gap.from())
                    .put("to", gap.to())
                    .put("count", gap.count())
                    .put("why", gap.why().name());
        }
        places(status.putArray("progress"), detail.places());
        return resource;
    }

    static void places(ArrayNode array, List<GroupPlace> places) {
        for (GroupPlace place : places) {
            array.addObject()
                    .put("stream", place.partition().stream().name())
                    .put("partition", place.partition().index())
                    .put("watermark", place.watermark())
                    .put("doneAbove", place.doneAbove())
                    .put("end", place.end());
        }
    }

    /** Changes with the terms and the pause, and not with every event. */
    static String tag(SubscriptionDetail detail) {
        return Integer.toHexString((detail.status().terms() + " " + detail.paused()).hashCode());
    }

    /**
     * That the caller said what it has read.
     *
     * @throws EventMeshException PRECONDITION_REQUIRED, PRECONDITION_FAILED
     */
    static void requireRead(Call call, SubscriptionDetail detail) {
        String match = call.headers().getOrDefault("if-match", "").strip();
        String tag = '"' + tag(detail) + '"';
        if (match.isEmpty()) {
            throw new EventMeshException(
                    ErrorCode.PRECONDITION_REQUIRED,
                    "If-Match: missing (expected: %s as in the ETag that was read, or *)".formatted(tag));
        }
        if (!match.equals("*") && !match.equals(tag)) {
            throw new EventMeshException(
                    ErrorCode.PRECONDITION_FAILED, "If-Match: %s (expected: %s)".formatted(Names.shown(match), tag));
        }
    }
}
