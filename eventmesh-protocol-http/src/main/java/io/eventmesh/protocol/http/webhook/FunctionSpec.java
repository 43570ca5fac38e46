package io.eventmesh.protocol.http.webhook;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.topic.TopicName;
import io.eventmesh.protocol.http.client.Caller;
import io.eventmesh.protocol.http.client.SpecFields;
import io.eventmesh.spi.storage.EventRecord;
import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What a function says: {@code {"url": "https://example.com/enrich", "topic": "orders/enriched"}} and, optionally,
 *
 * <ul>
 *   <li>{@code format} of the request: {@code binary} (default) or {@code structured}
 *   <li>{@code timeout}: of one call, the policy's unless said
 *   <li>{@code headers}, {@code query}: sent with each request
 *   <li>{@code signing}: the name of a credential by which each request is signed, besides the target's own credential
 * </ul>
 *
 * @param url with the query's parameters
 * @param topic where its answers go
 * @param signing empty for none
 */
record FunctionSpec(
        String url,
        TopicName topic,
        boolean structured,
        @Nullable Duration timeout,
        Map<String, String> headers,
        String signing) {
    private static final Set<String> FIELDS =
            Set.of("url", "topic", "format", "timeout", "headers", "query", "signing");
    private static final Pattern ANY = Pattern.compile(".+", Pattern.DOTALL);
    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9_.~%-]{1,64}");

    /** @throws EventMeshException RULE_INVALID naming field, value and expectation */
    static FunctionSpec parse(String text) {
        SpecFields fields = SpecFields.of(text, FIELDS);
        return new FunctionSpec(
                fields.url(),
                topic(fields.text("topic", ANY, "the name of a topic")),
                fields.choice("format", "binary", "structured").equals("structured"),
                fields.timeout(),
                fields.headers(),
                Objects.requireNonNullElse(fields.text("signing", NAME, "the name of a credential"), ""));
    }

    private static TopicName topic(@Nullable String text) {
        if (text == null) {
            throw SpecFields.refused("spec.topic", "", "the name of the topic where answers go");
        }
        TopicName topic;
        try {
            topic = TopicName.of(text);
        } catch (EventMeshException notATopic) {
            throw new EventMeshException(ErrorCode.RULE_INVALID, "spec." + notATopic.reason(), notATopic);
        }
        if (topic.isReserved()) {
            throw SpecFields.refused("spec.topic", text, "not beginning with _, those belong to the mesh");
        }
        return topic;
    }

    /** What a function is sent for an event, without the headers of this target and its proof. */
    Content content(EventRecord record) {
        Content content = structured ? CloudEventForm.structured(record) : CloudEventForm.binary(record);
        content.headers().set("Prefer", "reply");
        return content;
    }

    /** Without path, query and headers, which may hold secrets. */
    @Override
    public String toString() {
        return "function " + Caller.where(url);
    }
}
