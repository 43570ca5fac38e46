package io.eventmesh.protocol.http.webhook;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.spi.event.DataKind;
import io.eventmesh.spi.event.Event;
import io.eventmesh.spi.storage.EventRecord;
import io.eventmesh.spi.target.Outcome;
import io.vertx.core.MultiMap;
import io.vertx.core.buffer.Buffer;
import java.io.IOException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;

/**
 * The form post that webhooks of EventMesh's SDK expect, and the JSON {@code {"retCode": n}} by which they answer. Code
 * 105 says an asynchronous call, 106 a synchronous one. An event that came as a CloudEvent, or whose data is no text, has
 * its structured form as content, any other one its bare text. Stateless.
 */
final class EventMeshForm {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String CLOUD_EVENTS = "cloudevents";

    private EventMeshForm() {}

    static Content content(EventRecord record, String runtimeId, boolean sync) {
        Event event = record.event();
        boolean whole = CLOUD_EVENTS.equals(event.attribute("protocoltype"))
                || (event.dataKind() != DataKind.TEXT && event.dataKind() != DataKind.NONE);
        MultiMap headers = MultiMap.caseInsensitiveMultiMap();
        headers.set("code", sync ? "106" : "105");
        headers.set("language", "JAVA");
        headers.set("version", "1.0");
        headers.set("eventmeshcluster", runtimeId);
        headers.set("eventmeship", "");
        headers.set("eventmeshenv", attribute(event, "env"));
        headers.set("eventmeshidc", attribute(event, "idc"));
        headers.set("protocoltype", whole ? CLOUD_EVENTS : "eventmeshmessage");
        headers.set("protocoldesc", attribute(event, "protocoldesc"));
        headers.set("protocolversion", Objects.requireNonNullElse(event.attribute("protocolversion"), "1.0"));
        headers.set("contenttype", "application/cloudevents+json");
        headers.set("content-type", "application/x-www-form-urlencoded; charset=utf-8");
        Map<String, String> form = new LinkedHashMap<>();
        form.put("content", new String(whole ? CloudEventForm.json(event) : event.data(), StandardCharsets.UTF_8));
        form.put("bizseqno", attribute(event, "seqnum"));
        form.put("uniqueId", attribute(event, "uniqueid"));
        form.put("randomNo", event.id());
        form.put("topic", record.topic().value());
        form.put("extFields", extFields(record));
        StringBuilder body = new StringBuilder();
        form.forEach((name, value) -> body.append(body.isEmpty() ? "" : "&")
                .append(name)
                .append('=')
                .append(URLEncoder.encode(value, StandardCharsets.UTF_8)));
        return new Content(headers, Buffer.buffer(body.toString()));
    }

    /**
     * What a 200 says: 0 and 1 are done, 2 and 5 (nobody listens) come again, 3 and whatever cannot be read is a refusal
     * for good.
     */
    static Outcome outcome(Buffer body) {
        JsonNode code;
        try {
            code = JSON.readTree(body.getBytes()).path("retCode");
        } catch (IOException notJson) {
            return new Outcome.Never(
                    ErrorCode.DELIVERY_FAILED, "answer: no JSON (expected: an object such as {\"retCode\": 1})");
        }
        return switch (code.asInt(-1)) {
            case 0, 1 -> new Outcome.Done();
            case 2, 5 ->
                new Outcome.Again(
                        ErrorCode.DELIVERY_FAILED, "retCode: %s (expected: 1)".formatted(code.asText()), Duration.ZERO);
            default ->
                new Outcome.Never(
                        ErrorCode.DELIVERY_FAILED,
                        "retCode: '%s' (expected: 1, or 2 for again)".formatted(code.asText()));
        };
    }

    private static String extFields(EventRecord record) {
        Event event = record.event();
        Map<String, String> fields = new LinkedHashMap<>();
        for (String name : event.attributeNames()) {
            String value = event.attribute(name);
            if (value != null) {
                fields.put(name, value);
            }
        }
        fields.put("id", event.id());
        fields.put("source", event.source());
        fields.put("type", event.type());
        fields.put("specversion", event.specVersion());
        fields.put("subject", record.topic().value());
        try {
            return JSON.writeValueAsString(fields);
        } catch (JsonProcessingException impossible) {
            throw new IllegalStateException("texts that are no JSON", impossible);
        }
    }

    private static String attribute(Event event, String name) {
        return Objects.requireNonNullElse(event.attribute(name), "");
    }
}
