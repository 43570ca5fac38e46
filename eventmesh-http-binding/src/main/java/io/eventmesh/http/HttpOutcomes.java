package io.eventmesh.http;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.spi.target.Outcome;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import org.jspecify.annotations.Nullable;

/**
 * What an HTTP status means for an event, by the data plane specification of Knative and the webhook specification of
 * CloudEvents: 2xx is done; 404, 408, 409, 429 and 5xx come again; 410 ends the deliveries; everything else is a refusal
 * for good, redirects among it. Stateless.
 */
public final class HttpOutcomes {
    /** A destination cannot ask for more patience than this. */
    public static final Duration MAX_RETRY_AFTER = Duration.ofHours(1);

    private HttpOutcomes() {}

    /** What a status means, with the header {@code Retry-After} of its answer. */
    public static Outcome of(int status, @Nullable String retryAfter, Instant now) {
        if (status >= 200 && status < 300) {
            return new Outcome.Done();
        }
        String said = "HTTP status: %d (expected: 2xx)".formatted(status);
        return switch (status) {
            case 410 -> new Outcome.Stop(ErrorCode.DELIVERY_FAILED, "HTTP status: 410, it wants nothing more");
            case 429, 503 -> new Outcome.Again(ErrorCode.DELIVERY_FAILED, said, retryAfter(retryAfter, now));
            case 404, 408, 409 -> new Outcome.Again(ErrorCode.DELIVERY_FAILED, said, Duration.ZERO);
            default ->
                status >= 500
                        ? new Outcome.Again(ErrorCode.DELIVERY_FAILED, said, Duration.ZERO)
                        : new Outcome.Never(ErrorCode.DELIVERY_FAILED, said);
        };
    }

    /** Seconds or a date, at most {@link #MAX_RETRY_AFTER}; zero when there is none that can be read. */
    public static Duration retryAfter(@Nullable String value, Instant now) {
        if (value == null) {
            return Duration.ZERO;
        }
        Duration asked;
        String text = value.strip();
        try {
            asked = text.matches("\\d{1,9}")
                    ? Duration.ofSeconds(Long.parseLong(text))
                    : Duration.between(
                            now,
                            ZonedDateTime.parse(text, DateTimeFormatter.RFC_1123_DATE_TIME)
                                    .toInstant());
        } catch (DateTimeException unreadable) {
            return Duration.ZERO;
        }
        if (asked.isNegative()) {
            return Duration.ZERO;
        }
        return asked.compareTo(MAX_RETRY_AFTER) > 0 ? MAX_RETRY_AFTER : asked;
    }
}
