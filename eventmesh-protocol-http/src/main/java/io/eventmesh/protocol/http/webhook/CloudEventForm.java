package io.eventmesh.protocol.http.webhook;

import io.eventmesh.http.EventHeaders;
import io.eventmesh.http.EventJson;
import io.eventmesh.spi.event.Event;
import io.eventmesh.spi.storage.EventRecord;
import io.eventmesh.spi.target.Attempt;
import io.vertx.core.MultiMap;
import io.vertx.core.buffer.Buffer;
import java.util.List;
import java.util.Map;

/** Events by the HTTP binding of CloudEvents 1.0, §3.1 (binary), §3.2 (structured) and §3.3 (batch). Stateless. */
final class CloudEventForm {
    private CloudEventForm() {}

    static Content binary(EventRecord record) {
        Event event = record.event();
        MultiMap headers = MultiMap.caseInsensitiveMultiMap();
        EventHeaders.of(event, headers::set);
        return new Content(headers, Buffer.buffer(event.data()));
    }

    static Content structured(EventRecord record) {
        return json(EventJson.STRUCTURED, json(record.event()));
    }

    static Content batch(List<Attempt> events) {
        return json(
                EventJson.BATCH,
                EventJson.batch(
                        events.stream().map(each -> json(each.record().event())).toList()));
    }

    private static Content json(String type, byte[] body) {
        MultiMap headers = MultiMap.caseInsensitiveMultiMap();
        headers.set("content-type", type + "; charset=utf-8");
        return new Content(headers, Buffer.buffer(body));
    }

    static byte[] json(Event event) {
        return EventJson.one(new EventJson.Shown(event, Map.of()));
    }
}
