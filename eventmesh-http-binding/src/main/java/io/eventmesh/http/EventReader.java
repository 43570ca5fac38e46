package io.eventmesh.http;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.cfg.JsonNodeFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.cloudevents.CloudEvent;
import io.cloudevents.jackson.JsonFormat;
import io.cloudevents.rw.CloudEventRWException;
import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.topic.Names;
import io.eventmesh.spi.event.CloudEvents;
import io.eventmesh.spi.event.Event;
import io.eventmesh.spi.event.EventBuilder;
import java.io.IOException;
import java.net.URLDecoder;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Reads the events of a request: binary (attributes in {@code ce-} headers), structured
 * ({@code application/cloudevents+json}) or batch ({@code application/cloudevents-batch+json}).
 *
 * <p>A request without any {@code ce-} header is a plain one: its body becomes the data of an event whose id, source
 * and type the caller says, so that any HTTP client can send events.
 *
 * <p>Thread-safe.
 *
 * <p>Spec: CloudEvents HTTP protocol binding 1.0.2, sections 3.1 to 3.3.
 */
public final class EventReader {
    private static final String STRUCTURED = "application/cloudevents+json";
    private static final String BATCH = "application/cloudevents-batch+json";
    private static final String ANY_STRUCTURED = "application/cloudevents";
    /** Keeps numbers as they are written: a price with many digits is not for a double. */
    private static final ObjectMapper MAPPER = JsonMapper.builder()
            .addModule(JsonFormat.getCloudEventJacksonModule())
            .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
            .disable(JsonNodeFeature.STRIP_TRAILING_BIGDECIMAL_ZEROES)
            .build();

    /** What was read. */
    public record Result(List<Event> events, boolean isBatch) {}

    /**
     * Reads the events of one request.
     *
     * @param headers names in any case, each as often as it was given
     * @param contentType the header of that name
     * @param plain makes the event of a plain request, all but its data
     * @throws EventMeshException EVENT_INVALID
     */
    public Result read(
            Iterable<Map.Entry<String, String>> headers,
            @Nullable String contentType,
            byte[] body,
            Supplier<EventBuilder> plain) {
        String media = mediaType(contentType);
        if (media.equals(STRUCTURED)) {
            return new Result(List.of(structured(tree(body), "event")), false);
        }
        if (media.equals(BATCH)) {
            return new Result(batch(tree(body)), true);
        }
        if (media.startsWith(ANY_STRUCTURED)) {
            throw new EventMeshException(
                    ErrorCode.EVENT_INVALID,
                    "content-type: %s (expected: %s, %s, or the data's own type with ce- headers)"
                            .formatted(Names.shown(media), STRUCTURED, BATCH));
        }
        return new Result(List.of(binary(headers, contentType, media, body, plain)), false);
    }

    private static String mediaType(@Nullable String contentType) {
        if (contentType == null) {
            return "";
        }
        int parameters = contentType.indexOf(';');
        String media = parameters < 0 ? contentType : contentType.substring(0, parameters);
        return media.strip().toLowerCase(Locale.ROOT);
    }

    private static JsonNode tree(byte[] body) {
        try {
            requireUtf8(body);
            return MAPPER.readTree(body);
        } catch (JsonProcessingException notJson) {
            throw new EventMeshException(
                    ErrorCode.EVENT_INVALID,
                    "body: not JSON at line %d, column %d (expected: a CloudEvent in JSON)"
                            .formatted(
                                    notJson.getLocation() == null
                                            ? 0
                                            : notJson.getLocation().getLineNr(),
                                    notJson.getLocation() == null
                                            ? 0
                                            : notJson.getLocation().getColumnNr()),
                    notJson);
        } catch (IOException impossible) {
            throw new IllegalStateException(impossible);
        }
    }

    private static List<Event> batch(JsonNode tree) {
        if (!tree.isArray()) {
            throw new EventMeshException(
                    ErrorCode.EVENT_INVALID,
                    "body: %s (expected: a JSON array of CloudEvents)".formatted(tree.getNodeType()));
        }
        List<Event> events = new ArrayList<>(tree.size());
        for (int i = 0; i < tree.size(); i++) {
            events.add(structured(tree.get(i), "event " + i));
        }
        return events;
    }

    private static Event structured(JsonNode tree, String what) {
        if (!tree.isObject()) {
            throw new EventMeshException(
                    ErrorCode.EVENT_INVALID, "%s: %s (expected: a JSON object)".formatted(what, tree.getNodeType()));
        }
        for (String required : List.of("specversion", "id", "source", "type")) {
            JsonNode value = tree.get(required);
            if (value == null || !value.isTextual() || value.textValue().isEmpty()) {
                throw new EventMeshException(
                        ErrorCode.EVENT_INVALID,
                        "%s: attribute %s: %s (expected: a string that is not empty)"
                                .formatted(what, required, value == null ? "absent" : Names.shown(value.toString())));
            }
        }
        try {
            return CloudEvents.fromCloudEvent(MAPPER.treeToValue(tree, CloudEvent.class));
        } catch (JsonProcessingException | CloudEventRWException refused) {
            throw new EventMeshException(
                    ErrorCode.EVENT_INVALID,
                    "%s: %s".formatted(what, Names.shown(String.valueOf(refused.getMessage()))),
                    refused);
        }
    }

    private static Event binary(
            Iterable<Map.Entry<String, String>> headers,
            @Nullable String contentType,
            String media,
            byte[] body,
            Supplier<EventBuilder> plain) {
        EventBuilder event = Event.builder();
        List<String> attributes = new ArrayList<>(8);
        for (Map.Entry<String, String> header : headers) {
            String name = header.getKey();
            if (name.regionMatches(true, 0, "ce-", 0, 3)) {
                String attribute = name.substring(3).toLowerCase(Locale.ROOT);
                requireOnce(attributes, attribute);
                attributes.add(attribute);
                put(event, attribute, decoded(attribute, header.getValue()));
            }
        }
        if (attributes.isEmpty()) {
            event = plain.get();
        } else if (!attributes.contains("specversion")) {
            throw new EventMeshException(ErrorCode.EVENT_INVALID, "header ce-specversion: absent (expected: 1.0)");
        }
        if (contentType != null) {
            event.dataContentType(contentType);
        }
        if (body.length > 0) {
            if (isText(media)) {
                event.text(body);
            } else {
                event.data(body);
            }
        }
        return event.build();
    }

    private static void put(EventBuilder event, String attribute, String value) {
        switch (attribute) {
            case "id" -> event.id(value);
            case "source" -> event.source(value);
            case "type" -> event.type(value);
            case "specversion" -> event.specVersion(value);
            case "time" -> event.time(time(value));
            case "dataschema" -> event.dataSchema(value);
            case "datacontenttype" ->
                throw new EventMeshException(
                        ErrorCode.EVENT_INVALID,
                        "header ce-datacontenttype: %s (expected: the header content-type instead)"
                                .formatted(Names.shown(value)));
            default -> event.attribute(attribute, value);
        }
    }

    private static OffsetDateTime time(String value) {
        try {
            return OffsetDateTime.parse(value);
        } catch (DateTimeException notTime) {
            throw new EventMeshException(
                    ErrorCode.EVENT_INVALID,
                    "attribute time: '%s' (expected: RFC 3339, such as 2026-01-31T09:30:00Z)"
                            .formatted(Names.shown(value)),
                    notTime);
        }
    }

    private static void requireOnce(List<String> attributes, String attribute) {
        if (attributes.contains(attribute)) {
            throw new EventMeshException(
                    ErrorCode.EVENT_INVALID,
                    "header ce-%s: given twice (expected: once)".formatted(Names.shown(attribute)));
        }
    }

    /** Undoes the percent-encoding of header values (section 3.1.3.2). */
    private static String decoded(String attribute, String value) {
        if (value.indexOf('%') < 0) {
            return value;
        }
        try {
            String decoded = URLDecoder.decode(value.replace("+", "%2B"), StandardCharsets.UTF_8);
            if (decoded.indexOf('\uFFFD') >= 0) {
                throw new IllegalArgumentException("not UTF-8");
            }
            return decoded;
        } catch (IllegalArgumentException notEncoded) {
            throw new EventMeshException(
                    ErrorCode.EVENT_INVALID,
                    "header ce-%s: '%s' (expected: percent-encoded UTF-8)"
                            .formatted(Names.shown(attribute), Names.shown(value)),
                    notEncoded);
        }
    }

    private static boolean isText(String media) {
        return media.startsWith("text/")
                || media.equals("application/json")
                || media.equals("application/xml")
                || media.endsWith("+json")
                || media.endsWith("+xml");
    }

    private static void requireUtf8(byte[] body) {
        try {
            StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(body));
        } catch (CharacterCodingException invalid) {
            throw new EventMeshException(
                    ErrorCode.EVENT_INVALID, "body: invalid UTF-8 (expected: UTF-8 text)", invalid);
        }
    }
}
