package io.eventmesh.protocol.http.webhook;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.cfg.JsonNodeFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.http.EventJson;
import io.eventmesh.http.EventReader;
import io.eventmesh.protocol.http.client.Answer;
import io.eventmesh.spi.event.Event;
import io.vertx.core.MultiMap;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The events in a function's answer: none in 202, 204 or an answer without content, else one in binary or structured mode
 * or some in a batch. An event without id or source is given ones that follow from the event that the function was
 * called with, so that a call made twice gives events that are known again. Stateless.
 */
final class FunctionAnswer {
    static final int MAX_EVENTS = 100;

    private static final int ACCEPTED = 202;
    private static final int NO_CONTENT = 204;
    private static final ObjectMapper JSON = JsonMapper.builder()
            .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
            .disable(JsonNodeFeature.STRIP_TRAILING_BIGDECIMAL_ZEROES)
            .build();
    private static final EventReader READER = new EventReader();

    /**
     * What an answer's events are called unless they say so.
     *
     * @param source of those without one
     * @param target name of the target
     * @param cause the event that the function was called with
     */
    record Naming(String source, String target, Event cause) {
        String id(int index) {
            return MessageIds.derived(target, cause, index);
        }
    }

    private FunctionAnswer() {}

    /** @throws EventMeshException EVENT_INVALID, EVENT_TOO_LARGE when the answer is none that can be read */
    static List<Event> events(Answer answer, Naming naming) {
        MultiMap headers = answer.headers();
        boolean says = headers.names().stream().anyMatch(FunctionAnswer::isAttribute);
        if (answer.status() == ACCEPTED
                || answer.status() == NO_CONTENT
                || (answer.body().length() == 0 && !says)) {
            return List.of();
        }
        String type = headers.get("content-type");
        List<Event> events = READER.read(
                        headers, type, named(type, answer.body().getBytes(), naming), () -> {
                            throw new EventMeshException(
                                    ErrorCode.EVENT_INVALID,
                                    "content that is no CloudEvent (expected: ce- headers, %s, %s, or no content)"
                                            .formatted(EventJson.STRUCTURED, EventJson.BATCH));
                        })
                .events();
        requireFew(events.size());
        List<Event> whole = new ArrayList<>(events.size());
        for (int i = 0; i < events.size(); i++) {
            whole.add(named(events.get(i), i, naming).requirePublishable());
        }
        return whole;
    }

    private static boolean isAttribute(String header) {
        return header.regionMatches(true, 0, "ce-", 0, 3);
    }

    private static void requireFew(int events) {
        if (events > MAX_EVENTS) {
            throw new EventMeshException(
                    ErrorCode.EVENT_INVALID, "%d events (expected: at most %d)".formatted(events, MAX_EVENTS));
        }
    }

    private static Event named(Event event, int index, Naming naming) {
        if (!event.id().isEmpty() && !event.source().isEmpty()) {
            return event;
        }
        return event.toBuilder()
                .id(event.id().isEmpty() ? naming.id(index) : event.id())
                .source(event.source().isEmpty() ? naming.source() : event.source())
                .build();
    }

    /** The content with names for events in JSON that have none, which could not be read otherwise. */
    private static byte[] named(@Nullable String type, byte[] body, Naming naming) {
        String media = type == null ? "" : type.strip().toLowerCase(Locale.ROOT);
        if (!media.startsWith("application/cloudevents")) {
            return body;
        }
        try {
            JsonNode tree = JSON.readTree(body);
            boolean changed = false;
            if (tree.isArray()) {
                requireFew(tree.size());
                for (int i = 0; i < tree.size(); i++) {
                    changed |= name(tree.get(i), i, naming);
                }
            } else {
                changed = name(tree, 0, naming);
            }
            return changed ? JSON.writeValueAsBytes(tree) : body;
        } catch (JsonProcessingException notJson) {
            // the reader says what is wrong with it
            return body;
        } catch (IOException impossible) {
            throw new IllegalStateException(impossible);
        }
    }

    private static boolean name(JsonNode event, int index, Naming naming) {
        if (!(event instanceof ObjectNode object)) {
            return false;
        }
        boolean changed = false;
        for (Map.Entry<String, String> name :
                Map.of("id", naming.id(index), "source", naming.source()).entrySet()) {
            if (!object.has(name.getKey())) {
                object.put(name.getKey(), name.getValue());
                changed = true;
            }
        }
        return changed;
    }
}
