package io.eventmesh.admin.schedule;

import java.util.List;
import java.util.Optional;

/**
 * What a runtime is told.
 *
 * @param echoSeq the report that this answers
 * @param version numbers the set of tasks; never the same number for another set, whoever leads
 * @param tasks the full set, absent when the runtime has it
 * @param refusal why the runtime must run nothing, or empty
 */
public record Directive(long echoSeq, long term, long version, Optional<List<Order>> tasks, String refusal) {
    /** One task of the set. */
    public record Order(String task, long term, long epoch, long configRev, Target target) {}

    /** What the runtime shall do with a task. */
    public enum Target {
        RUN,
        PAUSE,
        DRAIN,
        STOP
    }
}
