package io.eventmesh.admin.definition;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.eventmesh.common.topic.Names;
import io.eventmesh.proto.v1.TaskDefinition;
import io.eventmesh.rules.spec.Checks;
import io.eventmesh.rules.spec.InvalidDocument.Field;
import io.eventmesh.rules.spec.Section;
import io.eventmesh.rules.spec.TransformSpec;
import io.eventmesh.spi.function.FilterProvider;
import io.eventmesh.spi.plugin.Plugins;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/**
 * What a connector's tasks do with events and failures: filter and transforms on the way, how a task that fails is tried
 * again, where events go that cannot be handled. Kept as one JSON object with the fields that were given.
 */
public final class Handling {
    /** What is stored when nothing was said. */
    static final String NONE = "{}";

    private static final String LANGUAGE = "event-pattern";
    private static final String TRANSFORMS = "transforms";
    private static final int MAX_RESTARTS = 1_000_000;
    private static final Duration INITIAL_DELAY = Duration.ofSeconds(1);
    private static final Duration MAX_DELAY = Duration.ofMinutes(5);
    private static final Duration LONGEST = Duration.ofDays(1);

    private Handling() {}

    /** Reads it out of a specification; whatever is wrong is added to the problems. */
    static String read(Section spec, List<Field> problems) {
        ObjectNode handling = Json.object();
        spec.object("filter").ifPresent(filter -> handling.set("filter", filter));
        List<TransformSpec> steps = TransformSpec.list(spec, TRANSFORMS);
        if (!steps.isEmpty()) {
            ArrayNode transforms = handling.putArray(TRANSFORMS);
            steps.forEach(step -> transforms.add(step.json()));
        }
        spec.section("restartPolicy").ifPresent(policy -> handling.set("restartPolicy", restarts(policy)));
        spec.section("deadLetter").ifPresent(letters -> handling.set("deadLetter", letters(letters)));
        return Json.write(handling);
    }

    private static ObjectNode restarts(Section policy) {
        policy.only("maxRestarts", "initialDelay", "maxDelay");
        ObjectNode written = Json.object();
        if (policy.any("maxRestarts").isPresent()) {
            written.put("maxRestarts", policy.number("maxRestarts", 0, 0, MAX_RESTARTS));
        }
        Optional<Duration> initial = policy.duration("initialDelay", LONGEST);
        Optional<Duration> ceiling = policy.duration("maxDelay", LONGEST);
        Duration least = initial.orElse(INITIAL_DELAY);
        if (least.compareTo(ceiling.orElse(MAX_DELAY)) > 0) {
            policy.problem("maxDelay", "%s (expected: >= %s)".formatted(ceiling.orElse(MAX_DELAY), least));
        }
        initial.ifPresent(delay -> written.put("initialDelay", delay.toString()));
        ceiling.ifPresent(delay -> written.put("maxDelay", delay.toString()));
        return written;
    }

    private static ObjectNode letters(Section letters) {
        letters.only("topic", "tolerance");
        ObjectNode written = Json.object();
        Checks.topic(letters, "topic").ifPresent(topic -> written.put("topic", topic));
        letters.text("tolerance").ifPresent(given -> {
            String tolerance = given.toUpperCase(Locale.ROOT);
            if (!Set.of("ALL", "NONE").contains(tolerance)) {
                letters.problem("tolerance", "'%s' (expected: ALL or NONE)".formatted(Names.shown(given)));
            }
            written.put("tolerance", tolerance);
        });
        return written;
    }

    /** Asks the plugins whether filter and transforms mean something. */
    static void check(String handling, String connector, Plugins plugins, List<Field> problems) {
        JsonNode there = Json.stored(handling);
        JsonNode filter = there.path("filter");
        if (!filter.isMissingNode()) {
            FilterProvider language = plugins.named(FilterProvider.class, LANGUAGE);
            Checks.attempt("/spec/filter", problems, () -> language.compile(filter.toString()));
        }
        TransformSpec.check(steps(there, problems), connector, plugins, problems);
    }

    private static List<TransformSpec> steps(JsonNode stored, List<Field> problems) {
        return TransformSpec.list(new Section((ObjectNode) stored, "/spec", problems), TRANSFORMS);
    }

    /** Puts it as stored into what a runtime is told of a task. */
    public static void tell(String handling, TaskDefinition.Builder task) {
        JsonNode there = Json.stored(handling);
        if (there.has("filter")) {
            task.setFilter(there.get("filter").toString());
        }
        steps(there, new ArrayList<>()).forEach(step -> task.addTransforms(step.definition()));
        if (there.has("restartPolicy")) {
            JsonNode policy = there.get("restartPolicy");
            ObjectNode told = Json.object();
            told.set("maxRestarts", policy.get("maxRestarts"));
            told.put("initialDelayMs", millis(policy, "initialDelay", INITIAL_DELAY));
            told.put("maxDelayMs", millis(policy, "maxDelay", MAX_DELAY));
            task.setRestartPolicy(told.toString());
        }
        if (there.has("deadLetter")) {
            JsonNode letters = there.get("deadLetter");
            ObjectNode told = Json.object();
            told.set("topic", letters.get("topic"));
            told.put("tolerance", letters.path("tolerance").asText("ALL"));
            task.setDeadLetter(told.toString());
        }
    }

    private static long millis(JsonNode policy, String name, Duration fallback) {
        String text = policy.path(name).asText("");
        return (text.isEmpty() ? fallback : Duration.parse(text)).toMillis();
    }
}
