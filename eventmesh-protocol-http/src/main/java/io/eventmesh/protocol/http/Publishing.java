package io.eventmesh.protocol.http;

import com.fasterxml.jackson.core.io.JsonStringEncoder;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.error.HttpStatuses;
import io.eventmesh.common.topic.Names;
import io.eventmesh.common.topic.TopicName;
import io.eventmesh.http.EventReader;
import io.eventmesh.spi.event.Event;
import io.eventmesh.spi.mesh.CallContext;
import io.eventmesh.spi.mesh.Outgoing;
import io.eventmesh.spi.protocol.ProtocolContext;
import io.eventmesh.spi.storage.Position;
import io.vertx.core.MultiMap;
import io.vertx.core.http.HttpServerRequest;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** Publishes what a request brings, and answers for each event. */
final class Publishing {
    private static final String DELIVER_AT = "EventMesh-Deliver-At";
    private static final String DELAY = "EventMesh-Delay";
    private static final Duration LONGEST_DELAY = Duration.ofDays(366);

    private final ProtocolContext context;

    Publishing(ProtocolContext context) {
        this.context = context;
    }

    void publish(HttpServerRequest request, CallContext call, TopicName topic, EventReader.Result read) {
        long notBefore = notBefore(request.headers());
        if (read.isBatch()) {
            publishBatch(request, call, topic, read.events(), notBefore);
        } else {
            publishOne(request, call, outgoing(topic, read.events().get(0), notBefore));
        }
    }

    private static Outgoing outgoing(TopicName topic, Event event, long notBefore) {
        return notBefore == 0 ? new Outgoing(topic, event) : new Outgoing(topic, event).notBefore(notBefore);
    }

    /** Wall time before which the request's events are delivered to nobody; 0 for at once. */
    private long notBefore(MultiMap headers) {
        String at = headers.get(DELIVER_AT);
        String delay = headers.get(DELAY);
        if (at == null && delay == null) {
            return 0;
        }
        if (at != null && delay != null) {
            throw Query.invalid("header %s: '%s' (expected: either this one or %s)"
                    .formatted(DELAY, Names.shown(delay), DELIVER_AT));
        }
        long now = context.clock().millis();
        long due = delay != null
                ? now
                        + Query.duration("header " + DELAY, delay, Duration.ZERO, LONGEST_DELAY)
                                .toMillis()
                : time(at);
        if (due - now > LONGEST_DELAY.toMillis()) {
            throw Query.invalid("header %s: '%s' (expected: within 366 days)"
                    .formatted(DELIVER_AT, Names.shown(String.valueOf(at))));
        }
        return due <= now ? 0 : due;
    }

    private static long time(@Nullable String text) {
        try {
            return OffsetDateTime.parse(String.valueOf(text)).toInstant().toEpochMilli();
        } catch (DateTimeException | ArithmeticException notTime) {
            throw Query.invalid("header %s: '%s' (expected: RFC 3339, such as 2026-01-31T09:30:00Z)"
                    .formatted(DELIVER_AT, Names.shown(String.valueOf(text))));
        }
    }

    private void publishOne(HttpServerRequest request, CallContext call, Outgoing outgoing) {
        context.mesh().publish(call, outgoing).whenComplete((position, failure) -> {
            if (failure != null) {
                Answers.problem(request, EventMeshException.of(failure));
            } else {
                Answers.write(
                        request, 200, Answers.JSON, stored(outgoing.event().id(), position));
            }
        });
    }

    /** The same as a document of {@link #putPosition}, without the document: every event that is published asks for it. */
    private static byte[] stored(String id, Position position) {
        StringBuilder text = new StringBuilder(96).append("{\"id\":\"");
        JsonStringEncoder.getInstance().quoteAsString(id, text);
        return text.append("\",\"stream\":\"")
                .append(position.partition().stream().name())
                .append("\",\"partition\":")
                .append(position.partition().index())
                .append(",\"offset\":")
                .append(position.offset())
                .append('}')
                .toString()
                .getBytes(StandardCharsets.UTF_8);
    }

    private void publishBatch(
            HttpServerRequest request, CallContext call, TopicName topic, List<Event> events, long notBefore) {
        List<Outgoing> outgoing = new ArrayList<>(events.size());
        events.forEach(event -> outgoing.add(outgoing(topic, event, notBefore)));
        List<CompletionStage<Position>> stages = context.mesh().publish(call, outgoing);
        @Nullable Object[] results = new Object[stages.size()];
        AtomicInteger left = new AtomicInteger(stages.size());
        if (stages.isEmpty()) {
            answerBatch(request, events, results);
        }
        for (int i = 0; i < stages.size(); i++) {
            int index = i;
            stages.get(i).whenComplete((position, failure) -> {
                results[index] = failure == null ? position : EventMeshException.of(failure);
                if (left.decrementAndGet() == 0) {
                    answerBatch(request, events, results);
                }
            });
        }
    }

    /** 200 when all are stored, 207 when some are, the first refusal's status when none is. */
    private static void answerBatch(HttpServerRequest request, List<Event> events, @Nullable Object[] results) {
        ObjectNode answer = Answers.MAPPER.createObjectNode();
        var list = answer.putArray("results");
        int stored = 0;
        EventMeshException first = null;
        for (int i = 0; i < results.length; i++) {
            ObjectNode entry = list.addObject().put("id", events.get(i).id());
            if (results[i] instanceof Position position) {
                putPosition(entry.put("status", 200), position);
                stored++;
            } else if (results[i] instanceof EventMeshException refusal) {
                first = first == null ? refusal : first;
                entry.put("status", HttpStatuses.of(refusal.code()));
                Answers.putProblem(entry, refusal);
            }
        }
        answer.put("stored", stored);
        if (first != null) {
            Answers.putRetryAfter(request.response(), first);
        }
        int none = first == null ? 200 : HttpStatuses.of(first.code());
        Answers.json(request, first == null ? 200 : stored > 0 ? 207 : none, answer);
    }

    private static void putPosition(ObjectNode answer, Position position) {
        answer.put("stream", position.partition().stream().name())
                .put("partition", position.partition().index())
                .put("offset", position.offset());
    }
}
