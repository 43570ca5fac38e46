package io.eventmesh.function.transform;

import com.fasterxml.jackson.core.io.JsonStringEncoder;
import com.fasterxml.jackson.databind.JsonNode;
import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.spi.function.InvalidSpec;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Text with variables, cut into pieces once.
 *
 * <p>In a template that gives JSON a variable outside of quotes inserts its JSON, within quotes its bare text, escaped; an
 * array or object within quotes refuses the event. In one that gives text values are inserted bare: strings, and the keys
 * and strings of objects and arrays, without quotes. A variable whose path found nothing inserts an empty string.
 * Immutable.
 */
final class Template {
    /** In characters. */
    static final int MAX_LENGTH = 1 << 15;

    private final List<Piece> pieces;

    private Template(List<Piece> pieces) {
        this.pieces = pieces;
    }

    private sealed interface Piece {
        record Literal(String text) implements Piece {}

        record Variable(String name, boolean quoted) implements Piece {}
    }

    /** How a template writes a variable. */
    enum Spelling {
        /** {@code <name>}; a bracket that is meant as such is written {@code \<}. */
        ANGLE("\\\\[<>]|\\\\.|<([A-Za-z0-9_.-]{1,64}|\\$[^<>]{1,512})>"),
        /** <code>${name}</code>; what is meant as such is written <code>$${</code>. */
        DOLLAR("\\$\\$\\{|\\\\.|\\$\\{([^{}]{0,512})}");

        private final Pattern special;

        Spelling(String special) {
            this.special = Pattern.compile(special, Pattern.DOTALL);
        }

        private String literal(String special) {
            if (this == DOLLAR) {
                return special.equals("$${") ? "${" : special;
            }
            return special.endsWith("<") || special.endsWith(">") ? special.substring(1) : special;
        }
    }

    /**
     * Reads a template.
     *
     * @param where JSON pointer of it, for refusals
     */
    static Template of(String template, Spelling spelling, Variables variables, String where) {
        if (template.length() > MAX_LENGTH) {
            throw new InvalidSpec(
                    where, "%d characters (expected: at most %d)".formatted(template.length(), MAX_LENGTH));
        }
        List<Piece> pieces = new ArrayList<>();
        StringBuilder literal = new StringBuilder();
        Matcher matcher = spelling.special.matcher(template);
        boolean quoted = false;
        int at = 0;
        while (matcher.find()) {
            literal.append(template, at, matcher.start());
            at = matcher.end();
            String name = matcher.group(1);
            if (name == null) {
                literal.append(spelling.literal(matcher.group()));
                continue;
            }
            variables.require(name, matcher.group(), where);
            quoted = quotedAfter(literal, quoted);
            pieces.add(new Piece.Literal(literal.toString()));
            pieces.add(new Piece.Variable(name, quoted));
            literal.setLength(0);
        }
        literal.append(template.substring(at));
        pieces.add(new Piece.Literal(literal.toString()));
        return new Template(List.copyOf(pieces));
    }

    private static boolean quotedAfter(CharSequence literal, boolean before) {
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

    boolean hasVariables() {
        return pieces.size() > 1;
    }

    /** The name of the variable that is all there is; empty when there is more. */
    String onlyVariable() {
        boolean only = pieces.size() == 3
                && pieces.get(0) instanceof Piece.Literal before
                && before.text().isEmpty()
                && pieces.get(2) instanceof Piece.Literal after
                && after.text().isEmpty();
        return only && pieces.get(1) instanceof Piece.Variable variable ? variable.name() : "";
    }

    /** Fills the variables of a template that gives JSON; what comes out may still be none. */
    String json(Function<String, JsonNode> value) {
        StringBuilder out = new StringBuilder(128);
        for (Piece piece : pieces) {
            if (piece instanceof Piece.Literal literal) {
                out.append(literal.text());
            } else if (piece instanceof Piece.Variable variable) {
                insertJson(variable, value.apply(variable.name()), out);
            }
            limit(out);
        }
        return out.toString();
    }

    private static void insertJson(Piece.Variable variable, JsonNode value, StringBuilder out) {
        if (!variable.quoted()) {
            out.append(value.isMissingNode() ? "\"\"" : value.toString());
        } else if (value.isContainerNode()) {
            throw new EventMeshException(
                    ErrorCode.RULE_INVALID,
                    "<%s> is %s within quotes (expected: a string, number, boolean or null)"
                            .formatted(variable.name(), value.isArray() ? "an array" : "an object"));
        } else if (!value.isMissingNode()) {
            out.append(JsonStringEncoder.getInstance().quoteAsString(value.asText()));
        }
    }

    /** Fills the variables of a template that gives text. */
    String text(Function<String, JsonNode> value) {
        StringBuilder out = new StringBuilder(128);
        for (Piece piece : pieces) {
            if (piece instanceof Piece.Literal literal) {
                out.append(literal.text());
            } else if (piece instanceof Piece.Variable variable) {
                bare(value.apply(variable.name()), out);
            }
            limit(out);
        }
        return out.toString();
    }

    private static void bare(JsonNode value, StringBuilder out) {
        limit(out);
        if (value.isObject()) {
            out.append('{');
            String comma = "";
            for (Map.Entry<String, JsonNode> field : value.properties()) {
                out.append(comma).append(field.getKey()).append(':');
                bare(field.getValue(), out);
                comma = ",";
            }
            out.append('}');
        } else if (value.isArray()) {
            out.append('[');
            String comma = "";
            for (JsonNode element : value) {
                out.append(comma);
                bare(element, out);
                comma = ",";
            }
            out.append(']');
        } else if (!value.isMissingNode()) {
            out.append(value.asText());
        }
    }

    private static void limit(StringBuilder out) {
        if (out.length() > Result.MAX_BYTES) {
            throw Result.tooLarge(out.length());
        }
    }
}
