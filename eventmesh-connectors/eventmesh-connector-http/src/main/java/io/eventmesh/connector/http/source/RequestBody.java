package io.eventmesh.connector.http.source;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerRequest;
import java.time.Duration;
import java.util.function.Consumer;

/**
 * Collects a request's body up to a limit, within a time, and within what all bodies of the server may take together.
 *
 * <p>On the request's event loop.
 */
final class RequestBody {
    private static final long TIME_LIMIT_MILLIS = 30_000;
    /** How much of a refused body is read and thrown away, so that its sender reads the answer. */
    private static final long DISCARDED = 8L << 20;

    /** What the bodies that are being read take together. On the event loop. */
    static final class Budget {
        private static final long MAX = 64L << 20;
        private long used;
    }

    /** Answers a request whose body is not taken. */
    interface Refusal {
        void give(HttpServerRequest request, int status, EventMeshException why);
    }

    private final HttpServerRequest request;
    private final long limit;
    private final Budget budget;
    private final Refusal refusal;
    private final Buffer whole = Buffer.buffer();
    private long held;
    private long received;
    private boolean refused;

    private RequestBody(HttpServerRequest request, long limit, Budget budget, Refusal refusal) {
        this.request = request;
        this.limit = limit;
        this.budget = budget;
        this.refusal = refusal;
    }

    static void read(
            Vertx vertx,
            HttpServerRequest request,
            long limit,
            Budget budget,
            Consumer<byte[]> taker,
            Refusal refusal) {
        RequestBody body = new RequestBody(request, limit, budget, refusal);
        long timer = vertx.setTimer(TIME_LIMIT_MILLIS, late -> body.late());
        request.handler(body::part);
        request.endHandler(end -> {
            vertx.cancelTimer(timer);
            body.release();
            if (!body.refused) {
                taker.accept(body.whole.getBytes());
            }
        });
        request.exceptionHandler(broken -> {
            vertx.cancelTimer(timer);
            body.refused = true;
            body.release();
        });
        if (body.length() > limit) {
            body.tooLarge();
        }
    }

    private void part(Buffer part) {
        received += part.length();
        if (refused) {
            if (received > limit + DISCARDED) {
                request.connection().close();
            }
        } else if (received > limit) {
            tooLarge();
        } else if (budget.used + part.length() > Budget.MAX) {
            refuse(
                    503,
                    new EventMeshException(ErrorCode.OVERLOADED, "too many requests at once", Duration.ofSeconds(1)));
        } else {
            held += part.length();
            budget.used += part.length();
            whole.appendBuffer(part);
        }
    }

    private void tooLarge() {
        refuse(
                413,
                new EventMeshException(
                        ErrorCode.EVENT_TOO_LARGE,
                        "request body: too large (expected: at most %d bytes)".formatted(limit)));
    }

    private void late() {
        if (refused) {
            request.connection().close();
        } else {
            refuse(
                    408,
                    new EventMeshException(
                            ErrorCode.DEADLINE_EXCEEDED,
                            "request body: not complete (expected: within %d ms)".formatted(TIME_LIMIT_MILLIS)));
        }
    }

    private void refuse(int status, EventMeshException why) {
        refused = true;
        release();
        refusal.give(request, status, why);
    }

    private void release() {
        budget.used -= held;
        held = 0;
    }

    private long length() {
        String text = request.getHeader("content-length");
        return text != null && text.matches("\\d{1,18}") ? Long.parseLong(text) : 0;
    }
}
