package io.eventmesh.protocol.http;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.eventmesh.common.config.DurationText;
import io.eventmesh.common.topic.SubscriptionName;
import io.eventmesh.spi.mesh.CallContext;
import io.eventmesh.spi.mesh.SubscribeTerms;
import io.eventmesh.spi.mesh.SubscriptionStatus;
import io.eventmesh.spi.storage.DeliveryTerms;
import io.eventmesh.spi.storage.Gap;
import io.eventmesh.spi.storage.RetryPolicy;
import io.eventmesh.spi.target.Destination;
import java.util.Locale;

/** A subscription as clients see it: of its destination the address and the form, never what may be a secret. */
final class SubscriptionJson {
    private SubscriptionJson() {}

    /** One that was accepted and that the mesh does not list yet. */
    static ObjectNode accepted(CallContext call, SubscribeTerms terms) {
        return terms(new SubscriptionName(call.namespace(), terms.group(), terms.pattern()), terms.delivery());
    }

    static ObjectNode of(SubscriptionStatus subscription) {
        ObjectNode json = terms(subscription.name(), subscription.terms());
        ObjectNode status = json.putObject("status")
                .put(
                        "state",
                        subscription.state().name().toLowerCase(Locale.ROOT).replace('_', '-'))
                .put("members", subscription.members())
                .put("lagEvents", subscription.lagEvents())
                .put("inFlight", subscription.inFlight())
                .put("parked", subscription.parked())
                .put("problem", subscription.problem());
        ArrayNode gaps = status.putArray("gaps");
        for (Gap gap : subscription.gaps()) {
            gaps.addObject()
                    .put("stream", gap.partition().stream().name())
                    .put("partition", gap.partition().index())
                    .put("from", gap.from())
                    .put("to", gap.to())
                    .put("count", gap.count())
                    .put("why", gap.why().name().toLowerCase(Locale.ROOT).replace('_', '-'));
        }
        return json;
    }

    private static ObjectNode terms(SubscriptionName name, DeliveryTerms terms) {
        ObjectNode json = Answers.MAPPER
                .createObjectNode()
                .put("name", name.group())
                .put("namespace", name.namespace())
                .put("topic", name.pattern().value());
        Destination destination = terms.destination();
        if (destination != null) {
            JsonNode spec = tree(destination.spec());
            json.put("kind", destination.kind());
            putText(json, "sink", spec.path("url"));
            putText(json, "format", spec.path("format"));
        }
        if (!terms.filter().isEmpty()) {
            json.set("filters", tree(terms.filter()));
        }
        RetryPolicy retry = terms.retry();
        ObjectNode delivery = json.putObject("delivery")
                .put("ackTimeout", DurationText.format(terms.ackTimeout()))
                .put("ordered", terms.ordered());
        delivery.putObject("retry")
                .put("maxAttempts", retry.maxAttempts())
                .put("initialDelay", DurationText.format(retry.initialDelay()))
                .put("multiplier", retry.multiplier())
                .put("maxDelay", DurationText.format(retry.maxDelay()));
        return json;
    }

    private static void putText(ObjectNode json, String name, JsonNode value) {
        if (value.isTextual()) {
            json.put(name, value.textValue());
        }
    }

    private static JsonNode tree(String text) {
        try {
            return Answers.MAPPER.readTree(text);
        } catch (JsonProcessingException notJson) {
            return Answers.MAPPER.createObjectNode();
        }
    }
}
