package io.eventmesh.admin.sync;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.topic.Names;
import io.eventmesh.spi.mesh.DeadLetterDesk;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * What is asked of dead letters, as JSON: {@code filter}, {@code code}, {@code stage}, {@code after}, {@code before},
 * {@code positions}, {@code to}, {@code rate}, {@code limit}. Stateless.
 *
 * <p>What it says wrongly is refused with REQUEST_INVALID, naming the field.
 */
public final class LetterOrder {
    private static final int MAX_PLACES = 1_000;
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Set<String> CHOICE =
            Set.of("filter", "code", "stage", "after", "before", "positions", "limit");

    private LetterOrder() {}

    /** Refuses fields that mean nothing: a misspelt filter would take everything. */
    public static void requireKnown(ObjectNode asked, DeadLetterDesk.Action action) {
        Set<String> more = action == DeadLetterDesk.Action.REDRIVE ? Set.of("to", "rate") : Set.of("confirm", "rate");
        asked.fieldNames().forEachRemaining(field -> {
            if (!CHOICE.contains(field) && !more.contains(field)) {
                throw invalid(field, field, "one of " + CHOICE + " or " + more);
            }
        });
        if (asked.has("rate")
                && (!asked.get("rate").isNumber() || asked.get("rate").asDouble() <= 0)) {
            throw invalid("rate", asked.get("rate").toString(), "more than 0 a second");
        }
        limit(asked);
    }

    /** How many at most; {@link Long#MAX_VALUE} for all. */
    static long limit(ObjectNode asked) {
        JsonNode limit = asked.get("limit");
        if (limit == null) {
            return Long.MAX_VALUE;
        }
        if (!limit.isIntegralNumber() || limit.asLong() < 1) {
            throw invalid("limit", limit.toString(), "1 or more");
        }
        return limit.asLong();
    }

    /** @param mark becomes the attribute {@code dlredrive} */
    public static DeadLetterDesk.Order of(ObjectNode asked, DeadLetterDesk.Action action, String mark) {
        return new DeadLetterDesk.Order(action, choice(asked), text(asked, "to"), mark);
    }

    public static DeadLetterDesk.Choice choice(ObjectNode asked) {
        JsonNode filter = asked.path("filter");
        if (!filter.isMissingNode() && !filter.isArray()) {
            throw invalid("filter", filter.toString(), "an array of CloudEvents filters");
        }
        return new DeadLetterDesk.Choice(
                filter.isMissingNode() ? "" : filter.toString(),
                text(asked, "code"),
                text(asked, "stage"),
                millis(asked, "after"),
                millis(asked, "before"),
                places(asked));
    }

    /** A filter that came as text. */
    public static JsonNode filter(String text) {
        try {
            return JSON.readTree(text);
        } catch (JsonProcessingException none) {
            throw invalid("filter", text, "an array of CloudEvents filters");
        }
    }

    /** The earlier of {@code before} and a wall time. */
    public static String earlier(ObjectNode asked, long nowMillis) {
        long before = millis(asked, "before");
        return Instant.ofEpochMilli(before == 0 ? nowMillis : Math.min(before, nowMillis))
                .toString();
    }

    private static List<DeadLetterDesk.Place> places(ObjectNode asked) {
        JsonNode positions = asked.path("positions");
        List<DeadLetterDesk.Place> places = new ArrayList<>();
        if (positions.isMissingNode()) {
            return places;
        }
        if (!positions.isArray() || positions.isEmpty() || positions.size() > MAX_PLACES) {
            throw invalid("positions", "%d entries".formatted(positions.size()), "1.." + MAX_PLACES);
        }
        for (JsonNode position : positions) {
            if (!position.path("partition").isInt() || !position.path("offset").isIntegralNumber()) {
                throw invalid("positions", position.toString(), "{\"partition\",\"offset\"}");
            }
            places.add(new DeadLetterDesk.Place(
                    position.path("partition").asInt(), position.path("offset").asLong()));
        }
        return places;
    }

    private static String text(ObjectNode asked, String field) {
        JsonNode value = asked.path(field);
        if (!value.isMissingNode() && !value.isTextual()) {
            throw invalid(field, value.toString(), "a text");
        }
        return value.asText("");
    }

    private static long millis(ObjectNode asked, String field) {
        String text = text(asked, field);
        if (text.isEmpty()) {
            return 0;
        }
        try {
            return Math.max(1, Instant.parse(text).toEpochMilli());
        } catch (DateTimeException | ArithmeticException none) {
            throw invalid(field, text, "a time such as 2030-01-31T12:00:00Z");
        }
    }

    private static EventMeshException invalid(String field, String found, String expected) {
        return new EventMeshException(
                ErrorCode.REQUEST_INVALID,
                "/%s: '%s' (expected: %s)".formatted(Names.shown(field), Names.shown(found), expected));
    }
}
