package io.eventmesh.runtime.admin;

import io.eventmesh.proto.v1.Ask;
import io.eventmesh.proto.v1.AskAnswer;
import io.eventmesh.proto.v1.Plugin;
import io.eventmesh.proto.v1.TaskReport;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/** Who runs tasks in this process: asked for each report, told each directive. Called one at a time; must not block. */
public interface TaskHost {
    /**
     * How the host is.
     *
     * @param slots how many tasks it takes
     * @param draining whether it is going to end
     * @param labels what placements may ask for
     * @param restartExpected within how long it will be back when it drains; zero when nobody knows
     * @param trouble why it wants no more tasks; empty for none
     * @param tasks one for each task that it holds or held since the list last named it
     */
    record Standing(
            int slots,
            boolean draining,
            Duration restartExpected,
            Map<String, String> labels,
            String trouble,
            List<TaskReport> tasks) {}

    Standing standing();

    /** What it can run; asked once a stream and after {@link AdminLink#pluginsChanged}. */
    List<Plugin> plugins();

    /**
     * Takes the admin's word.
     *
     * @param applied to be run once {@link #standing} shows what follows from it; by any thread
     */
    void directed(Directive directive, Runnable applied);

    /**
     * Takes a question of the leader.
     *
     * @param answer told once, within some seconds, by any thread; not told when the host is too busy or closed
     */
    void asked(Ask ask, Consumer<AskAnswer> answer);
}
