package io.eventmesh.function.transform;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.function.JsonEvent;
import io.eventmesh.proto.cloudevents.CloudEvent;
import io.eventmesh.proto.cloudevents.CloudEvent.CloudEventAttributeValue;
import io.eventmesh.spi.event.Event;
import java.nio.charset.StandardCharsets;

/** Puts new data into an event, keeping its attributes but for those that describe the data. */
public final class Result {
    /** Of new data, in bytes. */
    static final int MAX_BYTES = 1 << 20;

    private Result() {}

    /** @throws EventMeshException RULE_INVALID when the data is too large */
    public static Event json(Event input, JsonNode data) {
        try {
            return text(input, JsonEvent.MAPPER.writeValueAsString(data), "application/json");
        } catch (JsonProcessingException unwritable) {
            throw new EventMeshException(
                    ErrorCode.RULE_INVALID, "result: not JSON (expected: a JSON value)", unwritable);
        }
    }

    static Event text(Event input, String data, String contentType) {
        int bytes = data.getBytes(StandardCharsets.UTF_8).length;
        if (bytes > MAX_BYTES) {
            throw tooLarge(bytes);
        }
        CloudEvent.Builder event = input.parse().toBuilder();
        event.removeAttributes("dataschema");
        event.putAttributes(
                "datacontenttype",
                CloudEventAttributeValue.newBuilder().setCeString(contentType).build());
        event.setTextData(data);
        return Event.scan(event.build().toByteArray());
    }

    static EventMeshException tooLarge(long bytes) {
        return new EventMeshException(
                ErrorCode.RULE_INVALID, "result: %d bytes (expected: at most %d)".formatted(bytes, MAX_BYTES));
    }
}
