package io.eventmesh.connector.file;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import io.eventmesh.spi.event.Event;
import io.eventmesh.spi.event.EventBuilder;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;

/**
 * Makes events of lines.
 *
 * <p>Bytes that are not UTF-8 become U+FFFD. A line that shall be JSON and is not becomes what a text line becomes, with
 * {@code "invalid": true}, so that nothing of the file is lost and a rule can tell it apart; a blank one is passed over.
 * Used by one thread.
 */
final class LineEvents {
    private static final JsonFactory JSON = new JsonFactory();
    private static final String JSON_TYPE = "application/json";

    private final FileSourceConfig config;
    private long repaired;

    LineEvents(FileSourceConfig config) {
        this.config = config;
    }

    /** Lines that were not UTF-8. */
    long repaired() {
        return repaired;
    }

    /** Whether the line is no event at all. */
    boolean isPassedOver(LineReader.Line line) {
        return config.format() == FileSourceConfig.Format.NDJSON
                && text(line.bytes()).isBlank();
    }

    EventBuilder event(LineReader.Line line, long number) {
        EventBuilder event = Event.builder().type(config.type());
        if (line.truncated()) {
            event.attribute("truncated", true);
        }
        return switch (config.format()) {
            case LINES -> event.data(JSON_TYPE, described(line, number, false));
            case NDJSON ->
                isJson(line)
                        ? event.data(JSON_TYPE, line.bytes())
                        : event.data(JSON_TYPE, described(line, number, true));
        };
    }

    private byte[] described(LineReader.Line line, long number, boolean invalid) {
        String text = text(line.bytes());
        ByteArrayOutputStream out = new ByteArrayOutputStream(text.length() + 40);
        try (JsonGenerator json = JSON.createGenerator(out)) {
            json.writeStartObject();
            json.writeStringField("line", text);
            json.writeNumberField("number", number);
            if (invalid) {
                json.writeBooleanField("invalid", true);
            }
            json.writeEndObject();
        } catch (IOException impossible) {
            throw new UncheckedIOException(impossible);
        }
        return out.toByteArray();
    }

    private static boolean isJson(LineReader.Line line) {
        if (line.truncated() || !isUtf8(line.bytes())) {
            return false;
        }
        try (JsonParser parser = JSON.createParser(line.bytes())) {
            if (parser.nextToken() == null) {
                return false;
            }
            parser.skipChildren();
            return parser.nextToken() == null;
        } catch (IOException malformed) {
            return false;
        }
    }

    private static boolean isUtf8(byte[] bytes) {
        try {
            StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes));
            return true;
        } catch (CharacterCodingException malformed) {
            return false;
        }
    }

    private String text(byte[] bytes) {
        String text = new String(bytes, StandardCharsets.UTF_8);
        if (text.indexOf('\uFFFD') >= 0 && !isUtf8(bytes)) {
            repaired++;
        }
        return text;
    }
}
