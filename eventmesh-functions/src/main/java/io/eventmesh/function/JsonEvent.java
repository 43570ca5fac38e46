package io.eventmesh.function;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.eventmesh.proto.cloudevents.CloudEvent;
import io.eventmesh.proto.cloudevents.CloudEvent.CloudEventAttributeValue;
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
 * <p>Made once for each {@link EventView}. Immutable by convention: callers must not change {@link #root}.
 */
public final class JsonEvent {
    /** Shared by all that read or write JSON here; thread-safe. */
    public static final ObjectMapper MAPPER = new ObjectMapper(JsonFactory.builder()
            .streamReadConstraints(
                    StreamReadConstraints.builder().maxNestingDepth(100).build())
            .build());

    private final ObjectNode root;

    private JsonEvent(ObjectNode root) {
        this.root = root;
    }

    /** The JSON form of the view's event, made at the first call. */
    public static JsonEvent of(EventView view) {
        return view.derived(JsonEvent.class, v -> new JsonEvent(tree(v.event())));
    }

    /** The whole event. */
    public JsonNode root() {
        return root;
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

    private static ObjectNode tree(Event event) {
        CloudEvent message = event.parse();
        ObjectNode tree = MAPPER.createObjectNode();
        message.getAttributesMap().forEach((name, value) -> putAttribute(tree, event, name, value));
        tree.put("id", message.getId());
        tree.put("source", message.getSource());
        tree.put("specversion", message.getSpecVersion());
        tree.put("type", message.getType());
        JsonNode data = data(event);
        if (data != null) {
            tree.set("data", data);
        } else {
            tree.remove("data");
        }
        return tree;
    }

    private static void putAttribute(ObjectNode tree, Event event, String name, CloudEventAttributeValue value) {
        switch (value.getAttrCase()) {
            case CE_BOOLEAN -> tree.put(name, value.getCeBoolean());
            case CE_INTEGER -> tree.put(name, value.getCeInteger());
            case CE_STRING, CE_BYTES, CE_URI, CE_URI_REF, CE_TIMESTAMP -> tree.put(name, event.attribute(name));
            case ATTR_NOT_SET -> {
                // an entry without a value says nothing
            }
        }
    }

    private static @Nullable JsonNode data(Event event) {
        DataKind kind = event.dataKind();
        if ((kind != DataKind.TEXT && kind != DataKind.BINARY) || !isJson(event.dataContentType())) {
            return null;
        }
        try {
            JsonNode data = MAPPER.readTree(event.data());
            return data.isMissingNode() ? null : data;
        } catch (JsonProcessingException notJson) {
            return null;
        } catch (IOException impossible) {
            throw new IllegalStateException(impossible);
        }
    }
}
