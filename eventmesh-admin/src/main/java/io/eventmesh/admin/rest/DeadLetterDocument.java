package io.eventmesh.admin.rest;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.eventmesh.admin.definition.Json;
import io.eventmesh.spi.event.Event;
import io.eventmesh.spi.mesh.DeadLetterDesk;
import io.eventmesh.spi.storage.StoredRecord;
import java.util.Map;
import java.util.Set;

/** Dead letters as people see them. */
final class DeadLetterDocument {
    /** What says why, and how the document calls it. */
    private static final Map<String, String> REASONS = Map.ofEntries(
            Map.entry("dlreason", "reason"),
            Map.entry("dlstage", "stage"),
            Map.entry("dlcode", "code"),
            Map.entry("dlmsg", "message"),
            Map.entry("dlexhausted", "exhausted"),
            Map.entry("dlfirsttime", "firstTime"),
            Map.entry("dllasttime", "lastTime"),
            Map.entry("dltopic", "topic"),
            Map.entry("dlposition", "position"),
            Map.entry("dlowner", "owner"),
            Map.entry("dlepoch", "epoch"));

    private static final String ATTEMPTS = "dlattempts";

    private DeadLetterDocument() {}

    static ObjectNode of(DeadLetterDesk.Topic topic) {
        ObjectNode document = Json.object()
                .put("topic", topic.stream().name())
                .put("namespace", topic.stream().namespace());
        owner(document.putObject("owner"), topic.stream().name());
        document.put("events", topic.events()).put("bytes", topic.bytes());
        if (topic.oldestMillis() > 0) {
            document.put("oldest", Documents.time(topic.oldestMillis()))
                    .put("newest", Documents.time(topic.newestMillis()));
        }
        ObjectNode codes = document.putObject("codes");
        topic.codes().forEach((code, count) -> codes.put(code.isEmpty() ? "none" : code, count));
        return document.put("counted", topic.counted());
    }

    /** Out of {@code _dl/<namespace>/<kind>/<name>}; of a rule the last part is the target. */
    private static void owner(ObjectNode owner, String topic) {
        String[] parts = topic.split("/", 4);
        String kind = parts.length > 2 ? parts[2] : "";
        String name = parts.length > 3 ? parts[3] : "";
        int target = kind.equals("rule") ? name.indexOf('/') : -1;
        owner.put("kind", kind).put("name", target < 0 ? name : name.substring(0, target));
        if (target >= 0) {
            owner.put("target", name.substring(target + 1));
        }
    }

    static ObjectNode of(StoredRecord letter) {
        Event event = letter.record().event();
        ObjectNode document = Json.object()
                .put("partition", letter.position().partition().index())
                .put("offset", letter.position().offset())
                .put("storedAt", Documents.time(letter.record().appendTimeMillis()));
        REASONS.forEach((attribute, field) -> {
            String value = event.attribute(attribute);
            if (value != null) {
                document.put(field, value);
            }
        });
        String attempts = event.attribute(ATTEMPTS);
        if (attempts != null && attempts.matches("\\d{1,9}")) {
            document.put("attempts", Integer.parseInt(attempts));
        }
        if (letter.record().target() != null) {
            document.put("target", letter.record().target());
        }
        document.set(
                "event",
                StoredEvents.event(event.without(Set.copyOf(REASONS.keySet())).without(Set.of(ATTEMPTS))));
        return document;
    }
}
