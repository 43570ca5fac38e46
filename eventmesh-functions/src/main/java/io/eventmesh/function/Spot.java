package io.eventmesh.function;

import com.fasterxml.jackson.databind.JsonNode;
import io.eventmesh.spi.function.FilterRefusal;
import java.util.Locale;
import java.util.regex.Pattern;

/**
 * A place in a filter as it is written.
 *
 * @param path as JSON path, for people
 * @param pointer as JSON pointer in the rule, for programs
 */
public record Spot(String path, String pointer) {
    private static final Pattern PLAIN = Pattern.compile("[A-Za-z0-9_$-]+");
    private static final int LONGEST = 200;

    /** The top of an event pattern. */
    public static final Spot PATTERN = new Spot("$", "/filter");

    /** The top of filters in the dialects of CloudEvents. */
    public static final Spot DIALECTS = new Spot("$", "/filters");

    public Spot child(String name) {
        String shown = cut(name);
        String step = PLAIN.matcher(shown).matches() ? "." + shown : "['" + shown + "']";
        return new Spot(path + step, pointer + "/" + shown.replace("~", "~0").replace("/", "~1"));
    }

    public Spot child(int index) {
        return new Spot(path + "[" + index + "]", pointer + "/" + index);
    }

    /** @param value what stands there, in words */
    public FilterRefusal refuse(String value, String expected) {
        return new FilterRefusal(pointer, "filter %s: %s (expected: %s)".formatted(path, cut(value), expected));
    }

    /** @param node what stands there */
    public FilterRefusal refuse(JsonNode node, String expected) {
        return refuse(shown(node), expected);
    }

    /** What stands there, in words: itself where it is short. */
    public static String shown(JsonNode node) {
        if (node.isMissingNode()) {
            return "nothing";
        }
        if (node.isContainerNode() && !node.isEmpty()) {
            return "a JSON " + node.getNodeType().name().toLowerCase(Locale.ROOT);
        }
        return node.toString();
    }

    private static String cut(String text) {
        return text.length() <= LONGEST ? text : text.substring(0, LONGEST) + "…";
    }
}
