package io.eventmesh.protocol.http.webhook;

import io.eventmesh.protocol.http.EventJson;
import io.eventmesh.protocol.http.PercentText;
import io.eventmesh.spi.event.Event;
import io.eventmesh.spi.storage.EventRecord;
import io.vertx.core.MultiMap;
import io.vertx.core.buffer.Buffer;
import java.util.Map;

/** An event by the HTTP binding of CloudEvents 1.0, §3.1 (binary) and §3.2 (structured). Stateless. */
final class CloudEventForm {
    private CloudEventForm() {}

    static Content binary(EventRecord record) {
        Event event = record.event();
        MultiMap headers = MultiMap.caseInsensitiveMultiMap();
        headers.set("ce-specversion", event.specVersion());
        headers.set("ce-id", PercentText.encoded(event.id()));
        headers.set("ce-source", PercentText.encoded(event.source()));
        headers.set("ce-type", PercentText.encoded(event.type()));
        for (String name : event.attributeNames()) {
            String value = event.attribute(name);
            if (value != null && !name.equals("datacontenttype")) {
                headers.set("ce-" + name, PercentText.encoded(value));
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
        headers.set("content-type", EventJson.STRUCTURED + "; charset=utf-8");
        return new Content(headers, Buffer.buffer(json(record.event())));
    }

    static byte[] json(Event event) {
        return EventJson.one(new EventJson.Shown(event, Map.of()));
    }
}
