package io.eventmesh.runtime.connector;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.thread.NamedThreads;
import io.eventmesh.proto.v1.TaskAssignment;
import io.eventmesh.proto.v1.TaskAssignment.Target;
import io.eventmesh.proto.v1.TaskDefinition;
import io.eventmesh.proto.v1.TaskReport;
import io.eventmesh.proto.v1.TaskState;
import io.eventmesh.runtime.connector.RestartSchedule.Failure;
import io.eventmesh.spi.connector.SinkConnectorProvider;
import io.eventmesh.spi.connector.SourceConnectorProvider;
import io.eventmesh.spi.mesh.TaskFence;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A task under one right: a thread of its own, which runs one pipeline after another until the task ends.
 *
 * <pre>
 *   STARTING -> RUNNING &lt;-> PAUSED
 *      ^           |
 *      |           +-> BACKOFF (failure) -> STARTING, or FAILED
 *      +-----------+
 *                  +-> DRAINING -> RELEASED
 *   any of them -> LOST (lease over, FENCED)
 * </pre>
 *
 * <p>Steered and asked by any thread.
 */
final class TaskRun {
    private static final Logger log = LoggerFactory.getLogger(TaskRun.class);
    private static final Duration ANSWER = Duration.ofSeconds(12);
    /** Between the end and the new beginning that a plugin asked for. */
    private static final Duration ASKED_RESTART = Duration.ofSeconds(1);

    private static final int MAX_ERROR = 1_024;

    private final TaskAssignment assignment;
    private final TaskFence fence;
    private final TaskEnvironment environment;
    private final Consumer<TaskRun> changed;
    private final TaskControl control;
    private final TaskStats stats = new TaskStats();
    private final RestartSchedule restarts;
    private final Thread thread;

    private volatile TaskState state = TaskState.STARTING;
    private volatile String errorClass = "";
    private volatile String error = "";
    private final AtomicInteger restartCount = new AtomicInteger();
    private volatile @Nullable Pipeline pipeline;
    private long runningSince;

    /** @param changed told after each change of the state, by the task's thread or the one that severs it */
    TaskRun(
            TaskAssignment assignment,
            TaskFence fence,
            TaskLease lease,
            TaskEnvironment environment,
            Consumer<TaskRun> changed) {
        this.assignment = assignment;
        this.fence = fence;
        this.environment = environment;
        this.changed = changed;
        this.control = new TaskControl(fence, lease, assignment.getTarget(), environment.clock());
        this.restarts = new RestartSchedule(environment.random());
        this.thread = NamedThreads.named("mesh-task-" + fence.task(), this::live);
    }

    void start() {
        thread.start();
    }

    TaskFence fence() {
        return fence;
    }

    TaskState state() {
        return state;
    }

    /** Whether its thread has nothing more to do. */
    boolean hasEnded() {
        return switch (state) {
            case RELEASED, FAILED, LOST -> true;
            default -> false;
        };
    }

    void steer(Target target) {
        control.steer(target);
    }

    /** Hard fence: the thread is interrupted and the plugin closed under it. */
    void sever() {
        log.warn("Task severed, its lease is over. task={} epoch={}", fence.task(), fence.epoch());
        control.sever();
        thread.interrupt();
        Pipeline running = pipeline;
        if (running != null) {
            try {
                environment.blocking().execute(() -> abandon(running));
            } catch (EventMeshException | RejectedExecutionException busy) {
                log.warn("Plugin of a severed task is left to its thread. task={}", fence.task());
            }
        }
    }

    TaskReport report(TaskState shown) {
        return TaskReport.newBuilder()
                .setTaskId(fence.task())
                .setTerm(fence.term())
                .setEpoch(fence.epoch())
                .setConfigRev(assignment.getConfigRev())
                .setState(shown)
                .setRate(stats.rate(environment.clock().nanoTime()))
                .setInFlight(stats.inFlight())
                .setRestarts(restartCount.get())
                .setErrorClass(errorClass)
                .setError(error)
                .setCommittedSeq(stats.committedSeq())
                .setEvents(stats.events())
                .build();
    }

    private void live() {
        TaskState end = TaskState.FAILED;
        try {
            end = lives();
        } catch (InterruptedException interrupted) {
            end = TaskState.LOST;
        } finally {
            log.info("Task ended. task={} epoch={} state={}", fence.task(), fence.epoch(), end);
            pipeline = null;
            become(end);
        }
    }

    /** One pipeline after another; answers how the task ended. */
    private TaskState lives() throws InterruptedException {
        while (true) {
            Throwable failure;
            try {
                become(TaskState.STARTING);
                Pipeline next = pipeline();
                pipeline = next;
                runningSince = environment.clock().nanoTime();
                next.run(this::become);
                if (control.isEnding()) {
                    return TaskState.RELEASED;
                }
                pipeline = null;
                restartCount.incrementAndGet();
                control.pause(ASKED_RESTART);
                continue;
            } catch (Exception | VirtualMachineError | LinkageError | AssertionError thrown) {
                // the edge of the task: whatever a plugin throws ends here, and never the process
                failure = thrown;
            }
            pipeline = null;
            if (control.isSevered() || isFenced(failure)) {
                remember(failure);
                return TaskState.LOST;
            }
            if (control.isEnding()) {
                log.warn("Task ended in disorder. task={} error={}", fence.task(), failure.toString());
                remember(failure);
                return TaskState.RELEASED;
            }
            if (!restarts(failure)) {
                return TaskState.FAILED;
            }
            if (control.isEnding()) {
                return TaskState.RELEASED;
            }
        }
    }

    /** Waits for the next try; false when there is none. */
    private boolean restarts(Throwable failure) throws InterruptedException {
        remember(failure);
        long now = environment.clock().nanoTime();
        Optional<Duration> delay = restarts.failed(Failure.of(failure), now - runningSince, now);
        if (delay.isEmpty()) {
            log.error("Task failed for good. task={} error={}", fence.task(), error, failure);
            return false;
        }
        restartCount.incrementAndGet();
        log.warn(
                "Task failed, starting again. task={} delayMs={} error={}",
                fence.task(),
                delay.get().toMillis(),
                error,
                failure instanceof EventMeshException ? null : failure);
        become(TaskState.BACKOFF);
        try {
            control.pause(delay.get());
        } catch (EventMeshException leaseOver) {
            throw new InterruptedException(leaseOver.reason());
        }
        return true;
    }

    private Pipeline pipeline() throws InterruptedException {
        runningSince = environment.clock().nanoTime();
        TaskDefinition task =
                control.outcome(environment.records().definition(fence.task(), assignment.getConfigRev()), ANSWER);
        TaskRequests context = new TaskRequests(task, fence, control, environment.clock());
        return switch (task.getKind()) {
            case "SOURCE" -> {
                SourceConnectorProvider<?> provider =
                        environment.plugins().named(SourceConnectorProvider.class, task.getPlugin());
                yield source(provider, task, context);
            }
            case "SINK" -> {
                SinkConnectorProvider<?> provider =
                        environment.plugins().named(SinkConnectorProvider.class, task.getPlugin());
                yield sink(provider, task, context);
            }
            default ->
                throw new EventMeshException(
                        ErrorCode.CONNECTOR_CONFIG_INVALID,
                        "kind: '%s' (expected one of: [SINK, SOURCE])".formatted(task.getKind()));
        };
    }

    private <C extends Record> Pipeline source(
            SourceConnectorProvider<C> provider, TaskDefinition task, TaskRequests context) {
        C config = environment.configs().bind(provider, task.getConfig());
        return new SourcePipeline(task, fence, control, stats, environment, context, provider.create(config, context));
    }

    private <C extends Record> Pipeline sink(
            SinkConnectorProvider<C> provider, TaskDefinition task, TaskRequests context) {
        C config = environment.configs().bind(provider, task.getConfig());
        return new SinkPipeline(task, fence, control, stats, environment, context, provider.create(config, context));
    }

    private void become(TaskState next) {
        if (next == TaskState.RUNNING) {
            errorClass = "";
            error = "";
        }
        state = next;
        changed.accept(this);
    }

    private void remember(Throwable failure) {
        String text = failure instanceof EventMeshException refusal ? refusal.reason() : failure.toString();
        errorClass = failure instanceof EventMeshException refusal
                ? refusal.code().name()
                : failure.getClass().getSimpleName();
        error = text.length() > MAX_ERROR ? text.substring(0, MAX_ERROR) : text;
    }

    private static boolean isFenced(Throwable failure) {
        return failure instanceof EventMeshException refusal && refusal.code() == ErrorCode.FENCED;
    }

    private void abandon(Pipeline running) {
        try {
            running.abandon();
        } catch (RuntimeException failure) {
            log.warn("Plugin did not close. task={} error={}", fence.task(), failure.toString());
        }
    }
}
