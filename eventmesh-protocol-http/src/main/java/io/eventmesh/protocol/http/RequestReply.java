package io.eventmesh.protocol.http;

import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.http.PercentText;
import io.eventmesh.spi.event.DataKind;
import io.eventmesh.spi.event.Event;
import io.eventmesh.spi.mesh.CallContext;
import io.eventmesh.spi.mesh.Outgoing;
import io.eventmesh.spi.protocol.ProtocolContext;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import java.time.Duration;
import java.util.Set;

/** Requests that wait for the first reply, and the replies. */
final class RequestReply {
    static final Set<String> PARAMETERS = Set.of("namespace", "timeout");
    private static final Duration LONGEST = Duration.ofHours(1);

    private final ProtocolContext context;

    RequestReply(ProtocolContext context) {
        this.context = context;
    }

    static Duration timeout(Query query) {
        return query.duration("timeout", Duration.ofSeconds(5), Duration.ofMillis(1), LONGEST);
    }

    /** Answers with the reply in binary mode; 504 when none came in time. */
    void request(HttpServerRequest request, CallContext call, Outgoing outgoing, Duration timeout) {
        context.mesh().request(call, outgoing, timeout).whenComplete((reply, failure) -> {
            if (failure != null) {
                Answers.problem(request, EventMeshException.of(failure));
            } else {
                answer(request.response(), reply);
            }
        });
    }

    /** 204 when the one who asked got it; 404 when nobody waits any more. */
    void reply(HttpServerRequest request, CallContext call, String replyTo, Event reply) {
        context.mesh().reply(call, replyTo, reply).whenComplete((done, failure) -> {
            if (failure != null) {
                Answers.problem(request, EventMeshException.of(failure));
            } else {
                request.response().setStatusCode(204).end();
            }
        });
    }

    private static void answer(HttpServerResponse response, Event event) {
        if (response.ended() || response.closed()) {
            return;
        }
        response.putHeader("ce-specversion", event.specVersion())
                .putHeader("ce-id", PercentText.encoded(event.id()))
                .putHeader("ce-source", PercentText.encoded(event.source()))
                .putHeader("ce-type", PercentText.encoded(event.type()));
        for (String name : event.attributeNames()) {
            String value = event.attribute(name);
            if (value != null && !name.equals("datacontenttype")) {
                response.putHeader("ce-" + name, PercentText.encoded(value));
            }
        }
        String contentType = event.dataContentType();
        if (contentType != null && contentType.chars().allMatch(c -> c >= 0x20 && c < 0x7f)) {
            response.putHeader("content-type", contentType);
        }
        response.end(event.dataKind() == DataKind.NONE ? Buffer.buffer() : Buffer.buffer(event.data()));
    }
}
