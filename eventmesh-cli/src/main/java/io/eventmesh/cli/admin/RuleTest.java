package io.eventmesh.cli.admin;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.eventmesh.cli.CliException;
import io.eventmesh.cli.Http;
import io.eventmesh.common.topic.TopicName;
import io.eventmesh.http.EventJson;
import io.eventmesh.http.EventReader;
import io.eventmesh.proto.v1.RuleDefinition;
import io.eventmesh.rules.spec.BusSpec;
import io.eventmesh.rules.spec.CredentialSpec;
import io.eventmesh.rules.spec.DeliverySpec;
import io.eventmesh.rules.spec.InvalidDocument.Field;
import io.eventmesh.rules.spec.RuleSpec;
import io.eventmesh.rules.spec.Section;
import io.eventmesh.rules.spec.Trial;
import io.eventmesh.spi.event.Event;
import io.eventmesh.spi.function.EventView;
import io.eventmesh.spi.plugin.Plugins;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/** Rules of files, tried on an event by what function runtimes judge with. */
final class RuleTest {
    private final Plugins plugins = new ClassPathPlugins();
    private final Trial trial = new Trial(plugins, RuleTest::shown);
    private final List<Document> documents;

    RuleTest(List<Document> documents) {
        this.documents = documents;
    }

    /**
     * What each rule makes of the event.
     *
     * @throws CliException with every problem of every document
     */
    List<ObjectNode> of(Sample sample) throws IOException {
        Map<String, BusSpec> buses = new HashMap<>();
        Map<String, String> credentials = new HashMap<>();
        Map<Document, RuleSpec> rules = new LinkedHashMap<>();
        List<String> wrong = new ArrayList<>();
        for (Document document : documents) {
            if (document.kind() == ResourceKind.BUS) {
                buses.put(document.namespace() + "/" + document.name(), read(document, BusSpec::read, wrong));
            } else if (document.kind() == ResourceKind.CREDENTIAL) {
                credentials.put(
                        document.namespace() + "/" + document.name(),
                        read(document, CredentialSpec::read, wrong).kind());
            } else if (document.kind() == ResourceKind.RULE) {
                rules.put(document, read(document, spec -> rule(document, spec), wrong));
            }
        }
        if (!wrong.isEmpty()) {
            throw new CliException(CliException.USAGE, String.join("\n  ", wrong), "");
        }
        if (rules.isEmpty()) {
            throw new CliException(CliException.USAGE, "-f: no rule (expected: one at least)", "");
        }
        Event event = event(sample.event());
        List<ObjectNode> told = new ArrayList<>();
        rules.forEach((document, spec) -> {
            List<String> patterns = buses.getOrDefault(document.namespace() + "/" + spec.bus(), BusSpec.DEFAULT)
                    .patterns();
            RuleDefinition definition =
                    spec.definition(document.namespace(), document.name(), 0, DeliverySpec.defaults(), Map.of());
            EventView view = new EventView(topic(document, spec, sample), event, 0);
            told.add(trial.test(
                    definition,
                    patterns,
                    view,
                    0,
                    name -> credentials.getOrDefault(document.namespace() + "/" + name, "")));
        });
        return told;
    }

    private static <S> S read(Document document, Function<Section, S> read, List<String> wrong) {
        List<Field> problems = new ArrayList<>();
        S spec = read.apply(new Section((ObjectNode) document.body().get("spec"), "/spec", problems));
        problems.forEach(problem -> wrong.add(
                "%s, %s: %s %s".formatted(document.origin(), document.title(), problem.path(), problem.message())));
        return spec;
    }

    private RuleSpec rule(Document document, Section section) {
        RuleSpec spec = RuleSpec.read(section);
        List<Field> problems = new ArrayList<>();
        spec.check(document.namespace(), document.name(), plugins, problems);
        problems.forEach(problem -> section.problemAt(problem.path().substring("/spec/".length()), problem.message()));
        return spec;
    }

    private static Event event(ObjectNode given) {
        byte[] json = Trial.sample(given).toString().getBytes(StandardCharsets.UTF_8);
        return new EventReader()
                .read(List.of(), EventJson.STRUCTURED, json, Event::builder)
                .events()
                .get(0)
                .requirePublishable();
    }

    private static TopicName topic(Document document, RuleSpec rule, Sample sample) {
        if (!sample.topic.isEmpty()) {
            return TopicName.of(sample.topic);
        }
        return rule.patterns().stream()
                .filter(pattern -> pattern.chars().noneMatch(c -> "*+>#".indexOf(c) >= 0))
                .findFirst()
                .map(TopicName::of)
                .orElseThrow(() -> new CliException(
                        CliException.USAGE,
                        "--topic: missing (expected: where the event would be published, since %s names no single topic)"
                                .formatted(document.title()),
                        ""));
    }

    private static JsonNode shown(Event event) {
        try {
            return Http.MAPPER.readTree(
                    new String(EventJson.one(new EventJson.Shown(event, Map.of())), StandardCharsets.UTF_8));
        } catch (JsonProcessingException impossible) {
            throw new IllegalStateException(impossible);
        }
    }
}
