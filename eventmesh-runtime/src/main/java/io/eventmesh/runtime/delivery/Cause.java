package io.eventmesh.runtime.delivery;

import io.eventmesh.common.error.ErrorCode;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * Why an offer of an event came to nothing, as its dead letter would say.
 *
 * @param reason one word, as the dead letter names it
 * @param code where there is one
 * @param message for people
 */
public record Cause(String reason, @Nullable ErrorCode code, String message) {
    static final Cause NONE = new Cause("", null, "");

    /** One without a code. */
    public static Cause of(String reason, String message) {
        return new Cause(reason, null, message);
    }

    /** The member said: again later. */
    static Cause released(String message) {
        return new Cause("released", null, message);
    }

    static Cause timedOut(long millis) {
        return new Cause("ack-timeout", ErrorCode.DEADLINE_EXCEEDED, "not settled within %d ms".formatted(millis));
    }

    static Cause memberLost() {
        return new Cause("member-lost", null, "the member went away with this event alone in flight");
    }

    static Cause expired(long expiryMillis) {
        return new Cause("expired", null, "expirytime " + Instant.ofEpochMilli(expiryMillis) + " has passed");
    }

    static Cause rejected(String message) {
        return new Cause("rejected", null, message);
    }

    /** From a ticket of the parking. */
    static Cause remembered(String text) {
        int colon = text.indexOf(": ");
        return colon < 0
                ? new Cause(text, null, "")
                : new Cause(text.substring(0, colon), null, text.substring(colon + 2));
    }

    /** For a ticket of the parking. */
    String text() {
        return message.isEmpty() ? reason : reason + ": " + message;
    }
}
