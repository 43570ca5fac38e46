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
    record Again(ErrorCode code, String reason, Duration delay) implements Outcome {}

    /** It can never succeed: dead letter now. */
    record Never(ErrorCode code, String reason) implements Outcome {}

    /**
     * The destination wants no event at all, or did not consent: nothing more is sent before somebody changes the
     * definition. The event at hand is neither done nor dead.
     */
    record Stop(ErrorCode code, String reason) implements Outcome {}
}
