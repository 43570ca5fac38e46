package io.eventmesh.rules.spec;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.eventmesh.common.topic.Names;
import io.eventmesh.proto.v1.TransformDefinition;
import io.eventmesh.proto.v1.TransformDefinition.OnError;
import io.eventmesh.rules.chain.Chain;
import io.eventmesh.rules.spec.InvalidDocument.Field;
import io.eventmesh.spi.function.InvalidSpec;
import io.eventmesh.spi.plugin.Plugins;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * One step that makes something else of an event, of a rule or of a connector.
 *
 * @param path where it stands in its document, a JSON pointer
 * @param spec what its kind reads, JSON
 * @param timeout empty for the kind's own bound
 * @param onError what becomes of an event that it cannot change; empty for the dead letter
 */
public record TransformSpec(
        String path, String kind, JsonNode spec, Optional<Duration> timeout, Optional<OnError> onError) {
    private static final Map<String, OnError> ON_ERROR = Map.of(
            "DEAD_LETTER", OnError.ON_ERROR_DEAD_LETTER,
            "SKIP", OnError.ON_ERROR_SKIP,
            "DROP", OnError.ON_ERROR_DROP);

    /** The steps of a list, in their order; whatever is wrong is added to the problems. */
    public static List<TransformSpec> list(Section of, String name) {
        List<TransformSpec> steps = new ArrayList<>();
        of.sections(name, Chain.MAX_STEPS).forEach(step -> steps.add(read(step)));
        return steps;
    }

    static TransformSpec read(Section step) {
        step.only("kind", "spec", "timeout", "onError");
        Optional<OnError> onError = step.text("onError").flatMap(given -> {
            OnError known = ON_ERROR.get(given.toUpperCase(Locale.ROOT));
            if (known == null) {
                step.problem("onError", "'%s' (expected: DEAD_LETTER, SKIP or DROP)".formatted(Names.shown(given)));
            }
            return Optional.ofNullable(known);
        });
        return new TransformSpec(
                step.path(),
                step.requiredText("kind"),
                step.any("spec").orElseGet(JsonNodeFactory.instance::objectNode),
                step.duration("timeout", Chain.MAX_TIMEOUT),
                onError);
    }

    /**
     * Asks their kinds whether the steps of a chain mean something.
     *
     * @param owner name of the rule or connector
     */
    public static void check(List<TransformSpec> steps, String owner, Plugins plugins, List<Field> problems) {
        // what has no kind was found wrong before
        List<TransformSpec> known =
                steps.stream().filter(step -> !step.kind.isEmpty()).toList();
        List<TransformDefinition> chain =
                known.stream().map(TransformSpec::definition).toList();
        for (InvalidSpec problem : Chain.problems(chain, owner, plugins)) {
            String[] place = problem.path().split("/", 3);
            String within = place.length > 2 ? "/" + place[2] : "";
            problems.add(new Field(known.get(Integer.parseInt(place[1])).path + within, problem.problem()));
        }
    }

    /** As it is stored and shown. */
    public ObjectNode json() {
        ObjectNode json = JsonNodeFactory.instance.objectNode().put("kind", kind);
        json.set("spec", spec);
        timeout.ifPresent(bound -> json.put("timeout", bound.toString()));
        onError.ifPresent(policy -> json.put("onError", policy.name().substring("ON_ERROR_".length())));
        return json;
    }

    /** As runtimes are told. */
    public TransformDefinition definition() {
        return TransformDefinition.newBuilder()
                .setKind(kind)
                .setSpec(spec.toString())
                .setTimeoutMs(timeout.map(Duration::toMillis).orElse(0L))
                .setOnError(onError.orElse(OnError.ON_ERROR_DEAD_LETTER))
                .build();
    }
}
