package io.eventmesh.cli;

import com.fasterxml.jackson.databind.JsonNode;
import io.eventmesh.spi.event.Event;
import io.eventmesh.spi.event.EventBuilder;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** What an event is apart from its data. */
final class EventOptions {
    @Option(
            names = {"-t", "--type"},
            defaultValue = "cli.published",
            description = "Default: ${DEFAULT-VALUE}.")
    String type = "";

    @Option(
            names = {"-s", "--source"},
            defaultValue = "/cli",
            description = "Default: ${DEFAULT-VALUE}.")
    String source = "";

    @Option(names = "--id", description = "Default: a random one.")
    @Nullable
    String id;

    @Option(
            names = {"-k", "--key"},
            description = "Events of one key keep their order.")
    @Nullable
    String key;

    @Option(
            names = {"-H", "--attribute"},
            paramLabel = "NAME=VALUE",
            description = "A further attribute; repeatable.")
    Map<String, String> attributes = new LinkedHashMap<>();

    @Option(names = "--content-type", description = "Default: application/json when the data is JSON, else text/plain.")
    @Nullable
    String contentType;

    /** The data that an argument stands for; {@code -} is standard input. */
    static String data(@Nullable String argument) throws IOException {
        if (argument == null) {
            return "";
        }
        return argument.equals("-") ? new String(System.in.readAllBytes(), StandardCharsets.UTF_8) : argument;
    }

    /** The id of the n-th of so many events. */
    String id(int number, int count) {
        if (id == null) {
            return UUID.randomUUID().toString();
        }
        return count == 1 ? id : id + "-" + number;
    }

    /** The event for the client. */
    Event event(String eventId, String body) {
        EventBuilder event = Event.builder().id(eventId).source(source).type(type);
        if (key != null) {
            event.attribute("partitionkey", key);
        }
        attributes.forEach(event::attribute);
        if (!body.isEmpty()) {
            String kind = contentType(body);
            event.dataContentType(kind).data(kind, body.getBytes(StandardCharsets.UTF_8));
        }
        return event.build();
    }

    /** The event's headers in HTTP's binary mode. */
    Map<String, String> headers(String eventId, String body) {
        Map<String, String> headers = new LinkedHashMap<>();
        headers.put("ce-specversion", "1.0");
        headers.put("ce-id", encoded(eventId));
        headers.put("ce-source", encoded(source));
        headers.put("ce-type", encoded(type));
        if (key != null) {
            headers.put("ce-partitionkey", encoded(key));
        }
        attributes.forEach((name, value) -> headers.put("ce-" + name, encoded(value)));
        if (!body.isEmpty()) {
            headers.put("content-type", contentType(body));
        }
        return headers;
    }

    private String contentType(String body) {
        if (contentType != null) {
            return contentType;
        }
        try {
            JsonNode tree = Http.MAPPER.readTree(body);
            return tree.isContainerNode() ? "application/json" : "text/plain";
        } catch (IOException notJson) {
            return "text/plain";
        }
    }

    /** Percent-encodes what may not stand in a header (CloudEvents HTTP binding, 3.1.3.2). */
    static String encoded(String value) {
        StringBuilder text = new StringBuilder();
        for (byte b : value.getBytes(StandardCharsets.UTF_8)) {
            if (b <= ' ' || b == '"' || b == '%' || b == 0x7f) {
                text.append("%%%02X".formatted(b & 0xff));
            } else {
                text.append((char) b);
            }
        }
        return text.toString();
    }
}
