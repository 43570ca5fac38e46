package io.eventmesh.rules.spec;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.eventmesh.common.topic.TopicName;
import io.eventmesh.proto.v1.RuleDefinition;
import io.eventmesh.proto.v1.TargetDefinition;
import io.eventmesh.rules.Explanation;
import io.eventmesh.rules.Rule;
import io.eventmesh.rules.TargetName;
import io.eventmesh.rules.chain.Chain;
import io.eventmesh.spi.event.Event;
import io.eventmesh.spi.function.EventView;
import io.eventmesh.spi.function.FilterClause;
import io.eventmesh.spi.plugin.Plugins;
import io.eventmesh.spi.storage.EventRecord;
import io.eventmesh.spi.target.TargetSenderProvider;
import java.util.List;
import java.util.function.Function;
import java.util.function.UnaryOperator;

/**
 * Tries rules on events as function runtimes do, and says in JSON what comes of it. Publishes and sends nothing.
 *
 * <p>Thread-safe; blocks as long as a rule's transforms may.
 */
public final class Trial {
    /** As many as function runtimes allow unless they are told otherwise. */
    private static final int MAX_HOPS = 16;

    private final Plugins plugins;
    private final Function<Event, JsonNode> shown;

    /** @param shown an event in the JSON format of CloudEvents */
    public Trial(Plugins plugins, Function<Event, JsonNode> shown) {
        this.plugins = plugins;
        this.shown = shown;
    }

    /** A sample event with what every event must have and people leave out: a version, an id and a source. */
    public static ObjectNode sample(ObjectNode given) {
        ObjectNode whole = JsonNodeFactory.instance.objectNode();
        whole.put("specversion", "1.0").put("id", "sample").put("source", "/sample");
        whole.setAll(given);
        return whole;
    }

    /**
     * What one rule makes of an event, clause by clause and step by step.
     *
     * @param busPatterns of its bus; empty for those that its rules name
     * @param hops how many rules the event's ancestors passed
     * @param credentialKind of the credential of a name; empty for one that is not known
     * @throws io.eventmesh.common.error.EventMeshException RULE_INVALID, PLUGIN_UNKNOWN
     */
    public ObjectNode test(
            RuleDefinition definition,
            List<String> busPatterns,
            EventView event,
            int hops,
            UnaryOperator<String> credentialKind) {
        Explanation found = explain(definition, busPatterns, event, hops);
        ObjectNode told = told(found);
        clauses(told, found.clauses());
        ArrayNode steps = told.putArray("steps");
        for (Chain.Trace step : found.steps()) {
            ObjectNode one = steps.addObject().put("kind", step.kind());
            Event result = step.result();
            if (result != null) {
                one.set("result", shown.apply(result));
            }
            if (step.failure() != null) {
                one.put("error", step.failure().reason());
            }
        }
        found.result().ifPresent(result -> {
            told.set("result", shown.apply(result));
            ArrayNode deliveries = told.putArray("deliveries");
            for (TargetDefinition target : definition.getTargetsList()) {
                EventRecord record = record(definition, target, event, result, hops);
                deliveries.add(delivery(target, record, credentialKind));
            }
        });
        return told;
    }

    /** As it would lie in the outbox. */
    private static EventRecord record(
            RuleDefinition rule, TargetDefinition target, EventView view, Event result, int hops) {
        return new EventRecord(
                TopicName.of("_t/" + rule.getNamespace() + "/" + rule.getBus()),
                result.partitionKey(),
                view.appendTimeMillis(),
                hops + 1,
                new TargetName(rule.getName(), target.getName(), rule.getRevision()).toString(),
                null,
                null,
                0,
                result);
    }

    private ObjectNode delivery(TargetDefinition target, EventRecord record, UnaryOperator<String> credentialKind) {
        ObjectNode delivery = JsonNodeFactory.instance
                .objectNode()
                .put("target", target.getName())
                .put("kind", target.getKind())
                .put("paused", target.getPaused());
        String kind = target.getCredential().isEmpty() ? "" : credentialKind.apply(target.getCredential());
        plugins.named(TargetSenderProvider.class, target.getKind())
                .preview(target.getSpec(), kind, record)
                .ifPresent(preview -> {
                    delivery.put("method", preview.method()).put("uri", preview.uri());
                    preview.headers().forEach(delivery.putObject("headers")::put);
                    delivery.put("body", preview.body());
                });
        return delivery;
    }

    /** Whether a rule takes an event, and if not, what it does not meet. */
    public ObjectNode verdict(RuleDefinition definition, List<String> busPatterns, EventView event, int hops) {
        Explanation found = explain(definition, busPatterns, event, hops);
        ObjectNode told = told(found);
        clauses(told, found.unmet());
        return told;
    }

    private Explanation explain(RuleDefinition definition, List<String> busPatterns, EventView event, int hops) {
        return Rule.compile(definition, busPatterns, plugins).explain(event, hops, MAX_HOPS);
    }

    private static ObjectNode told(Explanation found) {
        return JsonNodeFactory.instance
                .objectNode()
                .put("rule", found.rule())
                .put("bus", found.bus().name())
                .put("revision", found.revision())
                .put("outcome", found.outcome().name())
                .put("reason", found.reason());
    }

    private static void clauses(ObjectNode told, List<FilterClause> clauses) {
        ArrayNode written = told.putArray("clauses");
        for (FilterClause clause : clauses) {
            written.addObject()
                    .put("path", "/spec" + clause.pointer())
                    .put("field", clause.path())
                    .put("expected", clause.expected())
                    .put("found", clause.found())
                    .put("met", clause.matched());
        }
    }
}
