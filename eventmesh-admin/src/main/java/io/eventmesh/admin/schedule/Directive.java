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
 * @param cordoned it gets no more tasks
 * @param questions asked once; each is to be answered
 */
public record Directive(
        long echoSeq,
        long term,
        long version,
        Optional<List<Order>> tasks,
        String refusal,
        boolean cordoned,
        List<Question> questions) {
    /**
     * One task of the set.
     *
     * @param drainMillis how long an end may take; 0 for the runtime's own bound
     */
    public record Order(String task, long term, long epoch, long configRev, Target target, long drainMillis) {}

    /** What is asked of the runtime. */
    public record Question(String id, Ask ask) {}

    Directive with(List<Question> asked) {
        return asked.isEmpty() ? this : new Directive(echoSeq, term, version, tasks, refusal, cordoned, asked);
    }

    /** What the runtime shall do with a task. */
    public enum Target {
        RUN,
        PAUSE,
        DRAIN,
        STOP
    }
}
