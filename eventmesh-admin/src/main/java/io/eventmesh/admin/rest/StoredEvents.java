package io.eventmesh.admin.rest;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.eventmesh.admin.definition.Json;
import io.eventmesh.http.EventJson;
import io.eventmesh.spi.event.Event;
import io.eventmesh.spi.storage.EventRecord;
import io.eventmesh.spi.storage.StoredRecord;
import java.nio.charset.StandardCharsets;
import java.util.Map;

/** Events as they lie in a stream. */
final class StoredEvents {
    private StoredEvents() {}

    static ObjectNode document(StoredRecord stored) {
        EventRecord record = stored.record();
        ObjectNode document = Json.object()
                .put("partition", stored.position().partition().index())
                .put("offset", stored.position().offset())
                .put("topic", record.topic().value());
        if (record.key() != null) {
            document.put("key", record.key());
        }
        if (record.target() != null) {
            document.put("target", record.target());
        }
        document.put("appendTime", Documents.time(record.appendTimeMillis())).put("size", record.size());
        document.set("event", event(record.event()));
        return document;
    }

    /** In the JSON format of CloudEvents. */
    static JsonNode event(Event event) {
        return Json.stored(new String(EventJson.one(new EventJson.Shown(event, Map.of())), StandardCharsets.UTF_8));
    }
}
