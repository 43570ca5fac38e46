package io.eventmesh.connector.file;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.proto.cloudevents.CloudEvent.CloudEventAttributeValue;
import io.eventmesh.spi.event.DataKind;
import io.eventmesh.spi.event.Event;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Makes lines of events.
 *
 * <p>As data: JSON is brought onto one line with its values untouched; other text stands as it is and is refused when it
 * has line breaks, since a reader could not tell where an event ends; bytes that are no text are refused. As event: the
 * JSON format of CloudEvents, which takes everything.
 */
final class EventLines {
    private static final JsonFactory JSON = new JsonFactory();
    private static final byte[] EMPTY = {};

    private final FileSinkConfig.Format format;

    EventLines(FileSinkConfig.Format format) {
        this.format = format;
    }

    /** @throws EventMeshException EVENT_INVALID when the event cannot be a line */
    byte[] line(Event event) {
        return switch (format) {
            case DATA -> data(event);
            case EVENT -> whole(event);
        };
    }

    private static byte[] data(Event event) {
        byte[] data = event.data();
        switch (event.dataKind()) {
            case NONE -> {
                return EMPTY;
            }
            case PROTO -> throw refused("a protobuf message", "JSON or text, or the sink's format: event");
            case TEXT, BINARY -> {
                if (!hasLineBreak(data) && isUtf8(data)) {
                    return data;
                }
            }
        }
        if (event.dataContentType() == null || isJson(event.dataContentType())) {
            return onOneLine(data);
        }
        throw refused(
                hasLineBreak(data) ? "text with line breaks" : "bytes that are not UTF-8",
                "JSON or one line of text, or the sink's format: event");
    }

    private static byte[] whole(Event event) {
        ByteArrayOutputStream out = new ByteArrayOutputStream(event.size() * 2);
        try (JsonGenerator json = JSON.createGenerator(out)) {
            json.writeStartObject();
            json.writeStringField("specversion", event.specVersion());
            json.writeStringField("id", event.id());
            json.writeStringField("source", event.source());
            json.writeStringField("type", event.type());
            for (Map.Entry<String, CloudEventAttributeValue> attribute :
                    new TreeMap<>(event.parse().getAttributesMap()).entrySet()) {
                attribute(json, event, attribute.getKey(), attribute.getValue());
            }
            writeData(json, event);
            json.writeEndObject();
        } catch (IOException malformed) {
            throw refused("data that is not the JSON that it says it is", "JSON");
        }
        return out.toByteArray();
    }

    private static void attribute(JsonGenerator json, Event event, String name, CloudEventAttributeValue value)
            throws IOException {
        switch (value.getAttrCase()) {
            case CE_BOOLEAN -> json.writeBooleanField(name, value.getCeBoolean());
            case CE_INTEGER -> json.writeNumberField(name, value.getCeInteger());
            case ATTR_NOT_SET -> {}
            case CE_STRING, CE_BYTES, CE_URI, CE_URI_REF, CE_TIMESTAMP ->
                json.writeStringField(name, Objects.requireNonNull(event.attribute(name)));
        }
    }

    private static void writeData(JsonGenerator json, Event event) throws IOException {
        byte[] data = event.data();
        DataKind kind = event.dataKind();
        if (kind == DataKind.NONE) {
            return;
        }
        boolean text = kind != DataKind.PROTO && isUtf8(data);
        if (text && isJson(event.dataContentType())) {
            json.writeFieldName("data");
            copy(data, json);
        } else if (text && kind == DataKind.TEXT) {
            json.writeStringField("data", new String(data, StandardCharsets.UTF_8));
        } else {
            json.writeBinaryField("data_base64", data);
        }
    }

    private static byte[] onOneLine(byte[] data) {
        ByteArrayOutputStream out = new ByteArrayOutputStream(data.length);
        try (JsonGenerator json = JSON.createGenerator(out)) {
            copy(data, json);
        } catch (IOException malformed) {
            throw refused("data that is not the JSON that it says it is", "JSON");
        }
        return out.toByteArray();
    }

    /** One JSON value, with its numbers as they are written. */
    private static void copy(byte[] data, JsonGenerator json) throws IOException {
        try (JsonParser parser = JSON.createParser(data)) {
            if (parser.nextToken() == null) {
                throw new IOException("empty");
            }
            json.copyCurrentStructureExact(parser);
            if (parser.nextToken() != null) {
                throw new IOException("more than one value");
            }
        }
    }

    private static boolean isJson(@Nullable String contentType) {
        if (contentType == null) {
            return false;
        }
        String type = contentType.split(";", 2)[0].strip().toLowerCase(Locale.ROOT);
        return type.endsWith("/json") || type.endsWith("+json");
    }

    private static boolean hasLineBreak(byte[] data) {
        for (byte b : data) {
            if (b == '\n' || b == '\r') {
                return true;
            }
        }
        return false;
    }

    private static boolean isUtf8(byte[] data) {
        try {
            StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(data));
            return true;
        } catch (CharacterCodingException malformed) {
            return false;
        }
    }

    private static EventMeshException refused(String what, String expected) {
        return new EventMeshException(ErrorCode.EVENT_INVALID, "data: %s (expected: %s)".formatted(what, expected));
    }
}
