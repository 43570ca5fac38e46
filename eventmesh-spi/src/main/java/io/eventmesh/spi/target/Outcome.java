package io.eventmesh.spi.target;

import io.eventmesh.common.error.ErrorCode;
import java.time.Duration;

/** What became of one attempt to send. */
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
}
