package io.eventmesh.http;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.spi.target.Outcome;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What an HTTP status means for an event, by the data plane specification of Knative and the webhook specification of
 * CloudEvents: 2xx is done; 404, 408, 409, 429 and 5xx come again; 410 ends the deliveries; everything else is a refusal
 * for good, redirects among it. Stateless.
 */
public final class HttpOutcomes {
    /** A destination cannot ask for more patience than this, unless a policy says so. */
    public static final Duration MAX_RETRY_AFTER = Duration.ofHours(1);

    private HttpOutcomes() {}

    /** What a status means, with the header {@code Retry-After} of its answer. */
    public static Outcome of(int status, @Nullable String retryAfter, Instant now) {
        return of(status, retryAfter, now, Set.of(), MAX_RETRY_AFTER);
    }

    /**
     * The same, by a policy.
     *
     * @param retryOn the codes that come again; empty for the usual ones. 410 is none of them
     * @param retryAfterMax up to which {@code Retry-After} counts
     */
    public static Outcome of(
            int status, @Nullable String retryAfter, Instant now, Set<Integer> retryOn, Duration retryAfterMax) {
        if (status >= 200 && status < 300) {
            return new Outcome.Done();
        }
        if (status == 410) {
            return new Outcome.Stop(ErrorCode.DELIVERY_FAILED, "HTTP status: 410, it wants nothing more");
        }
        String said = "HTTP status: %d (expected: 2xx)".formatted(status);
        boolean again = retryOn.isEmpty() ? comesAgain(status) : retryOn.contains(status);
        if (!again) {
            return new Outcome.Never(ErrorCode.DELIVERY_FAILED, said);
        }
        Duration asked = status == 429 || status == 503 ? asked(retryAfter, now, retryAfterMax) : Duration.ZERO;
        return new Outcome.Again(ErrorCode.DELIVERY_FAILED, said, asked);
    }

    private static boolean comesAgain(int status) {
        return switch (status) {
            case 404, 408, 409, 429 -> true;
            default -> status >= 500;
        };
    }

    /** Seconds or a date, at most {@link #MAX_RETRY_AFTER}; zero when there is none that can be read. */
    public static Duration retryAfter(@Nullable String value, Instant now) {
        return asked(value, now, MAX_RETRY_AFTER);
    }

    private static Duration asked(@Nullable String value, Instant now, Duration max) {
        if (value == null) {
            return Duration.ZERO;
        }
        Duration asked;
        String text = value.strip();
        try {
            asked = text.matches("\\d{1,18}")
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
        return asked.compareTo(max) > 0 ? max : asked;
    }
}
