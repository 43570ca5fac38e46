package io.eventmesh.admin.schedule;

import io.eventmesh.admin.database.Desired;
import io.eventmesh.admin.database.TaskTable.TaskEvent;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * What operators may do to tasks and runtimes, and what they may see of them.
 *
 * <p>Every change is stored under the leader's term before it takes effect, so that the next leader goes on with it; its
 * stage completes when it is stored and the scheduler has taken it, not when the runtime has followed. Stages fail with
 * NOT_LEADER at an admin that does not lead, STORAGE_UNAVAILABLE when the database does not answer, OVERLOADED when too
 * much waits for it, and with what a method names. Doing the same again succeeds.
 *
 * <p>Thread-safe; nothing blocks. Stages complete on threads of the scheduler, which must not be blocked.
 */
public interface TaskOperations {
    /**
     * Sets what is wanted of one task. The stricter of this and what its connector wants is done: RUNNING, PAUSED,
     * STOPPED. It also ends a pause that the scheduler itself ordered when the task's breaker opened.
     *
     * @param desired null for what the connector wants
     * @return the task afterwards; fails with NOT_FOUND
     */
    CompletionStage<TaskView> desire(String task, @Nullable Desired desired);

    /**
     * Has the task closed by its owner and opened again under a new epoch, there if nothing speaks against it.
     *
     * @return the task afterwards; fails with NOT_FOUND, or PRECONDITION_FAILED when nobody has the task
     */
    CompletionStage<TaskView> restart(String task);

    /**
     * Has the task given back in order and given to another runtime. When that runtime cannot take it any more by then,
     * any other does.
     *
     * @param runtime the one to take it, or empty for any but the present one
     * @return the task afterwards; fails with NOT_FOUND for the task or the runtime, PRECONDITION_FAILED when nobody has
     *     the task or the runtime could not take it now, with the reason
     */
    CompletionStage<TaskView> move(String task, String runtime);

    /**
     * Lets a runtime keep its tasks and get no more, or takes that back.
     *
     * @return the runtime afterwards; fails with NOT_FOUND
     */
    CompletionStage<RuntimeView> cordon(String runtime, boolean cordoned);

    /**
     * Has a runtime give all its tasks back in order and gives it no more. It is drained when {@link RuntimeView#tasks}
     * is 0.
     *
     * @param timeout how long each task may take to finish what is in flight; zero for its own bound
     * @return the runtime afterwards; fails with NOT_FOUND
     */
    CompletionStage<RuntimeView> drain(String runtime, Duration timeout);

    /** Takes a drain back. Answers the runtime afterwards; fails with NOT_FOUND. */
    CompletionStage<RuntimeView> undrain(String runtime);

    /**
     * Asks an alive runtime that has the plugin. Fails with PLUGIN_UNKNOWN when no alive runtime has it,
     * DEADLINE_EXCEEDED without an answer within 10 s, OVERLOADED when 64 questions are open.
     */
    CompletionStage<AskAnswer> ask(Ask.Connector ask);

    /**
     * Has a connector runtime look for plugins again; the answer tells all it has then. Fails with NOT_FOUND,
     * PRECONDITION_FAILED when it runs no connectors or is not connected, and as {@link #ask}.
     */
    CompletionStage<AskAnswer> rescan(String runtime);

    /** The tasks as the leader sees them, in the order of connector and ordinal. Decides nothing. */
    CompletionStage<List<TaskView>> tasks();

    /** One task as the leader sees it. Decides nothing; fails with NOT_FOUND. */
    CompletionStage<TaskView> task(String task);

    /** The runtimes that the leader or the database knows, in the order of their ids. Decides nothing. */
    CompletionStage<List<RuntimeView>> runtimes();

    /** One runtime; fails with NOT_FOUND. Decides nothing. */
    CompletionStage<RuntimeView> runtime(String runtime);

    /**
     * The history of a task, newest first, from any admin.
     *
     * @param before lines with a smaller id only; {@link Long#MAX_VALUE} for the newest
     * @return empty for a task that there is not
     */
    CompletionStage<List<TaskEvent>> history(String task, long before, int limit);
}
