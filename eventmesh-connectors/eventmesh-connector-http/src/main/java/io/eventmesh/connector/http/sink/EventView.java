package io.eventmesh.connector.http.sink;

import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.cfg.JsonNodeFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.TextNode;
import io.eventmesh.http.EventJson;
import io.eventmesh.spi.connector.SinkRecord;
import io.eventmesh.spi.event.DataKind;
import io.eventmesh.spi.event.Event;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What a template sees of a record: the event as in CloudEvents JSON, and what the mesh knows of it. On one thread.
 */
final class EventView {
    private static final ObjectMapper MAPPER = JsonMapper.builder()
            .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
            .disable(JsonNodeFeature.STRIP_TRAILING_BIGDECIMAL_ZEROES)
            .build();

    private final SinkRecord record;
    private @Nullable JsonNode tree;

    EventView(SinkRecord record) {
        this.record = record;
    }

    /** The event, its attributes at the top and its data under {@code data}. */
    JsonNode tree() {
        JsonNode made = tree;
        if (made == null) {
            try {
                made = MAPPER.readTree(json());
            } catch (IOException impossible) {
                throw new IllegalStateException(impossible);
            }
            tree = made;
        }
        return made;
    }

    /** Something of {@link Template#NAMES}. */
    JsonNode named(String name) {
        return switch (name) {
            case "mesh.topic" -> TextNode.valueOf(record.topic().value());
            case "mesh.attempt" -> JsonNodeFactory.instance.numberNode(record.attempt());
            case "mesh.event.json" -> tree();
            case "mesh.event.data" ->
                Objects.requireNonNullElse(tree().get("data"), JsonNodeFactory.instance.missingNode());
            default -> throw new IllegalArgumentException(name);
        };
    }

    byte[] json() {
        return EventJson.one(new EventJson.Shown(record.event(), Map.of()));
    }

    /** The data as a JSON value: JSON as it is, other text as a string; null when it is neither. */
    @Nullable
    String dataJson() {
        Event event = record.event();
        JsonNode data = tree().get("data");
        if (data != null) {
            // as it was written, when it is JSON
            return EventJson.isJson(event.dataContentType()) && event.dataKind() == DataKind.TEXT
                    ? oneLine(new String(event.data(), StandardCharsets.UTF_8), data)
                    : data.toString();
        }
        return event.dataKind() == DataKind.NONE ? "null" : null;
    }

    private static String oneLine(String written, JsonNode data) {
        return written.indexOf('\n') < 0 && written.indexOf('\r') < 0 ? written : data.toString();
    }
}
