package io.eventmesh.function.pattern;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.function.JsonEvent;
import io.eventmesh.spi.function.Filter;
import io.eventmesh.spi.function.FilterProvider;
import io.eventmesh.spi.function.FilterSet;
import java.io.IOException;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import software.amazon.event.ruler.JsonRuleCompiler;
import software.amazon.event.ruler.Machine;

/**
 * Event patterns in the grammar of Amazon EventBridge: {@code {"data":{"total":[{"numeric":[">",100]}]}}} looks at an
 * event's attributes at the top level and at its JSON payload under {@code data}. Fields are joined by AND, the entries of
 * an array by OR.
 *
 * <p>Patterns that one automaton holds well (exact values, prefixes, suffixes, wildcards) share one; those with
 * {@code numeric}, {@code anything-but} or {@code cidr}, whose distinct values would multiply its states, have a small
 * one each.
 */
public final class EventPatternFilterProvider implements FilterProvider {
    private static final int MAX_LENGTH = 4096;
    private static final Set<String> MULTIPLYING = Set.of("numeric", "anything-but", "cidr");

    @Override
    public String name() {
        return "event-pattern";
    }

    @Override
    public Filter compile(String spec) {
        Machine machine = machine(Map.of("", checked(spec)));
        return event -> !machine.rulesForJSONEvent(JsonEvent.of(event).root()).isEmpty();
    }

    @Override
    public FilterSet compileAll(Map<String, String> specs) {
        Map<String, String> sharing = new LinkedHashMap<>();
        Map<String, Filter> single = new LinkedHashMap<>();
        specs.forEach((name, spec) -> {
            if (multiplies(tree(spec))) {
                single.put(name, compile(spec));
            } else {
                sharing.put(name, checked(spec));
            }
        });
        Machine shared = machine(sharing);
        return event -> {
            Set<String> yes =
                    new HashSet<>(shared.rulesForJSONEvent(JsonEvent.of(event).root()));
            single.forEach((name, filter) -> {
                if (filter.test(event)) {
                    yes.add(name);
                }
            });
            return yes;
        };
    }

    private static String checked(String spec) {
        if (spec.length() > MAX_LENGTH) {
            throw invalid("%d characters (expected: at most %d)".formatted(spec.length(), MAX_LENGTH));
        }
        tree(spec);
        String problem = JsonRuleCompiler.check(spec);
        if (problem != null) {
            throw invalid(firstLine(problem));
        }
        return spec;
    }

    private static JsonNode tree(String spec) {
        try {
            JsonNode tree = JsonEvent.MAPPER.readTree(spec);
            if (!tree.isObject() || tree.isEmpty()) {
                throw invalid("%s (expected: a JSON object with at least one field)"
                        .formatted(tree.isObject() ? "{}" : tree.getNodeType()));
            }
            return tree;
        } catch (JsonProcessingException notJson) {
            throw invalid("not JSON: " + firstLine(notJson.getOriginalMessage()));
        }
    }

    private static boolean multiplies(JsonNode node) {
        if (node.isObject()) {
            for (Map.Entry<String, JsonNode> field : node.properties()) {
                if (MULTIPLYING.contains(field.getKey()) || multiplies(field.getValue())) {
                    return true;
                }
            }
        } else if (node.isArray()) {
            for (JsonNode element : node) {
                if (multiplies(element)) {
                    return true;
                }
            }
        }
        return false;
    }

    private static Machine machine(Map<String, String> patterns) {
        Machine machine = Machine.builder().build();
        patterns.forEach((name, pattern) -> {
            try {
                machine.addRule(name, pattern);
            } catch (IOException | RuntimeException refused) {
                throw new EventMeshException(
                        ErrorCode.RULE_INVALID, "filter: " + firstLine(String.valueOf(refused.getMessage())), refused);
            }
        });
        return machine;
    }

    private static EventMeshException invalid(String problem) {
        return new EventMeshException(ErrorCode.RULE_INVALID, "filter: " + problem);
    }

    private static String firstLine(String text) {
        return text.lines().findFirst().orElse("");
    }
}
