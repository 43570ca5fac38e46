package io.eventmesh.connector.http.sink;

import com.fasterxml.jackson.core.io.JsonStringEncoder;
import com.fasterxml.jackson.databind.JsonNode;
import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.topic.Names;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;

/**
 * A text with places for values of an event: {@code <$.path>} and the {@link #NAMES}. Any other {@code <} is itself.
 *
 * <p>What a value becomes depends on where the text goes, so that no value can leave its place: in JSON it is a JSON value,
 * or, between quotes, escaped text; in a URL it is percent-encoded; in a header it must be printable. Immutable.
 */
final class Template {
    /** What may stand in a place besides a path. */
    static final Set<String> NAMES = Set.of("mesh.topic", "mesh.attempt", "mesh.event.json", "mesh.event.data");

    /** Where a filled text goes. */
    enum Kind {
        JSON,
        TEXT,
        URL,
        HEADER
    }

    /** A piece of literal text, and the value behind it. */
    private record Place(String before, String name, boolean quoted, Function<EventView, JsonNode> value) {}

    private final String what;
    private final Kind kind;
    private final List<Place> places;
    private final String rest;

    private Template(String what, Kind kind, List<Place> places, String rest) {
        this.what = what;
        this.kind = kind;
        this.places = places;
        this.rest = rest;
    }

    /**
     * Reads a template.
     *
     * @param what how messages call it, the configuration key
     * @throws IllegalArgumentException with {@code value (expected: …)} for one that could never be filled
     */
    static Template of(String what, Kind kind, String text) {
        List<Place> places = new ArrayList<>();
        boolean quoted = false;
        int literal = 0;
        int at = 0;
        while (at < text.length()) {
            char c = text.charAt(at);
            boolean begins = c == '<' && (text.startsWith("$", at + 1) || text.startsWith("mesh.", at + 1));
            if (begins) {
                int end = text.indexOf('>', at);
                if (end < 0) {
                    throw new IllegalArgumentException("'%s' (expected: > at its end)".formatted(shown(text, at)));
                }
                String name = text.substring(at + 1, end);
                places.add(new Place(text.substring(literal, at), name, quoted, value(name)));
                at = end + 1;
                literal = at;
            } else {
                if (c == '\\' && quoted) {
                    at++;
                } else if (c == '"') {
                    quoted = !quoted;
                }
                at++;
            }
        }
        return new Template(what, kind, List.copyOf(places), text.substring(literal));
    }

    private static Function<EventView, JsonNode> value(String name) {
        if (NAMES.contains(name)) {
            return view -> view.named(name);
        }
        if (!name.startsWith("$")) {
            throw new IllegalArgumentException(
                    "'<%s>' (expected: <$.path> or one of: %s)".formatted(Names.shown(name), new TreeSet<>(NAMES)));
        }
        try {
            EventPath path = EventPath.of(name);
            return view -> path.in(view.tree());
        } catch (IllegalArgumentException noPath) {
            throw new IllegalArgumentException(
                    "'<%s>' (expected: a path such as <$.data.user.id>, <$.data['a b']> or <$.data.list[0]>)"
                            .formatted(Names.shown(name)));
        }
    }

    private static String shown(String text, int at) {
        return Names.shown(text.substring(at, Math.min(text.length(), at + 40)));
    }

    /** Whether it is the same text for each event. */
    boolean isFixed() {
        return places.isEmpty();
    }

    /** The literal text before the first place. */
    String head() {
        return places.isEmpty() ? rest : places.get(0).before();
    }

    /** The text with every place filled by something harmless, to see whether what comes out is sound. */
    String example() {
        StringBuilder out = new StringBuilder();
        places.forEach(place -> out.append(place.before()).append(kind == Kind.JSON && !place.quoted() ? "0" : "x"));
        return out.append(rest).toString();
    }

    /** @throws EventMeshException EVENT_INVALID when a value of the event does not fit into its place */
    String fill(EventView view) {
        StringBuilder out = new StringBuilder();
        for (Place place : places) {
            out.append(place.before());
            JsonNode value = place.value().apply(view);
            out.append(
                    switch (kind) {
                        case JSON -> place.quoted() ? escaped(place, value) : json(value);
                        case TEXT -> plain(value);
                        case URL -> encoded(place, value);
                        case HEADER -> printable(place, value);
                    });
        }
        return out.append(rest).toString();
    }

    private static String json(JsonNode value) {
        return value.isMissingNode() ? "\"\"" : value.toString();
    }

    private static String plain(JsonNode value) {
        return value.isMissingNode() || value.isNull() ? "" : value.isValueNode() ? value.asText() : value.toString();
    }

    private String escaped(Place place, JsonNode value) {
        if (value.isContainerNode()) {
            throw refused(place, value.isArray() ? "a list" : "an object", "a single value between quotes");
        }
        return new String(JsonStringEncoder.getInstance().quoteAsString(plain(value)));
    }

    /** A missing or empty value would make it another resource. */
    private String encoded(Place place, JsonNode value) {
        if (!value.isValueNode() || value.isNull() || value.asText().isEmpty()) {
            throw refused(place, value.isValueNode() ? "nothing" : "no single value", "a value for the URL");
        }
        if (value.asText().matches("\\.{1,2}")) {
            throw refused(place, "'" + value.asText() + "'", "no step in a path");
        }
        return URLEncoder.encode(value.asText(), StandardCharsets.UTF_8).replace("+", "%20");
    }

    private String printable(Place place, JsonNode value) {
        String text = plain(value);
        if (!text.chars().allMatch(c -> c >= 0x20 && c < 0x7f) || text.length() > 4_096) {
            throw refused(place, "a value that is too long or not printable ASCII", "up to 4096 printable characters");
        }
        return text;
    }

    private EventMeshException refused(Place place, String value, String expected) {
        return new EventMeshException(
                ErrorCode.EVENT_INVALID,
                "%s: <%s> is %s (expected: %s)".formatted(what, place.name(), value, expected));
    }
}
