package io.eventmesh.function.transform;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.function.JsonEvent;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Text with variables {@code <name>}, cut into pieces once.
 *
 * <p>A template that begins with a quote gives text: values are inserted bare. Any other gives JSON: outside of quotes a
 * variable inserts its JSON, within quotes its bare text, escaped. A variable whose path found nothing inserts an empty
 * string.
 */
final class Template {
    private static final Pattern VARIABLE = Pattern.compile("<([A-Za-z0-9_.-]{1,64})>");

    private final List<Piece> pieces;
    private final boolean text;

    private Template(List<Piece> pieces, boolean text) {
        this.pieces = pieces;
        this.text = text;
    }

    private sealed interface Piece {
        record Literal(String text) implements Piece {}

        record Variable(String name, boolean quoted) implements Piece {}
    }

    static Template of(String template, Set<String> known) {
        List<Piece> pieces = new ArrayList<>();
        Matcher matcher = VARIABLE.matcher(template);
        boolean quoted = false;
        int at = 0;
        while (matcher.find()) {
            String literal = template.substring(at, matcher.start());
            quoted = quotedAfter(literal, quoted);
            String name = matcher.group(1);
            if (!known.contains(name)) {
                throw TransformSpec.invalid("template", "<%s> (expected: a name of paths)".formatted(name));
            }
            pieces.add(new Piece.Literal(literal));
            pieces.add(new Piece.Variable(name, quoted));
            at = matcher.end();
        }
        pieces.add(new Piece.Literal(template.substring(at)));
        return new Template(pieces, template.stripLeading().startsWith("\""));
    }

    private static boolean quotedAfter(String literal, boolean before) {
        boolean quoted = before;
        for (int i = 0; i < literal.length(); i++) {
            char c = literal.charAt(i);
            if (c == '\\') {
                i++;
            } else if (c == '"') {
                quoted = !quoted;
            }
        }
        return quoted;
    }

    /** Whether the result is text, not JSON. */
    boolean isText() {
        return text;
    }

    /** Fills the variables in. */
    String fill(Function<String, JsonNode> value) {
        StringBuilder out = new StringBuilder(128);
        for (Piece piece : pieces) {
            if (piece instanceof Piece.Literal literal) {
                out.append(literal.text());
            } else if (piece instanceof Piece.Variable variable) {
                out.append(inserted(variable, value.apply(variable.name())));
            }
        }
        return out.toString();
    }

    private String inserted(Piece.Variable variable, JsonNode value) {
        if (value.isMissingNode()) {
            return variable.quoted() ? "" : "\"\"";
        }
        if (!variable.quoted()) {
            return value.toString();
        }
        if (text) {
            return bare(value);
        }
        if (value.isContainerNode()) {
            throw new EventMeshException(
                    ErrorCode.RULE_INVALID,
                    "transform template: <%s> is %s within quotes (expected: a string, number, boolean or null)"
                            .formatted(variable.name(), value.isArray() ? "an array" : "an object"));
        }
        return escaped(value.asText());
    }

    private static String bare(JsonNode value) {
        return value.isContainerNode() ? value.toString().replace("\"", "") : value.asText();
    }

    private static String escaped(String text) {
        try {
            String quoted = JsonEvent.MAPPER.writeValueAsString(text);
            return quoted.substring(1, quoted.length() - 1);
        } catch (JsonProcessingException impossible) {
            throw new IllegalStateException(impossible);
        }
    }
}
