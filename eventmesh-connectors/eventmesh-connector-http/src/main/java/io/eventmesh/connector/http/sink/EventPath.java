package io.eventmesh.connector.http.sink;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A path into an event: {@code $}, {@code .name}, {@code ['any name']} and {@code [0]}. Immutable.
 */
final class EventPath {
    private static final Pattern STEP =
            Pattern.compile("\\.([A-Za-z0-9_-]{1,128})|\\['([^']{1,128})'\\]|\\[(\\d{1,6})\\]");
    private static final int MAX_STEPS = 32;

    /** A name, or a place in a list when the name is empty. */
    private record Step(String name, int index) {}

    private final List<Step> steps;

    private EventPath(List<Step> steps) {
        this.steps = steps;
    }

    /** @throws IllegalArgumentException for a text that is no path */
    static EventPath of(String text) {
        if (!text.startsWith("$")) {
            throw new IllegalArgumentException(text);
        }
        List<Step> steps = new ArrayList<>();
        Matcher step = STEP.matcher(text);
        int at = 1;
        while (at < text.length()) {
            step.region(at, text.length());
            if (!step.lookingAt() || steps.size() == MAX_STEPS) {
                throw new IllegalArgumentException(text);
            }
            if (step.group(3) != null) {
                steps.add(new Step("", Integer.parseInt(step.group(3))));
            } else {
                steps.add(new Step(step.group(1) != null ? step.group(1) : step.group(2), -1));
            }
            at = step.end();
        }
        return new EventPath(List.copyOf(steps));
    }

    /** What stands there; a missing node when nothing does. */
    JsonNode in(JsonNode tree) {
        JsonNode node = tree;
        for (Step step : steps) {
            node = step.name().isEmpty() ? node.path(step.index()) : node.path(step.name());
        }
        return node;
    }
}
