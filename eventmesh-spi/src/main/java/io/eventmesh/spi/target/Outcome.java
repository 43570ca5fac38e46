package io.eventmesh.spi.target;

import io.eventmesh.common.error.ErrorCode;
import java.time.Duration;

/** What became of one attempt to send, or of asking whether events are wanted at all. */
public sealed interface Outcome {
    /** The destination has it. */
    record Done() implements Outcome {}

    /**
     * It may succeed later.
     *
     * @param delay what the destination asked for; zero for the policy's own
     */
    record Again(ErrorCode code, String reason, Duration delay) implements Outcome {
        /**
         * Whether it counts as an attempt of the destination's. What the mesh itself had no room, rate or storage for at
         * that moment does not: that is nobody's fault but its own, and passes.
         */
        public boolean isAttempt() {
            return switch (code) {
                case RATE_LIMITED,
                        OVERLOADED,
                        STORAGE_FULL,
                        QUOTA_EXCEEDED,
                        STORAGE_UNAVAILABLE,
                        META_UNAVAILABLE,
                        SHUTTING_DOWN -> false;
                default -> true;
            };
        }
    }

    /** It can never succeed: dead letter now. */
    record Never(ErrorCode code, String reason) implements Outcome {}

    /**
     * The destination wants no event at all, or did not consent: nothing more is sent before somebody changes the
     * definition. The event at hand is neither done nor dead.
     */
    record Stop(ErrorCode code, String reason) implements Outcome {}
}
