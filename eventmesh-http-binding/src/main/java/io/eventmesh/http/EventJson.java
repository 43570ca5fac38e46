package io.eventmesh.http;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import io.cloudevents.CloudEvent;
import io.cloudevents.CloudEventData;
import io.eventmesh.spi.event.CloudEvents;
import io.eventmesh.spi.event.DataKind;
import io.eventmesh.spi.event.Event;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Writes events in structured and batch mode, with attributes of the mesh beside their own.
 *
 * <p>Data that calls itself JSON stands in the document as it is only when it really is JSON: one publisher's broken body
 * must not break the batch in which other events travel. Otherwise it becomes {@code data_base64}, byte for byte.
 *
 * <p>Stateless. Spec: CloudEvents JSON event format 1.0.2.
 */
public final class EventJson {
    public static final String STRUCTURED = "application/cloudevents+json";
    public static final String BATCH = "application/cloudevents-batch+json";
    private static final JsonFactory FACTORY = new JsonFactory();

    /**
     * An event and what is written beside its own attributes.
     *
     * @param added attributes of the mesh; none of their names can be the event's own, since they are reserved
     */
    public record Shown(Event event, Map<String, Object> added) {}

    private EventJson() {}

    /** One event as a JSON object without line breaks of its own. */
    public static byte[] one(Shown shown) {
        ByteArrayOutputStream out = new ByteArrayOutputStream(shown.event().size() + 256);
        try (JsonGenerator json = FACTORY.createGenerator(out)) {
            write(json, shown);
        } catch (IOException impossible) {
            throw new IllegalStateException(impossible);
        }
        return out.toByteArray();
    }

    /** A batch of events that were written by {@link #one}. */
    public static byte[] batch(List<byte[]> events) {
        ByteArrayOutputStream out = new ByteArrayOutputStream(
                2 + events.stream().mapToInt(each -> each.length + 1).sum());
        out.write('[');
        for (int i = 0; i < events.size(); i++) {
            if (i > 0) {
                out.write(',');
            }
            out.writeBytes(events.get(i));
        }
        out.write(']');
        return out.toByteArray();
    }

    private static void write(JsonGenerator json, Shown shown) throws IOException {
        CloudEvent event = CloudEvents.toCloudEvent(shown.event());
        json.writeStartObject();
        json.writeStringField("specversion", "1.0");
        for (String name : event.getAttributeNames()) {
            Object value = event.getAttribute(name);
            if (value != null && !name.equals("specversion")) {
                attribute(json, name, value);
            }
        }
        for (String name : event.getExtensionNames()) {
            attribute(json, name, event.getExtension(name));
        }
        for (Map.Entry<String, Object> each : shown.added().entrySet()) {
            attribute(json, each.getKey(), each.getValue());
        }
        CloudEventData data = event.getData();
        if (data != null) {
            data(json, shown.event(), data.toBytes());
        }
        json.writeEndObject();
    }

    private static void attribute(JsonGenerator json, String name, @Nullable Object value) throws IOException {
        if (value instanceof Boolean bool) {
            json.writeBooleanField(name, bool);
        } else if (value instanceof Integer integer) {
            json.writeNumberField(name, integer.intValue());
        } else if (value instanceof byte[] bytes) {
            json.writeStringField(name, Base64.getEncoder().encodeToString(bytes));
        } else if (value != null) {
            json.writeStringField(name, value.toString());
        }
    }

    private static void data(JsonGenerator json, Event event, byte[] data) throws IOException {
        if (event.dataKind() != DataKind.TEXT) {
            json.writeBinaryField("data_base64", data);
        } else if (!isJson(event.dataContentType())) {
            json.writeStringField("data", new String(data, StandardCharsets.UTF_8));
        } else if (isSound(data)) {
            json.writeFieldName("data");
            try (JsonParser tokens = FACTORY.createParser(data)) {
                tokens.nextToken();
                json.copyCurrentStructureExact(tokens);
            }
        } else {
            json.writeBinaryField("data_base64", data);
        }
    }

    /** Whether data of the content type is JSON; without a content type it is, as the format says. */
    public static boolean isJson(@Nullable String contentType) {
        if (contentType == null) {
            return true;
        }
        int parameters = contentType.indexOf(';');
        String media = (parameters < 0 ? contentType : contentType.substring(0, parameters))
                .strip()
                .toLowerCase(Locale.ROOT);
        return media.equals("application/json") || media.equals("text/json") || media.endsWith("+json");
    }

    private static boolean isSound(byte[] data) {
        try (JsonParser tokens = FACTORY.createParser(data)) {
            if (tokens.nextToken() == null) {
                return false;
            }
            tokens.skipChildren();
            return tokens.nextToken() == null;
        } catch (IOException notJson) {
            return false;
        }
    }
}
