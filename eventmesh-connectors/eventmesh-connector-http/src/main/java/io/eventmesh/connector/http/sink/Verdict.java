package io.eventmesh.connector.http.sink;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.connector.http.sink.HttpCaller.Answer;
import io.eventmesh.http.HttpOutcomes;
import io.eventmesh.spi.target.Outcome;
import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * What an answer means for the events of its request.
 *
 * @param failure null when they are safe
 * @param isTheEvents whether the failure is the fault of an event, rather than the destination's or the connector's
 */
record Verdict(@Nullable EventMeshException failure, boolean isTheEvents) {
    static final Verdict DONE = new Verdict(null, false);

    /**
     * 2xx is done. 401, 403, 407, redirects and 410 tell of the configuration, and no event may suffer for it; 404, 408,
     * 409, 429, 5xx pass; any other status is a refusal of what was sent.
     */
    static Verdict of(String where, Answer answer, Duration retryAfterMax, Instant now) {
        int status = answer.status();
        if (status >= 300 && status < 400) {
            return ours(
                    ErrorCode.CONNECTOR_CONFIG_INVALID,
                    "url: %s, HTTP status: %d (expected: 2xx; redirects are not followed)".formatted(where, status));
        }
        switch (status) {
            case 401, 407 -> {
                return ours(
                        ErrorCode.UNAUTHENTICATED,
                        "auth: %s, HTTP status: %d (expected: 2xx)".formatted(where, status));
            }
            case 403 -> {
                return ours(ErrorCode.PERMISSION_DENIED, "auth: %s, HTTP status: 403 (expected: 2xx)".formatted(where));
            }
            default -> {
                Outcome outcome = HttpOutcomes.of(status, answer.headers().get("Retry-After"), now);
                if (outcome instanceof Outcome.Again again) {
                    Duration delay = again.delay().compareTo(retryAfterMax) > 0 ? retryAfterMax : again.delay();
                    return ours(new EventMeshException(again.code(), where + ", " + again.reason(), delay));
                }
                if (outcome instanceof Outcome.Stop stop) {
                    return ours(ErrorCode.CONNECTOR_CONFIG_INVALID, "url: %s, %s".formatted(where, stop.reason()));
                }
                return outcome instanceof Outcome.Never never
                        ? new Verdict(
                                new EventMeshException(ErrorCode.EVENT_INVALID, where + ", " + never.reason()), true)
                        : DONE;
            }
        }
    }

    static Verdict ours(EventMeshException failure) {
        return new Verdict(failure, false);
    }

    private static Verdict ours(ErrorCode code, String message) {
        return ours(new EventMeshException(code, message));
    }

    /** Which of two failures decides about a batch: what is wrong with the connector, then what passes, then an event. */
    static EventMeshException worse(@Nullable EventMeshException one, EventMeshException other) {
        if (one == null) {
            return other;
        }
        int first = rank(one);
        int second = rank(other);
        if (first == second) {
            return one.retryAfter().compareTo(other.retryAfter()) >= 0 ? one : other;
        }
        return first > second ? one : other;
    }

    private static int rank(EventMeshException failure) {
        return failure.code() == ErrorCode.EVENT_INVALID ? 0 : failure.retryable() ? 1 : 2;
    }
}
