package io.eventmesh.protocol.http;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerRequest;
import java.util.function.Consumer;

/** Collects a request's body, up to a limit. */
final class Body {
    private final HttpServerRequest request;
    private final long limit;
    private final Buffer collected = Buffer.buffer();
    private boolean refused;

    private Body(HttpServerRequest request, long limit) {
        this.request = request;
        this.limit = limit;
    }

    /** Tells the whole body; a larger one is refused with EVENT_TOO_LARGE, what the consumer throws is answered too. */
    static void read(HttpServerRequest request, long limit, Consumer<byte[]> whole) {
        Body body = new Body(request, limit);
        request.handler(body::part);
        request.endHandler(end -> {
            if (!body.refused) {
                try {
                    whole.accept(body.collected.getBytes());
                } catch (RuntimeException failure) {
                    Answers.problem(request, EventMeshException.of(failure));
                }
            }
        });
    }

    private void part(Buffer part) {
        if (refused) {
            return;
        }
        if (collected.length() + (long) part.length() > limit) {
            refused = true;
            Answers.problem(
                    request,
                    new EventMeshException(
                            ErrorCode.EVENT_TOO_LARGE,
                            "request body: too large (expected: at most %d bytes)".formatted(limit)));
            return;
        }
        collected.appendBuffer(part);
    }
}
