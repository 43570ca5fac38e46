package io.eventmesh.runtime.admin;

import io.eventmesh.proto.v1.Plugin;
import io.eventmesh.proto.v1.TaskReport;
import java.util.List;

/** Who runs tasks in this process: asked for each report, told each directive. Called one at a time; must not block. */
public interface TaskHost {
    /**
     * How the host is.
     *
     * @param slots how many tasks it takes
     * @param draining whether it is going to end
     * @param tasks one for each task that it holds or held since the list last named it
     */
    record Standing(int slots, boolean draining, List<TaskReport> tasks) {}

    Standing standing();

    /** What it can run; asked once a stream. */
    List<Plugin> plugins();

    void directed(Directive directive);
}
