package io.eventmesh.protocol.http.webhook;

import io.cloudevents.jackson.JsonFormat;
import io.eventmesh.spi.event.CloudEvents;
import io.eventmesh.spi.event.Event;
import io.eventmesh.spi.storage.EventRecord;
import io.vertx.core.MultiMap;
import io.vertx.core.buffer.Buffer;
import java.nio.charset.StandardCharsets;

/** An event by the HTTP binding of CloudEvents 1.0, §3.1 (binary) and §3.2 (structured). Stateless. */
final class CloudEventForm {
    private static final JsonFormat JSON = new JsonFormat();

    private CloudEventForm() {}

    static Content binary(EventRecord record) {
        Event event = record.event();
        MultiMap headers = MultiMap.caseInsensitiveMultiMap();
        headers.set("ce-specversion", event.specVersion());
        headers.set("ce-id", encoded(event.id()));
        headers.set("ce-source", encoded(event.source()));
        headers.set("ce-type", encoded(event.type()));
        for (String name : event.attributeNames()) {
            String value = event.attribute(name);
            if (value != null && !name.equals("datacontenttype")) {
                headers.set("ce-" + name, encoded(value));
            }
        }
        String type = event.dataContentType();
        if (type != null) {
            headers.set("content-type", type);
        }
        return new Content(headers, Buffer.buffer(event.data()));
    }

    static Content structured(EventRecord record) {
        MultiMap headers = MultiMap.caseInsensitiveMultiMap();
        headers.set("content-type", JsonFormat.CONTENT_TYPE + "; charset=utf-8");
        return new Content(headers, Buffer.buffer(json(record.event())));
    }

    static byte[] json(Event event) {
        return JSON.serialize(CloudEvents.toCloudEvent(event));
    }

    /** A header's value by §3.1.3.2: whatever is not printable ASCII, and space, quote and percent, in percent form. */
    static String encoded(String value) {
        int at = 0;
        while (at < value.length() && isPlain(value.charAt(at))) {
            at++;
        }
        if (at == value.length()) {
            return value;
        }
        StringBuilder out = new StringBuilder(value.length() + 16);
        for (byte each : value.getBytes(StandardCharsets.UTF_8)) {
            char unit = (char) (each & 0xff);
            if (isPlain(unit)) {
                out.append(unit);
            } else {
                out.append('%')
                        .append(Character.toUpperCase(Character.forDigit(unit >> 4, 16)))
                        .append(Character.toUpperCase(Character.forDigit(unit & 0xf, 16)));
            }
        }
        return out.toString();
    }

    private static boolean isPlain(char unit) {
        return unit > 0x20 && unit < 0x7f && unit != '"' && unit != '%';
    }
}
