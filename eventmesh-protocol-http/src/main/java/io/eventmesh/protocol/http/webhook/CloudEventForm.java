package io.eventmesh.protocol.http.webhook;

import io.eventmesh.http.EventHeaders;
import io.eventmesh.http.EventJson;
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
        EventHeaders.of(event, headers::set);
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
