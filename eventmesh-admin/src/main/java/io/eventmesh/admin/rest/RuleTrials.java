package io.eventmesh.admin.rest;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.eventmesh.admin.database.DefinitionRow;
import io.eventmesh.admin.definition.Json;
import io.eventmesh.admin.definition.Rules;
import io.eventmesh.admin.sync.MeshPeers;
import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.time.MeshClock;
import io.eventmesh.common.topic.StreamName;
import io.eventmesh.common.topic.TopicName;
import io.eventmesh.http.EventJson;
import io.eventmesh.http.EventReader;
import io.eventmesh.proto.v1.RuleDefinition;
import io.eventmesh.rules.spec.InvalidDocument;
import io.eventmesh.rules.spec.InvalidDocument.Field;
import io.eventmesh.rules.spec.Section;
import io.eventmesh.rules.spec.Trial;
import io.eventmesh.spi.event.Event;
import io.eventmesh.spi.function.EventView;
import io.eventmesh.spi.plugin.Plugins;
import io.eventmesh.spi.storage.EventRecord;
import io.eventmesh.spi.storage.StreamPartition;
import io.vertx.core.http.HttpMethod;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** What rules would make of an event, written in the call or stored in a stream. Nothing is published or sent. */
final class RuleTrials implements RestCalls {
    private static final int MAX_BYTES = 1 << 20;
    private static final int MAX_OTHERS = 500;

    private final Rules rules;
    private final MeshPeers peers;
    private final MeshClock clock;
    private final EventReader reader = new EventReader();
    private final Trial trial;

    RuleTrials(Rules rules, MeshPeers peers, Plugins plugins, MeshClock clock) {
        this.rules = rules;
        this.peers = peers;
        this.clock = clock;
        this.trial = new Trial(plugins, StoredEvents::event);
    }

    @Override
    public void routes(Routes routes) {
        routes.add("testNewRule", HttpMethod.POST, "/rules:test", Routes.Kind.READ, this::testNew)
                .add("explainRules", HttpMethod.POST, "/rules:explain", Routes.Kind.READ, this::explainAll)
                .add("testRule", HttpMethod.POST, "/rules/{name}:test", Routes.Kind.READ, this::test)
                .add("explainRule", HttpMethod.POST, "/rules/{name}:explain", Routes.Kind.READ, this::explain);
    }

    /** An event that is tried, and how many rules its ancestors passed. */
    private record Tried(EventView event, int hops) {}

    private Answer testNew(Call call) {
        ObjectNode body = call.document();
        Section section = only(body, "rule", "event", "topic", "at");
        ObjectNode document = section.object("rule")
                .orElseThrow(() -> Refusals.invalid("/rule", "missing", "a rule as it would be stored"));
        RuleDefinition rule = rules.told(call.namespace(), document);
        return Answer.ok(test(call, rule, tried(call, body, topics(rule))));
    }

    private Answer test(Call call) {
        RuleDefinition rule = rule(call);
        ObjectNode body = call.document();
        only(body, "event", "topic", "at");
        return Answer.ok(test(call, rule, tried(call, body, topics(rule))));
    }

    private ObjectNode test(Call call, RuleDefinition rule, Tried tried) {
        return trial.test(
                rule,
                rules.patterns(call.namespace(), rule.getBus()),
                tried.event(),
                tried.hops(),
                credential -> rules.credentialKind(call.namespace(), credential));
    }

    private Answer explain(Call call) {
        RuleDefinition rule = rule(call);
        ObjectNode body = call.document();
        only(body, "event", "topic", "at");
        Tried tried = tried(call, body, topics(rule));
        return Answer.ok(
                trial.verdict(rule, rules.patterns(call.namespace(), rule.getBus()), tried.event(), tried.hops()));
    }

    /** Each rule of the namespace or of one of its buses, those that take the event first. */
    private Answer explainAll(Call call) {
        ObjectNode body = call.document();
        String bus = only(body, "event", "topic", "at", "bus").text("bus").orElse("");
        Tried tried = tried(call, body, List.of());
        List<ObjectNode> taken = new ArrayList<>();
        List<ObjectNode> others = new ArrayList<>();
        for (DefinitionRow row : rules.rules().list(call.namespace(), "", Integer.MAX_VALUE)) {
            RuleDefinition rule = rules.told(row);
            if (bus.isEmpty() || bus.equals(rule.getBus())) {
                ObjectNode verdict = trial.verdict(
                        rule, rules.patterns(call.namespace(), rule.getBus()), tried.event(), tried.hops());
                (verdict.path("outcome").asText().equals("NOT_TAKEN") ? others : taken).add(verdict);
            }
        }
        ObjectNode answer = Json.object().put("taken", taken.size()).put("notTaken", others.size());
        ArrayNode all = answer.putArray("rules");
        taken.forEach(all::add);
        others.stream().limit(MAX_OTHERS).forEach(all::add);
        return Answer.ok(answer);
    }

    private RuleDefinition rule(Call call) {
        return rules.told(rules.rules().get(call.namespace(), call.name()));
    }

    private static Section only(ObjectNode body, String... names) {
        List<Field> problems = new ArrayList<>();
        Section section = new Section(body, "", problems).only(names);
        section.object("event");
        section.object("at");
        section.text("topic");
        section.text("bus");
        if (!problems.isEmpty()) {
            throw new InvalidDocument(ErrorCode.REQUEST_INVALID, "request", problems);
        }
        return section;
    }

    /** The rule's own topic, when it names exactly one. */
    private static List<String> topics(RuleDefinition rule) {
        return rule.getPatternsList().stream()
                .filter(pattern -> pattern.chars().noneMatch(c -> c == '*' || c == '+' || c == '>' || c == '#'))
                .toList();
    }

    private Tried tried(Call call, ObjectNode body, List<String> topics) {
        if (body.has("at") == body.has("event")) {
            throw Refusals.invalid("/event", body.has("at") ? "beside /at" : "missing", "either event or at");
        }
        return body.has("at") ? stored(call, body.get("at")) : sample(body, topics);
    }

    private Tried sample(ObjectNode body, List<String> topics) {
        if (!body.has("topic") && topics.isEmpty()) {
            throw Refusals.invalid("/topic", "missing", "the topic to which the event would be published");
        }
        TopicName topic = TopicName.of(body.has("topic") ? body.get("topic").asText() : topics.get(0));
        byte[] json = Trial.sample((ObjectNode) body.get("event")).toString().getBytes(StandardCharsets.UTF_8);
        Event event = reader.read(List.of(), EventJson.STRUCTURED, json, Event::builder)
                .events()
                .get(0)
                .requirePublishable();
        return new Tried(new EventView(topic, event, clock.millis()), 0);
    }

    private Tried stored(Call call, JsonNode at) {
        StreamName stream = new StreamName(call.namespace(), at.path("stream").asText());
        long offset = at.path("offset").asLong(-1);
        int partition = at.path("partition").asInt(-1);
        if (!at.path("offset").isIntegralNumber()
                || offset < 0
                || !at.path("partition").isInt()
                || partition < 0) {
            throw Refusals.invalid("/at", at.toString(), "stream, partition and offset");
        }
        return peers
                .first(admin -> admin.peek(new StreamPartition(stream, partition), offset, 1, MAX_BYTES))
                .records()
                .stream()
                .filter(found -> found.position().offset() == offset)
                .findFirst()
                .map(found -> {
                    EventRecord record = found.record();
                    return new Tried(
                            new EventView(record.topic(), record.event(), record.appendTimeMillis()), record.hops());
                })
                .orElseThrow(() -> Refusals.unknown("event", stream.name() + "/" + partition + "/" + offset));
    }
}
