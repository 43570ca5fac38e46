package io.eventmesh.storage.kafka;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import io.eventmesh.spi.event.Event;
import io.eventmesh.spi.event.EventBuilder;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.util.Base64;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Reads an event in the JSON event format. Data that is JSON stays the very text that it was.
 *
 * <p>Spec: CloudEvents JSON format 1.0.2. Used once.
 */
final class JsonEvent {
    private static final JsonFactory FACTORY = new JsonFactory();

    private final byte[] json;
    private final EventBuilder event = Event.builder().specVersion("");
    private @Nullable String contentType;
    /** The value of {@code data}, as it stands in the text. */
    private @Nullable String data;
    /** The same without quotation marks and escapes, where it is a string. */
    private @Nullable String string;

    private byte @Nullable [] binary;

    JsonEvent(byte[] json) {
        this.json = json;
    }

    /** @throws IllegalArgumentException if it is none */
    Event read() {
        try {
            String text = UTF_8.newDecoder().decode(ByteBuffer.wrap(json)).toString();
            try (JsonParser parser = FACTORY.createParser(text)) {
                members(parser, text);
            }
        } catch (CharacterCodingException malformed) {
            throw new IllegalArgumentException("event: not UTF-8 (expected: UTF-8)", malformed);
        } catch (IOException malformed) {
            throw new IllegalArgumentException("event: not sound JSON (expected: an object of JSON)", malformed);
        }
        data();
        return event.build();
    }

    private void members(JsonParser parser, String text) throws IOException {
        if (parser.nextToken() != JsonToken.START_OBJECT) {
            throw new IllegalArgumentException("event: no object (expected: an object of JSON)");
        }
        for (String name = parser.nextFieldName(); name != null; name = parser.nextFieldName()) {
            parser.nextToken();
            if (name.equals("data")) {
                takeData(parser, text);
            } else {
                member(name, parser);
            }
        }
        if (parser.nextToken() != null) {
            throw new IllegalArgumentException("event: more than an object (expected: an object of JSON)");
        }
    }

    private void member(String name, JsonParser parser) throws IOException {
        switch (parser.currentToken()) {
            case VALUE_STRING -> text(name, parser.getText());
            case VALUE_TRUE, VALUE_FALSE -> event.attribute(name, parser.getBooleanValue());
            case VALUE_NUMBER_INT -> event.attribute(name, parser.getIntValue());
            case VALUE_NULL -> {
                // as if it were not there
            }
            default ->
                throw new IllegalArgumentException("attribute %s: %s (expected: a text, an integer, true or false)"
                        .formatted(name, parser.currentToken()));
        }
    }

    private void text(String name, String value) {
        switch (name) {
            case "id" -> event.id(value);
            case "source" -> event.source(value);
            case "specversion" -> event.specVersion(value);
            case "type" -> event.type(value);
            case "time" -> event.time(ForeignEvent.time("time", value));
            case "dataschema" -> event.dataSchema(value);
            case "data_base64" -> binary = Base64.getDecoder().decode(value);
            case "datacontenttype" -> {
                contentType = value;
                event.dataContentType(value);
            }
            default -> event.attribute(name, value);
        }
    }

    private void takeData(JsonParser parser, String text) throws IOException {
        if (parser.currentToken() == JsonToken.VALUE_NULL) {
            return;
        }
        int from = (int) parser.currentTokenLocation().getCharOffset();
        if (parser.currentToken() == JsonToken.VALUE_STRING) {
            string = parser.getText();
        }
        parser.skipChildren();
        parser.finishToken();
        data = text.substring(from, (int) parser.currentLocation().getCharOffset());
    }

    private void data() {
        byte[] base64 = binary;
        String found = data;
        if (base64 != null) {
            event.data(contentType, base64);
        } else if (found != null) {
            String media = contentType == null ? "application/json" : contentType.toLowerCase(Locale.ROOT);
            String shown = string == null || media.contains("json") ? found : string;
            event.data(media.isEmpty() ? null : media, shown.getBytes(UTF_8));
        }
    }
}
