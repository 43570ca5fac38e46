package io.eventmesh.runtime.connector;

import io.eventmesh.proto.v1.TaskAssignment;
import io.eventmesh.proto.v1.TaskAssignment.Target;
import io.eventmesh.proto.v1.TaskState;
import io.eventmesh.runtime.admin.Directive;
import io.eventmesh.spi.mesh.TaskFence;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Decides what to do with the tasks of this runtime, given what the admin wants, how tasks ended, and the time: a state
 * machine without threads, clock or I/O, which answers each input with steps for its owner.
 *
 * <p>A task is held under its right (task, term, epoch). It is started when it is new in the list, steered while its
 * thread lives, ended in order when it leaves the list or its configuration changed, and severed when its lease is over.
 * A right that ended RELEASED may be started again; FAILED waits for another configuration; LOST never comes back: the
 * admin gives the task a new epoch. Of two rights of the same task the newer one waits until the older one has ended
 * here.
 *
 * <pre>
 *             new, RUN or PAUSE            steer
 *   (absent) ------------------> living <---------
 *                                 |  |  \
 *      unlisted, DRAIN, STOP      |  |   lease over, FENCED
 *                    RELEASED <---+  |        \
 *                                 FAILED      LOST
 * </pre>
 *
 * <p>Not thread-safe: one thread at a time.
 */
final class TaskBoard {
    /** What the owner shall do. */
    sealed interface Step {}

    /** Start a thread for the task. */
    record Start(TaskAssignment assignment, TaskFence fence, TaskLease lease) implements Step {}

    /** Tell the task's thread what is wanted of it now. */
    record Steer(TaskFence fence, Target target) implements Step {}

    /** End the task's thread at once: interrupt it and close its plugin. */
    record Sever(TaskFence fence) implements Step {}

    /** Nothing of the task runs, as the admin wants it: report it RELEASED. */
    record Rest(TaskAssignment assignment, TaskFence fence) implements Step {}

    /** The admin does not ask for the task any more and nothing of it runs: forget it. */
    record Forget(TaskFence fence) implements Step {}

    private final Map<TaskFence, Held> held = new LinkedHashMap<>();

    /** Takes the admin's word. */
    List<Step> directed(Directive directive) {
        List<Step> steps = new ArrayList<>();
        directive.tasks().ifPresent(tasks -> take(tasks, directive, steps));
        for (Held task : held.values()) {
            if (task.listed) {
                task.lease.renew(directive.sentNanos(), directive.leaseNanos());
            }
        }
        return steps;
    }

    /** A task's thread has ended. */
    List<Step> ended(TaskFence fence, TaskState state) {
        List<Step> steps = new ArrayList<>();
        Held task = held.get(fence);
        if (task != null) {
            task.ended = state;
            settle(task, steps);
            held.values().stream()
                    .filter(other -> other.fence.task().equals(fence.task()) && other != task)
                    .toList()
                    .forEach(other -> settle(other, steps));
        }
        return steps;
    }

    /** Time has passed. */
    List<Step> tick(long now) {
        List<Step> steps = new ArrayList<>();
        for (Held task : held.values()) {
            if (task.living() && !task.severed && !task.lease.holds(now)) {
                task.severed = true;
                steps.add(new Sever(task.fence));
            }
        }
        return steps;
    }

    /** Living tasks whose renewal is late: worth asking whether their fence is still theirs when nobody leads. */
    List<TaskFence> late(long now) {
        return held.values().stream()
                .filter(task -> task.listed && task.living() && !task.severed && task.lease.isOld(now))
                .map(task -> task.fence)
                .toList();
    }

    /** At that moment the meta store showed no leader at all and the task's fence as its own. */
    void unled(TaskFence fence, long askedNanos) {
        Held task = held.get(fence);
        if (task != null && task.listed) {
            task.lease.renew(askedNanos);
        }
    }

    private void take(List<TaskAssignment> tasks, Directive directive, List<Step> steps) {
        held.values().forEach(task -> task.listed = false);
        for (TaskAssignment assignment : tasks) {
            TaskFence fence = new TaskFence(assignment.getTaskId(), assignment.getTerm(), assignment.getEpoch());
            Held task = held.computeIfAbsent(
                    fence,
                    key -> new Held(key, assignment, new TaskLease(directive.sentNanos(), directive.leaseNanos())));
            task.listed = true;
            task.assignment = assignment;
        }
        // in two rounds: whoever must make room is told before whoever waits for it
        List<Held> all = List.copyOf(held.values());
        all.stream().filter(task -> !task.listed).forEach(task -> settle(task, steps));
        all.stream().filter(task -> task.listed).forEach(task -> settle(task, steps));
    }

    private void settle(Held task, List<Step> steps) {
        if (task.living()) {
            Target wanted = task.listed && task.runningRev == task.assignment.getConfigRev()
                    ? task.assignment.getTarget()
                    : Target.STOP;
            if (wanted != task.target && !task.severed) {
                task.target = wanted;
                steps.add(new Steer(task.fence, wanted));
            }
        } else if (!task.listed) {
            held.remove(task.fence);
            steps.add(new Forget(task.fence));
        } else if (wantsThread(task) && !predecessorLives(task)) {
            task.ended = null;
            task.started = true;
            task.target = task.assignment.getTarget();
            task.runningRev = task.assignment.getConfigRev();
            steps.add(new Start(task.assignment, task.fence, task.lease));
        } else if (task.ended != TaskState.LOST && task.ended != TaskState.RELEASED && !runs(task.assignment)) {
            task.started = true;
            task.ended = TaskState.RELEASED;
            steps.add(new Rest(task.assignment, task.fence));
        }
    }

    private static boolean wantsThread(Held task) {
        if (!runs(task.assignment)) {
            return false;
        }
        TaskState ended = task.ended;
        return ended == null
                || ended == TaskState.RELEASED
                || (ended == TaskState.FAILED && task.runningRev != task.assignment.getConfigRev());
    }

    private boolean predecessorLives(Held task) {
        return held.values().stream()
                .anyMatch(other -> other != task && other.fence.task().equals(task.fence.task()) && other.living());
    }

    private static boolean runs(TaskAssignment assignment) {
        return switch (assignment.getTarget()) {
            case RUN, PAUSE -> true;
            case DRAIN, STOP, UNRECOGNIZED -> false;
        };
    }

    private static final class Held {
        private final TaskFence fence;
        private final TaskLease lease;
        private TaskAssignment assignment;
        private boolean listed = true;
        private boolean started;
        private boolean severed;
        private long runningRev;
        private Target target = Target.RUN;
        /** How the thread ended; null while it lives or before the first one. */
        private @Nullable TaskState ended;

        private Held(TaskFence fence, TaskAssignment assignment, TaskLease lease) {
            this.fence = fence;
            this.assignment = assignment;
            this.lease = lease;
        }

        private boolean living() {
            return started && ended == null;
        }
    }
}
