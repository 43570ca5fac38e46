package io.eventmesh.runtime.connector;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.thread.NamedThreads;
import io.eventmesh.proto.v1.FailureClass;
import io.eventmesh.proto.v1.TaskAssignment;
import io.eventmesh.proto.v1.TaskAssignment.Target;
import io.eventmesh.proto.v1.TaskDefinition;
import io.eventmesh.proto.v1.TaskReport;
import io.eventmesh.proto.v1.TaskState;
import io.eventmesh.runtime.connector.RestartSchedule.Failure;
import io.eventmesh.spi.connector.SinkConnectorProvider;
import io.eventmesh.spi.connector.SourceConnectorProvider;
import io.eventmesh.spi.mesh.TaskFence;
import io.eventmesh.spi.plugin.Plugin;
import io.eventmesh.spi.plugin.PluginUse;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
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

    /** Reports that carry the stack of a failure: one may be lost with its stream. */
    private static final int STACK_REPORTS = 2;

    private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();

    private final TaskAssignment assignment;
    private final TaskFence fence;
    private final TaskEnvironment environment;
    private final Consumer<TaskRun> changed;
    private final TaskControl control;
    private final TaskStats stats = new TaskStats();
    private final RestartSchedule restarts;
    private final Thread thread;

    private volatile TaskState state = TaskState.STARTING;
    private volatile FailureText error = FailureText.NONE;
    private volatile FailureClass failure = FailureClass.FAILURE_NONE;
    private final AtomicLong failures = new AtomicLong();
    private final AtomicInteger stackReports = new AtomicInteger();
    private final AtomicInteger restartCount;
    private volatile @Nullable Pipeline pipeline;
    private @Nullable PluginUse<?> use;
    private long runningSince;

    /**
     * @param restarts how often the task was started again here under its earlier rights
     * @param changed told after each change of the state, by the task's thread or the one that severs it
     */
    TaskRun(
            TaskAssignment assignment,
            TaskFence fence,
            TaskLease lease,
            TaskEnvironment environment,
            int restarts,
            Consumer<TaskRun> changed) {
        this.restartCount = new AtomicInteger(restarts);
        this.assignment = assignment;
        this.fence = fence;
        this.environment = environment;
        this.changed = changed;
        this.control = new TaskControl(fence, lease, assignment.getTarget(), environment.clock());
        this.restarts = new RestartSchedule(environment.random());
        this.thread = NamedThreads.named("mesh-task-" + fence.task(), this::live);
    }

    /** Begins; a process that can make no thread for it ends the task at once. */
    void start() {
        try {
            thread.start();
        } catch (OutOfMemoryError threadless) {
            remember(threadless);
            become(TaskState.LOST);
        }
    }

    TaskFence fence() {
        return fence;
    }

    /** As the admin is told: whose lease is over has lost the task, whatever its thread still does. */
    TaskState state() {
        return control.isSevered() && !hasEnded() ? TaskState.LOST : state;
    }

    /** What kind of failure the last one was. */
    FailureClass failure() {
        return failure;
    }

    /** The last failure in words; empty for none. */
    String error() {
        return error.text();
    }

    /** How often it was started again, here. */
    int restarts() {
        return restartCount.get();
    }

    String threadName() {
        return thread.getName();
    }

    /** Whether its thread has nothing more to do. */
    boolean hasEnded() {
        return switch (state) {
            case RELEASED, FAILED, LOST -> true;
            default -> false;
        };
    }

    /** @param drain how long an end may take */
    void steer(Target target, Duration drain) {
        control.steer(target, drain);
    }

    /** Hard fence: the thread is interrupted and the plugin closed under it. The admin is told at once. */
    void sever(String reason) {
        log.warn("Task severed, {}. task={} epoch={}", reason, fence.task(), fence.epoch());
        error = new FailureText("SEVERED", "severed: " + reason, "");
        control.sever();
        thread.interrupt();
        Pipeline running = pipeline;
        if (running != null) {
            try {
                environment.closing().execute(() -> abandon(running));
            } catch (EventMeshException | RejectedExecutionException | OutOfMemoryError busy) {
                log.warn("Plugin of a severed task is left to its thread. task={}", fence.task());
            }
        }
        told();
    }

    TaskReport report() {
        long now = environment.clock().nanoTime();
        FailureText last = error;
        String brake = control.brake();
        TaskReport.Builder report = TaskReport.newBuilder()
                .setTaskId(fence.task())
                .setTerm(fence.term())
                .setEpoch(fence.epoch())
                .setConfigRev(assignment.getConfigRev())
                .setState(state())
                .setRate(stats.rate(now))
                .setCpuMs(stats.cpu(now, hasEnded() ? -1 : THREADS.getThreadCpuTime(thread.getId())))
                .setInFlight(stats.inFlight())
                .setRestarts(restartCount.get())
                .setErrorClass(last.kind())
                .setError(last.text())
                .setFailure(failure)
                .setFailureSeq(failures.get())
                .setCommittedSeq(stats.committedSeq())
                .setEvents(stats.events());
        if (stackReports.getAndUpdate(left -> Math.max(0, left - 1)) > 0) {
            report.setStack(last.stack());
        }
        if (brake != null) {
            report.setErrorClass(FailureClass.BREAKER_OPEN.name())
                    .setError(brake)
                    .setFailure(FailureClass.BREAKER_OPEN);
        }
        return report.build();
    }

    private void live() {
        TaskState end = TaskState.FAILED;
        try {
            end = lives();
        } catch (Throwable beyond) {
            // interrupted because it was severed, or out of memory even for giving up
            end = control.isSevered() ? TaskState.LOST : TaskState.FAILED;
            log.debug("Task ended in its edge. task={} severed={}", fence.task(), control.isSevered());
        } finally {
            pipeline = null;
            log.info("Task ended. task={} epoch={} state={}", fence.task(), fence.epoch(), end);
            become(end);
        }
    }

    /** One pipeline after another; answers how the task ended. */
    private TaskState lives() throws InterruptedException {
        while (true) {
            Throwable failure = once();
            pipeline = null;
            if (failure == null && control.isEnding()) {
                return TaskState.RELEASED;
            }
            if (!control.isSevered()) {
                // whoever severs the task says so first: this one was left behind by the plugin
                Thread.interrupted();
            }
            if (failure == null) {
                restartCount.incrementAndGet();
                control.pause(ASKED_RESTART);
            } else {
                TaskState end = failed(failure);
                if (end != TaskState.BACKOFF) {
                    return end;
                }
            }
            if (control.isEnding()) {
                return TaskState.RELEASED;
            }
        }
    }

    /** One pipeline; answers what it failed with, or null when it ended in order or at the plugin's own wish. */
    private @Nullable Throwable once() {
        ClassLoader before = Thread.currentThread().getContextClassLoader();
        try {
            become(TaskState.STARTING);
            Pipeline next = pipeline();
            pipeline = next;
            runningSince = environment.clock().nanoTime();
            next.run(this::become);
            return null;
        } catch (Throwable thrown) {
            // the edge of the task: whatever a plugin throws ends here, and never the process
            return thrown;
        } finally {
            // nothing of the plugin is to be kept by a thread that waits or has ended
            Thread.currentThread().setContextClassLoader(before);
            pipeline = null;
            PluginUse<?> used = use;
            use = null;
            if (used != null) {
                used.close();
            }
        }
    }

    /** How the task ends by the failure; BACKOFF, after having waited, when it is to be tried again. */
    private TaskState failed(Throwable thrown) throws InterruptedException {
        if (control.isSevered()) {
            return TaskState.LOST;
        }
        remember(thrown);
        if (isFenced(thrown)) {
            return TaskState.LOST;
        }
        if (control.isEnding()) {
            log.warn("Task ended in disorder. task={} error={}", fence.task(), error.text());
            return TaskState.RELEASED;
        }
        long now = environment.clock().nanoTime();
        Optional<Duration> delay = restarts.failed(Failure.of(thrown), now - runningSince, now);
        if (delay.isEmpty()) {
            log.error("Task failed for good. task={} error={}\n{}", fence.task(), error.text(), error.stack());
            return TaskState.FAILED;
        }
        restartCount.incrementAndGet();
        log.warn(
                "Task failed, starting again. task={} delayMs={} error={}{}",
                fence.task(),
                delay.get().toMillis(),
                error.text(),
                thrown instanceof EventMeshException ? "" : "\n" + error.stack());
        become(TaskState.BACKOFF);
        control.pause(delay.get());
        return TaskState.BACKOFF;
    }

    private Pipeline pipeline() throws InterruptedException {
        runningSince = environment.clock().nanoTime();
        TaskDefinition task =
                control.outcome(environment.records().definition(fence.task(), assignment.getConfigRev()), ANSWER);
        TaskPolicies policies = TaskPolicies.of(task);
        restarts.follow(policies.restarts());
        TaskTerms terms = new TaskTerms(task, policies.letters(), new Passing(task, environment.plugins(), control));
        TaskRequests context = new TaskRequests(task, fence, control, environment.clock());
        return switch (task.getKind()) {
            case "SOURCE" -> {
                SourceConnectorProvider<?> provider = within(SourceConnectorProvider.class, task.getPlugin());
                yield source(provider, terms, context);
            }
            case "SINK" -> {
                SinkConnectorProvider<?> provider = within(SinkConnectorProvider.class, task.getPlugin());
                yield sink(provider, terms, context);
            }
            default ->
                throw new EventMeshException(
                        ErrorCode.CONNECTOR_CONFIG_INVALID,
                        "kind: '%s' (expected one of: [SINK, SOURCE])".formatted(task.getKind()));
        };
    }

    private <C extends Record> Pipeline source(
            SourceConnectorProvider<C> provider, TaskTerms terms, TaskRequests context) {
        C config = environment.configs().bind(provider, terms.definition().getConfig());
        return new SourcePipeline(terms, fence, control, stats, environment, context, provider.create(config, context));
    }

    private <C extends Record> Pipeline sink(SinkConnectorProvider<C> provider, TaskTerms terms, TaskRequests context) {
        C config = environment.configs().bind(provider, terms.definition().getConfig());
        return new SinkPipeline(terms, fence, control, stats, environment, context, provider.create(config, context));
    }

    /** The plugin as it is now, kept for this life; its code finds its own classes by the thread that runs it. */
    private <P extends Plugin> P within(Class<P> kind, String name) {
        PluginUse<P> opened = environment.plugins().use(kind, name);
        use = opened;
        P plugin = opened.plugin();
        Thread.currentThread().setContextClassLoader(plugin.getClass().getClassLoader());
        return plugin;
    }

    private void become(TaskState next) {
        if (next == TaskState.RUNNING) {
            error = FailureText.NONE;
            failure = FailureClass.FAILURE_NONE;
        }
        state = next;
        told();
    }

    private void told() {
        try {
            changed.accept(this);
        } catch (RuntimeException | VirtualMachineError unheard) {
            // the owner looks again at each tick
            log.warn("Change of a task not handed on. task={} state={}", fence.task(), state);
        }
    }

    private void remember(Throwable thrown) {
        error = FailureText.of(thrown);
        failure = Failure.of(thrown).told();
        failures.incrementAndGet();
        stackReports.set(STACK_REPORTS);
    }

    private static boolean isFenced(Throwable failure) {
        return failure instanceof EventMeshException refusal && refusal.code() == ErrorCode.FENCED;
    }

    private void abandon(Pipeline running) {
        try {
            running.abandon();
        } catch (Throwable thrown) {
            log.warn("Plugin did not close. task={} error={}", fence.task(), FailureText.text(thrown));
        }
    }
}
