package io.eventmesh.protocol.http;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.time.MeshClock;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpVersion;
import java.time.Duration;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Collects a request's body, up to a limit and within a time.
 *
 * <p>What is too large or too slow is answered at once; what still comes is thrown away, and the connection is closed
 * when it does not end soon, so that the client can read the answer and cannot go on for ever.
 *
 * <p>On the request's event loop, but for {@link #isTooSlow}.
 */
final class Body {
    /** Slower bodies are cut off, after a grace. */
    private static final long MIN_BYTES_PER_SECOND = 240;

    private static final Duration GRACE = Duration.ofSeconds(10);
    /** How much of a refused body is read and thrown away. */
    private static final long DISCARDED = 8L * 1024 * 1024;

    private final HttpServerRequest request;
    private final ConnectionGuard guard;
    private final long limit;
    private final MeshClock clock;
    private final long began;
    /** Most bodies come in one part, which is not copied. */
    private @Nullable Buffer first;

    private @Nullable Buffer whole;
    private volatile long received;
    private boolean refused;
    private long refusedAt;

    private Body(HttpServerRequest request, ConnectionGuard guard, long limit, MeshClock clock) {
        this.request = request;
        this.guard = guard;
        this.limit = limit;
        this.clock = clock;
        this.began = clock.nanoTime();
    }

    /**
     * Tells the whole body, decompressed; a larger one is refused with EVENT_TOO_LARGE, what the consumer throws is
     * answered too.
     */
    static void read(
            HttpServerRequest request, ConnectionGuard guard, long limit, MeshClock clock, Consumer<byte[]> taker) {
        Body body = new Body(request, guard, limit, clock);
        guard.bodyBegan(body);
        request.handler(body::part);
        request.endHandler(end -> body.end(taker));
        request.exceptionHandler(broken -> body.broken());
        if (length(request) > limit) {
            body.refuse(413, body.tooLarge());
        } else if (request.getHeader("expect") != null) {
            body.answerExpectation();
        }
    }

    private void answerExpectation() {
        if ("100-continue".equalsIgnoreCase(request.getHeader("expect"))) {
            request.response().writeContinue();
        } else {
            refuse(417, Query.invalid("header expect: not as expected (expected: 100-continue)"));
        }
    }

    private void part(Buffer part) {
        long all = received + part.length();
        received = all;
        if (refused) {
            if (all > limit + DISCARDED) {
                close();
            }
        } else if (all > limit) {
            refuse(413, tooLarge());
        } else if (first == null) {
            first = part;
        } else {
            append(first, part);
        }
    }

    private void append(Buffer before, Buffer part) {
        Buffer all = whole;
        if (all == null) {
            all = Buffer.buffer(2 * (before.length() + part.length())).appendBuffer(before);
            whole = all;
        }
        all.appendBuffer(part);
    }

    private void end(Consumer<byte[]> taker) {
        guard.bodyEnded(this);
        if (refused) {
            if (request.version() != HttpVersion.HTTP_2) {
                guard.abort();
            }
            return;
        }
        try {
            Buffer all = whole == null ? first : whole;
            byte[] bytes = all == null ? new byte[0] : all.getBytes();
            String encoding = request.getHeader("content-encoding");
            taker.accept(encoding == null ? bytes : Inflated.of(encoding, bytes, limit));
        } catch (RuntimeException failure) {
            Answers.refusal(request, failure);
        }
    }

    /** The client went away, or what it sent is no HTTP. */
    private void broken() {
        guard.bodyEnded(this);
        if (!refused) {
            refused = true;
            Answers.problem(request, Query.invalid("request body: broken off (expected: all of it)"));
        }
    }

    /** Whether the client takes too long; a refused body gets little time to end. */
    boolean isTooSlow(long now) {
        long millis = (now - began) / 1_000_000;
        return millis > guard.bodyTimeout().toMillis()
                || (millis > GRACE.toMillis() && received < millis * MIN_BYTES_PER_SECOND / 1_000);
    }

    /** Refuses a body that is too slow, or, when it was refused, closes the connection. */
    void cutOff(long now) {
        if (request.isEnded() || !isTooSlow(now)) {
            return;
        }
        if (!refused) {
            refuse(
                    408,
                    Query.invalid(
                            "request body: %d bytes in %d ms (expected: all within %d ms, and at least %d bytes a second)"
                                    .formatted(
                                            received,
                                            (now - began) / 1_000_000,
                                            guard.bodyTimeout().toMillis(),
                                            MIN_BYTES_PER_SECOND)));
        } else if (now - refusedAt > 1_000_000_000L) {
            close();
        }
    }

    private void refuse(int status, EventMeshException refusal) {
        refused = true;
        refusedAt = clock.nanoTime();
        first = null;
        whole = null;
        if (request.version() != HttpVersion.HTTP_2) {
            request.response().putHeader("connection", "close");
        }
        Answers.problem(request, status, refusal);
    }

    private void close() {
        guard.bodyEnded(this);
        if (request.version() == HttpVersion.HTTP_2) {
            request.response().reset();
        } else {
            guard.abort();
        }
    }

    private EventMeshException tooLarge() {
        return new EventMeshException(
                ErrorCode.EVENT_TOO_LARGE, "request body: too large (expected: at most %d bytes)".formatted(limit));
    }

    private static long length(HttpServerRequest request) {
        String text = request.getHeader("content-length");
        try {
            return text == null ? 0 : Long.parseLong(text);
        } catch (NumberFormatException notALength) {
            return 0;
        }
    }
}
