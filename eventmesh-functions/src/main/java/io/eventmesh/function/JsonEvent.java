package io.eventmesh.function;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.exc.StreamConstraintsException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.cfg.JsonNodeFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.eventmesh.spi.event.DataKind;
import io.eventmesh.spi.event.Event;
import io.eventmesh.spi.function.EventView;
import java.io.IOException;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * An event as JSON: its attributes at the top level under their CloudEvents names, and its payload under {@code data}
 * when that is JSON. A payload of another type, or one that is not the JSON it says to be, is not visible.
 *
 * <p>Made once for each {@link EventView}, and the payload read at most once, when somebody first asks for it. Numbers are
 * exact, as they were written. Immutable by convention: callers must not change {@link #root} or {@link #data}. For one
 * thread at a time, as the view.
 */
public final class JsonEvent {
    private static final int MAX_DEPTH = 100;

    /** Shared by all that read or write JSON here; thread-safe. */
    public static final ObjectMapper MAPPER = JsonMapper.builder(JsonFactory.builder()
                    .streamReadConstraints(StreamReadConstraints.builder()
                            .maxNestingDepth(MAX_DEPTH)
                            .build())
                    .build())
            .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
            .disable(JsonNodeFeature.STRIP_TRAILING_BIGDECIMAL_ZEROES)
            .build();

    private final Event event;
    private @Nullable ObjectNode root;
    private @Nullable JsonNode data;
    private @Nullable String invisible;
    private boolean read;

    private JsonEvent(Event event) {
        this.event = event;
    }

    /** The JSON form of the view's event. */
    public static JsonEvent of(EventView view) {
        return view.derived(JsonEvent.class, v -> new JsonEvent(v.event()));
    }

    /** The whole event. */
    public JsonNode root() {
        if (root == null) {
            root = tree();
        }
        return root;
    }

    /** The payload; null when it is not visible. */
    public @Nullable JsonNode data() {
        if (!read) {
            data = payload();
            read = true;
        }
        return data;
    }

    /** Whether somebody asked for the payload. */
    boolean isRead() {
        return read;
    }

    /** Why the payload is not visible; null when it is. */
    public @Nullable String invisible() {
        return data() == null ? invisible : null;
    }

    /** Whether a content type is JSON; an absent one is, as CloudEvents says. */
    public static boolean isJson(@Nullable String contentType) {
        if (contentType == null) {
            return true;
        }
        String type = contentType.toLowerCase(Locale.ROOT);
        int parameters = type.indexOf(';');
        String bare = (parameters < 0 ? type : type.substring(0, parameters)).strip();
        return bare.endsWith("/json") || bare.endsWith("+json");
    }

    private ObjectNode tree() {
        ObjectNode tree = MAPPER.createObjectNode();
        for (String name : event.attributeNames()) {
            Object value = event.typedAttribute(name);
            if (value instanceof Boolean bool) {
                tree.put(name, bool);
            } else if (value instanceof Integer number) {
                tree.put(name, number);
            } else if (value != null) {
                tree.put(name, value.toString());
            }
        }
        tree.put("id", event.id());
        tree.put("source", event.source());
        tree.put("specversion", event.specVersion());
        tree.put("type", event.type());
        JsonNode payload = data();
        if (payload != null) {
            tree.set("data", payload);
        } else {
            tree.remove("data");
        }
        return tree;
    }

    private @Nullable JsonNode payload() {
        DataKind kind = event.dataKind();
        if (kind != DataKind.TEXT && kind != DataKind.BINARY) {
            return hidden(kind == DataKind.NONE ? "there is no payload" : "the payload is protobuf");
        }
        if (!isJson(event.dataContentType())) {
            return hidden("the payload's content type is not JSON");
        }
        try {
            JsonNode payload = MAPPER.readTree(event.data());
            return payload.isMissingNode() ? hidden("the payload is empty") : payload;
        } catch (StreamConstraintsException bound) {
            return hidden("the payload is over a bound: " + bound.getOriginalMessage());
        } catch (JsonProcessingException notJson) {
            JsonLocation at = notJson.getLocation();
            return hidden(
                    at == null
                            ? "the payload is not JSON"
                            : "the payload is not JSON at line %d, column %d"
                                    .formatted(at.getLineNr(), at.getColumnNr()));
        } catch (NumberFormatException bound) {
            return hidden("the payload is over a bound: a number's exponent");
        } catch (IOException impossible) {
            throw new IllegalStateException(impossible);
        }
    }

    private @Nullable JsonNode hidden(String why) {
        invisible = why;
        return null;
    }
}
