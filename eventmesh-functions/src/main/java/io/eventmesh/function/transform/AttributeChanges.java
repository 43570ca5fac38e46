package io.eventmesh.function.transform;

import com.fasterxml.jackson.databind.JsonNode;
import com.google.protobuf.Timestamp;
import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.proto.cloudevents.CloudEvent;
import io.eventmesh.proto.cloudevents.CloudEvent.CloudEventAttributeValue;
import io.eventmesh.spi.event.Event;
import io.eventmesh.spi.event.ReservedAttributes;
import io.eventmesh.spi.function.EventView;
import io.eventmesh.spi.function.InvalidSpec;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Changes of an event's attributes: renames, then removals, then what is set. Immutable. */
record AttributeChanges(
        Map<String, String> renames, List<String> removals, Map<String, AttributeText> set, Variables variables) {
    /** Attributes whose value is a text, whatever it says. */
    static final Set<String> ALWAYS_TEXT =
            Set.of("source", "type", "subject", "time", "datacontenttype", "dataschema", "expirytime", "partitionkey");

    /** @throws EventMeshException RULE_INVALID, EVENT_INVALID when the event would be none any more */
    Event apply(EventView view) {
        Event input = view.event();
        CloudEvent before = input.parse();
        CloudEvent.Builder after = before.toBuilder();
        renames.keySet().forEach(after::removeAttributes);
        renames.forEach((from, to) -> {
            CloudEventAttributeValue value = before.getAttributesMap().get(from);
            if (value != null) {
                after.putAttributes(to, value);
            }
        });
        removals.forEach(after::removeAttributes);
        Variables.Values values = variables.values(view);
        set.forEach((name, text) -> put(after, name, text.value(values)));
        Event changed = Event.scan(after.build().toByteArray());
        changed.without(ReservedAttributes::isReserved).requirePublishable();
        return changed;
    }

    /** Whether a text may be the value of an attribute. */
    static void requireValid(String name, String value, String at) {
        try {
            CloudEvent.Builder sample = CloudEvent.newBuilder()
                    .setId("1")
                    .setSource("/s")
                    .setSpecVersion("1.0")
                    .setType("t");
            putText(sample, name, value);
            Event.scan(sample.build().toByteArray()).requirePublishable();
        } catch (EventMeshException refused) {
            throw new InvalidSpec(at, refused.reason());
        }
    }

    private static void put(CloudEvent.Builder event, String name, JsonNode value) {
        boolean empty = value.isTextual() && value.textValue().isEmpty();
        if (value.isMissingNode() || value.isNull() || empty) {
            return;
        }
        if (value.isTextual() || ALWAYS_TEXT.contains(name)) {
            putText(event, name, value.asText());
        } else if (value.isBoolean()) {
            event.putAttributes(
                    name,
                    CloudEventAttributeValue.newBuilder()
                            .setCeBoolean(value.booleanValue())
                            .build());
        } else {
            event.putAttributes(
                    name,
                    CloudEventAttributeValue.newBuilder()
                            .setCeInteger(value.intValue())
                            .build());
        }
    }

    private static void putText(CloudEvent.Builder event, String name, String text) {
        CloudEventAttributeValue.Builder value = CloudEventAttributeValue.newBuilder();
        switch (name) {
            case "source" -> event.setSource(text);
            case "type" -> event.setType(text);
            case "time" ->
                event.putAttributes(name, value.setCeTimestamp(time(text)).build());
            case "dataschema" -> event.putAttributes(name, value.setCeUri(text).build());
            default -> event.putAttributes(name, value.setCeString(text).build());
        }
    }

    private static Timestamp time(String text) {
        try {
            Instant instant = OffsetDateTime.parse(text).toInstant();
            return Timestamp.newBuilder()
                    .setSeconds(instant.getEpochSecond())
                    .setNanos(instant.getNano())
                    .build();
        } catch (DateTimeException none) {
            throw new EventMeshException(
                    ErrorCode.EVENT_INVALID, "attribute time: '%s' (expected: an RFC 3339 timestamp)".formatted(text));
        }
    }
}
