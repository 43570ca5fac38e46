package io.eventmesh.runtime.connector;

import io.eventmesh.proto.v1.TaskAssignment;
import io.eventmesh.proto.v1.TaskAssignment.Target;
import io.eventmesh.proto.v1.TaskState;
import io.eventmesh.runtime.admin.Directive;
import io.eventmesh.spi.mesh.TaskFence;
import java.time.Duration;
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
 * thread lives, ended in order when it leaves the list or its configuration changed, and severed when its lease is over
 * or when an end in order takes too long. A thread that lives on long after that is abandoned: it counts as ended, and
 * does not stand in anybody's way. A right that ended RELEASED may be started again; FAILED waits for another
 * configuration; LOST never comes back: the admin gives the task a new epoch. Of two rights of the same task the newer one
 * waits until the older one has ended here.
 *
 * <pre>
 *             new, RUN or PAUSE            steer
 *   (absent) ------------------> living <---------
 *                                 |  |  \
 *      unlisted, DRAIN, STOP      |  |   lease over, FENCED, end overdue, abandoned
 *                    RELEASED <---+  |        \
 *                                 FAILED      LOST
 * </pre>
 *
 * <p>Not thread-safe: one thread at a time.
 */
final class TaskBoard {
    /** What a task that ends in order is given beyond the time for what it has in flight. */
    private static final long END_NANOS = Duration.ofSeconds(5).toNanos();
    /** How long a severed thread may take to notice. */
    private static final long SEVERED_NANOS = Duration.ofSeconds(10).toNanos();

    /** What the owner shall do. */
    sealed interface Step {}

    /** Start a thread for the task. */
    record Start(TaskAssignment assignment, TaskFence fence, TaskLease lease) implements Step {}

    /** Tell the task's thread what is wanted of it now, and how long an end may take. */
    record Steer(TaskFence fence, Target target, Duration drain) implements Step {}

    /** End the task's thread at once: interrupt it and close its plugin. */
    record Sever(TaskFence fence, String reason) implements Step {}

    /** The severed thread does not end: count it, and go on without it. */
    record Abandon(TaskFence fence) implements Step {}

    /** The task's thread is started when that of an older right has ended here: report it STARTING. */
    record Await(TaskAssignment assignment, TaskFence fence) implements Step {}

    /** Nothing of the task runs, as the admin wants it: report it RELEASED. */
    record Rest(TaskAssignment assignment, TaskFence fence) implements Step {}

    /** The admin does not ask for the task any more and nothing of it runs: forget it. */
    record Forget(TaskFence fence) implements Step {}

    private final Duration drainTimeout;
    private final Map<TaskFence, Held> held = new LinkedHashMap<>();

    /** @param drainTimeout how long a task may take to finish what is in flight, unless the admin says otherwise */
    TaskBoard(Duration drainTimeout) {
        this.drainTimeout = drainTimeout;
    }

    /** Takes the admin's word. */
    List<Step> directed(Directive directive, long now) {
        List<Step> steps = new ArrayList<>();
        directive.tasks().ifPresent(tasks -> take(tasks, directive, now, steps));
        for (Held task : held.values()) {
            if (task.listed) {
                task.lease.renew(directive.sentNanos(), directive.leaseNanos());
            }
        }
        return steps;
    }

    /** A task's thread has ended. */
    List<Step> ended(TaskFence fence, TaskState state, long now) {
        List<Step> steps = new ArrayList<>();
        Held task = held.get(fence);
        if (task != null && task.living()) {
            end(task, state, now, steps);
        }
        return steps;
    }

    /** Whether it counts a thread of the right as living. */
    boolean lives(TaskFence fence) {
        Held task = held.get(fence);
        return task != null && task.living();
    }

    /** Time has passed. */
    List<Step> tick(long now) {
        List<Step> steps = new ArrayList<>();
        for (Held task : List.copyOf(held.values())) {
            if (!task.living()) {
                continue;
            }
            if (!task.severed && !task.lease.holds(now)) {
                sever(task, "its lease is over", now, steps);
            } else if (!task.severed && task.ending && now - task.endsBy >= 0) {
                sever(task, "it did not end in time", now, steps);
            } else if (task.severed && now - task.severedAt >= SEVERED_NANOS) {
                steps.add(new Abandon(task.fence));
                end(task, TaskState.LOST, now, steps);
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

    private void take(List<TaskAssignment> tasks, Directive directive, long now, List<Step> steps) {
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
        all.stream().filter(task -> !task.listed).forEach(task -> settle(task, now, steps));
        all.stream().filter(task -> task.listed).forEach(task -> settle(task, now, steps));
    }

    private void sever(Held task, String reason, long now, List<Step> steps) {
        task.severed = true;
        task.severedAt = now;
        steps.add(new Sever(task.fence, reason));
    }

    private void end(Held task, TaskState state, long now, List<Step> steps) {
        task.ended = state;
        settle(task, now, steps);
        held.values().stream()
                .filter(other -> other.fence.task().equals(task.fence.task()) && other != task)
                .toList()
                .forEach(other -> settle(other, now, steps));
    }

    private void settle(Held task, long now, List<Step> steps) {
        if (task.living()) {
            steer(task, now, steps);
        } else if (!task.listed) {
            held.remove(task.fence);
            steps.add(new Forget(task.fence));
        } else if (wantsThread(task)) {
            if (predecessorLives(task)) {
                await(task, steps);
            } else {
                begin(task, steps);
            }
        } else if (task.ended != TaskState.LOST && task.ended != TaskState.RELEASED && !runs(task.assignment)) {
            task.started = true;
            task.awaits = false;
            task.ended = TaskState.RELEASED;
            steps.add(new Rest(task.assignment, task.fence));
        }
    }

    private void steer(Held task, long now, List<Step> steps) {
        Target wanted = task.listed && task.runningRev == task.assignment.getConfigRev()
                ? task.assignment.getTarget()
                : Target.STOP;
        if (wanted == task.target || task.severed) {
            return;
        }
        task.target = wanted;
        Duration drain = task.listed && task.assignment.getDrainMs() > 0
                ? Duration.ofMillis(task.assignment.getDrainMs())
                : drainTimeout;
        steps.add(new Steer(task.fence, wanted, drain));
        // an end once asked for is not taken back, and is not put off by being asked for in another way
        if (!task.ending && (wanted == Target.STOP || wanted == Target.DRAIN)) {
            task.ending = true;
            task.endsBy = now + drain.toNanos() + END_NANOS;
        }
    }

    private static void await(Held task, List<Step> steps) {
        if (!task.awaits) {
            task.awaits = true;
            steps.add(new Await(task.assignment, task.fence));
        }
    }

    private static void begin(Held task, List<Step> steps) {
        task.ended = null;
        task.started = true;
        task.awaits = false;
        task.ending = false;
        task.target = task.assignment.getTarget();
        task.runningRev = task.assignment.getConfigRev();
        steps.add(new Start(task.assignment, task.fence, task.lease));
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
        private boolean awaits;
        private boolean ending;
        private long endsBy;
        private boolean severed;
        private long severedAt;
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
