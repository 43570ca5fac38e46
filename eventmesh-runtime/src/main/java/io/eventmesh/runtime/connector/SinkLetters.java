package io.eventmesh.runtime.connector;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.spi.mesh.Delivery;
import io.eventmesh.spi.mesh.Member;
import io.eventmesh.spi.mesh.Outgoing;
import io.eventmesh.spi.mesh.TaskFence;
import java.time.Duration;

/**
 * Sets aside what a sink task cannot move: by the group's dead letter, or in a topic of the connector's own, where it is
 * stored before the delivery is acked. Used by the task's thread.
 */
final class SinkLetters {
    private static final Duration ANSWER = Duration.ofSeconds(30);
    private static final long MAX_BACK_OFF_MILLIS = 5_000;

    private final TaskTerms terms;
    private final TaskFence fence;
    private final TaskControl control;
    private final TaskEnvironment environment;
    private final DeadLetterWatch watch;
    private final DeadLetters letters;

    SinkLetters(
            TaskTerms terms, TaskFence fence, TaskControl control, TaskEnvironment environment, DeadLetterWatch watch) {
        this.terms = terms;
        this.fence = fence;
        this.control = control;
        this.environment = environment;
        this.watch = watch;
        this.letters = new DeadLetters(
                terms.definition(), terms.letters().topicOf(terms.definition()), fence, environment.clock());
    }

    /** An event was moved as it should. */
    void moved() {
        watch.moved();
    }

    /** @throws NotTolerated when the connector wants none set aside */
    void setAside(Member member, Delivery delivery, DeadLetters.Stage stage, Throwable why)
            throws InterruptedException {
        String place = delivery.position().toString();
        String text = FailureText.reason(why);
        EventMeshException cause = why instanceof EventMeshException refusal
                ? refusal
                : new EventMeshException(ErrorCode.DELIVERY_FAILED, text, why);
        if (!terms.letters().tolerated()) {
            throw new NotTolerated(place, cause);
        }
        if (terms.letters().topic() == null) {
            member.reject(delivery.id(), text);
        } else {
            store(delivery, stage, cause);
            member.ack(delivery.id());
        }
        watch.deadLetter(place, text);
    }

    private void store(Delivery delivery, DeadLetters.Stage stage, EventMeshException why) throws InterruptedException {
        Outgoing letter = letters.of(delivery, stage, why);
        for (int failures = 0; ; failures++) {
            try {
                control.outcome(
                        environment
                                .mesh()
                                .publish(SourcePipeline.context(environment, terms.definition(), fence), letter),
                        ANSWER);
                return;
            } catch (EventMeshException refused) {
                boolean unfit =
                        refused.code() == ErrorCode.EVENT_TOO_LARGE || refused.code() == ErrorCode.EVENT_INVALID;
                if (unfit && failures == 0) {
                    letter = letters.enveloped(delivery, stage, why);
                } else if (control.isEnding() || !refused.code().retryable()) {
                    throw refused;
                } else {
                    control.pause(Duration.ofMillis(Math.min(MAX_BACK_OFF_MILLIS, 100L << Math.min(failures, 6))));
                }
            }
        }
    }
}
