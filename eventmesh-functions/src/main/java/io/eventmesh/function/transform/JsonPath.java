package io.eventmesh.function.transform;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.topic.Names;
import io.eventmesh.function.JsonEvent;
import io.eventmesh.spi.event.DataKind;
import io.eventmesh.spi.function.EventView;
import io.eventmesh.spi.function.InvalidSpec;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A place in an event's JSON form: {@code $.data.items[0].sku}, {@code $.data['odd name']}, {@code $.data.items[*].sku}.
 *
 * <p>A subset of JSONPath, as rule templates use it: child names, indexes, and {@code *} for all elements of an array or
 * values of an object, which gives an array. Immutable.
 */
final class JsonPath {
    private static final int MAX_LENGTH = 512;
    private static final Pattern STEP =
            Pattern.compile("\\.([A-Za-z0-9_-]+)|\\[(\\d{1,9})]|\\['([^']*)']|\\[\"([^\"]*)\"]|(\\[\\*]|\\.\\*)");

    private final String text;
    private final List<Step> steps;

    private JsonPath(String text, List<Step> steps) {
        this.text = text;
        this.steps = steps;
    }

    private sealed interface Step {
        record Child(String name) implements Step {}

        record Index(int index) implements Step {}

        record All() implements Step {}
    }

    /** @param where JSON pointer of the path, for a refusal */
    static JsonPath of(String text, String where) {
        List<Step> steps = new ArrayList<>();
        Matcher matcher = STEP.matcher(text);
        int at = 1;
        boolean valid = text.startsWith("$") && text.length() <= MAX_LENGTH;
        while (valid && at < text.length()) {
            matcher.region(at, text.length());
            valid = matcher.lookingAt();
            if (valid) {
                steps.add(step(matcher));
                at = matcher.end();
            }
        }
        if (!valid) {
            throw new InvalidSpec(
                    where,
                    "'%s' (expected: a path such as $.data.items[0].sku, at most %d characters)"
                            .formatted(Names.shown(text), MAX_LENGTH));
        }
        return new JsonPath(text, List.copyOf(steps));
    }

    private static Step step(Matcher matcher) {
        if (matcher.group(1) != null) {
            return new Step.Child(matcher.group(1));
        }
        if (matcher.group(2) != null) {
            return new Step.Index(Integer.parseInt(matcher.group(2)));
        }
        if (matcher.group(5) != null) {
            return new Step.All();
        }
        return new Step.Child(matcher.group(3) != null ? matcher.group(3) : matcher.group(4));
    }

    /**
     * What stands there in an event; a missing node when nothing does.
     *
     * @throws EventMeshException RULE_INVALID when it looks into a payload that says to be JSON and cannot be read
     */
    JsonNode find(EventView view) {
        if (looksIntoData()) {
            requireReadable(view);
        }
        return find(JsonEvent.of(view).root(), 0);
    }

    private boolean looksIntoData() {
        return steps.isEmpty()
                || !(steps.get(0) instanceof Step.Child child)
                || child.name().equals("data");
    }

    /** An event of another type has no data to see; one whose JSON is broken would be taken for one without the field. */
    static void requireReadable(EventView view) {
        String invisible = JsonEvent.of(view).invisible();
        DataKind kind = view.event().dataKind();
        if (invisible != null
                && (kind == DataKind.TEXT || kind == DataKind.BINARY)
                && JsonEvent.isJson(view.event().dataContentType())) {
            throw new EventMeshException(ErrorCode.RULE_INVALID, "data: " + invisible);
        }
    }

    private JsonNode find(JsonNode from, int step) {
        JsonNode node = from;
        for (int i = step; i < steps.size(); i++) {
            Step next = steps.get(i);
            if (next instanceof Step.Child child) {
                node = node.path(child.name());
            } else if (next instanceof Step.Index index) {
                node = node.path(index.index());
            } else {
                return findAll(node, i + 1);
            }
        }
        return node;
    }

    private JsonNode findAll(JsonNode container, int step) {
        if (!container.isContainerNode()) {
            return MissingNode.getInstance();
        }
        var found = JsonEvent.MAPPER.createArrayNode();
        container.forEach(element -> {
            JsonNode node = find(element, step);
            if (!node.isMissingNode()) {
                found.add(node);
            }
        });
        return found;
    }

    @Override
    public String toString() {
        return text;
    }
}
