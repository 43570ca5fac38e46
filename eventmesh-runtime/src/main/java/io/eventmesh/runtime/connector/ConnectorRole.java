package io.eventmesh.runtime.connector;

import com.github.benmanes.caffeine.cache.Caffeine;
import io.eventmesh.common.lifecycle.Health;
import io.eventmesh.common.thread.NamedThreads;
import io.eventmesh.common.thread.SerialExecutor;
import io.eventmesh.common.time.Scheduler.Timer;
import io.eventmesh.proto.v1.Ask;
import io.eventmesh.proto.v1.AskAnswer;
import io.eventmesh.proto.v1.FailureClass;
import io.eventmesh.proto.v1.Plugin;
import io.eventmesh.proto.v1.TaskAssignment;
import io.eventmesh.proto.v1.TaskAssignment.Target;
import io.eventmesh.proto.v1.TaskReport;
import io.eventmesh.proto.v1.TaskState;
import io.eventmesh.runtime.admin.AdminLink;
import io.eventmesh.runtime.admin.Directive;
import io.eventmesh.runtime.admin.LeaderPresence;
import io.eventmesh.runtime.admin.TaskHost;
import io.eventmesh.runtime.client.MeshAccess;
import io.eventmesh.spi.mesh.TaskFence;
import io.eventmesh.spi.meta.MetaPaths;
import io.eventmesh.spi.role.Role;
import io.eventmesh.spi.role.RoleContext;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs the tasks that the admin gave this process, and tells it how they are.
 *
 * <p>What is to be done is decided by a {@link TaskBoard} on one serial executor; each task has a thread of its own.
 */
final class ConnectorRole implements Role, TaskHost {
    private static final Logger log = LoggerFactory.getLogger(ConnectorRole.class);
    private static final Duration TICK = Duration.ofMillis(250);
    private static final Duration CONFIRMATION = Duration.ofSeconds(1);
    /** After its bound a task needs a moment to say that it has ended. */
    private static final Duration LATE = Duration.ofSeconds(1);

    private static final Comparator<TaskFence> ORDER =
            Comparator.comparing(TaskFence::task).thenComparing(TaskFence::term).thenComparing(TaskFence::epoch);
    private static final int MOST_RESTARTS = 1_000;

    private final ConnectorConfig config;
    private final RoleContext context;
    private final SerialExecutor steps;
    private final Map<TaskFence, TaskRun> runs = new ConcurrentHashMap<>();
    private final Map<TaskFence, TaskReport> resting = new ConcurrentHashMap<>();
    /** How often tasks were started again that ended here; of the last ones only. */
    private final Map<String, Integer> restarts = Caffeine.newBuilder()
            .maximumSize(MOST_RESTARTS)
            .executor(Runnable::run)
            .<String, Integer>build()
            .asMap();

    private final TaskBoard board;
    private final Troubles troubles = new Troubles();
    private final NamedThreads closers = new NamedThreads("mesh-task-close");
    private final CountDownLatch drained = new CountDownLatch(1);

    private @Nullable AdminLink link;
    private @Nullable TaskEnvironment environment;
    private @Nullable ConnectorQuestions questions;
    private @Nullable Timer timer;
    private volatile boolean draining;
    private volatile boolean closed;

    ConnectorRole(ConnectorConfig config, RoleContext context) {
        this.config = config;
        this.context = context;
        this.board = new TaskBoard(config.drainTimeout());
        this.steps = new SerialExecutor(context.dispatch(), context.clock()::nanoTime);
    }

    @Override
    public String name() {
        return "connector";
    }

    @Override
    public void start() {
        AdminLink made = AdminLink.of(context);
        link = made;
        PluginConfigs configs = new PluginConfigs(System.getenv(), config.secrets());
        environment = new TaskEnvironment(
                context.runtimeId(),
                config,
                context.clock(),
                context.plugins(),
                MeshAccess.of(context),
                made,
                configs,
                work -> closers.newThread(work).start(),
                () -> ThreadLocalRandom.current().nextDouble());
        context.meters().gaugeMapSize("eventmesh_connector_tasks", List.of(), runs);
        context.meters().gauge("eventmesh_connector_abandoned_threads", troubles, Troubles::abandoned);
        questions = new ConnectorQuestions(
                new Validation(context.plugins(), configs, context.clock()), context.scheduler());
        made.host(this);
        steps.execute(this::tick);
    }

    @Override
    public Map<String, String> endpoints() {
        return Map.of();
    }

    @Override
    public List<String> banner() {
        return List.of("Connectors: %s, %d slots"
                .formatted(
                        String.join(
                                ", ",
                                plugins().stream()
                                        .map(Plugin::getName)
                                        .distinct()
                                        .toList()),
                        config.slots()));
    }

    @Override
    public Health health() {
        long failed = runs.values().stream()
                .filter(run -> run.state() == TaskState.FAILED || run.state() == TaskState.BACKOFF)
                .count();
        if (link == null || closed) {
            return Health.down("not started");
        }
        if (failed > 0) {
            return Health.degraded("%d of %d tasks do not run".formatted(failed, runs.size()));
        }
        int abandoned = troubles.abandoned();
        if (abandoned > 0) {
            return Health.degraded("%d threads of severed tasks do not end".formatted(abandoned));
        }
        String trouble = troubles.why(context.clock().nanoTime());
        return trouble.isEmpty() ? Health.up(runs.size() + " tasks") : Health.degraded(trouble);
    }

    @Override
    public Standing standing() {
        // of two rights of a task the newer one comes last: it is the one that counts
        Map<TaskFence, TaskReport> reports = new TreeMap<>(ORDER);
        reports.putAll(resting);
        runs.forEach((fence, run) -> reports.put(fence, run.report()));
        return new Standing(
                config.slots(),
                draining,
                draining ? config.restartExpected() : Duration.ZERO,
                config.labels(),
                troubles.why(context.clock().nanoTime()),
                List.copyOf(reports.values()));
    }

    @Override
    public List<Plugin> plugins() {
        return OfferedPlugins.of(context.plugins());
    }

    @Override
    public void directed(Directive directive, Runnable applied) {
        steps.execute(() -> {
            long now = context.clock().nanoTime();
            if (!closed && !draining) {
                perform(board.directed(directive, now));
            } else {
                renewOnly(directive, now);
            }
            applied.run();
        });
    }

    @Override
    public void asked(Ask ask, Consumer<AskAnswer> answer) {
        ConnectorQuestions open = questions;
        if (open == null || closed) {
            return;
        }
        if (ask.hasRescan()) {
            context.blocking().execute(() -> answer.accept(rescanned()));
        } else {
            open.asked(ask, answer);
        }
    }

    private AskAnswer rescanned() {
        try {
            context.plugins().rescan();
            List<Plugin> found = plugins();
            Optional.ofNullable(link).ifPresent(AdminLink::pluginsChanged);
            return AskAnswer.newBuilder().addAllPlugins(found).build();
        } catch (RuntimeException unusable) {
            return ConnectorQuestions.failed("PLUGIN", FailureText.text(unusable));
        }
    }

    @Override
    public void drain(Duration atMost) {
        draining = true;
        AdminLink open = link;
        if (open == null) {
            return;
        }
        Duration bound = drainBound(atMost);
        steps.execute(() -> {
            runs.values().forEach(run -> run.steer(Target.DRAIN, bound));
            drainedWhenEnded();
        });
        open.changed();
        try {
            if (!drained.await(bound.plus(LATE).toMillis(), TimeUnit.MILLISECONDS)) {
                log.warn("Tasks left behind, they go on elsewhere after their lease. tasks={}", runs.size());
            }
            open.confirmed(CONFIRMATION);
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public void close() {
        if (closed) {
            return;
        }
        closed = true;
        steps.execute(() -> {
            if (timer != null) {
                timer.cancel();
            }
            runs.values().stream().filter(run -> !run.hasEnded()).forEach(run -> run.sever("the process ends"));
        });
    }

    private void renewOnly(Directive directive, long now) {
        board.directed(new Directive(directive.sentNanos(), directive.leaseNanos(), Optional.empty()), now);
    }

    private void tick() {
        if (closed) {
            return;
        }
        long now = context.clock().nanoTime();
        // a thread that could not say so has ended all the same
        List.copyOf(runs.values()).stream().filter(TaskRun::hasEnded).forEach(this::ended);
        perform(board.tick(now));
        if (link != null && link.leader() == LeaderPresence.ABSENT) {
            board.late(now).forEach(fence -> askFence(fence, now));
        }
        timer = context.scheduler().schedule(TICK, () -> steps.executeLater(this::tick));
    }

    /** While the meta store answers, shows no leader and the fence is still its own, nobody else has the task. */
    private void askFence(TaskFence fence, long asked) {
        context.meta().get(MetaPaths.FENCES + "/" + fence.task()).whenComplete((found, failure) -> {
            if (failure != null || found.isEmpty()) {
                return;
            }
            String value = new String(found.get().value(), StandardCharsets.UTF_8).strip();
            boolean own = value.equals(fence.term() + ":" + fence.epoch());
            steps.executeLater(() -> {
                if (own && link != null && link.leader() == LeaderPresence.ABSENT) {
                    board.unled(fence, asked);
                }
            });
        });
    }

    private void perform(List<TaskBoard.Step> decided) {
        decided.forEach(this::perform);
    }

    private void perform(TaskBoard.Step step) {
        if (step instanceof TaskBoard.Start start) {
            // what was released for the end of this process is not taken up again
            if (!draining) {
                start(start);
            }
        } else if (step instanceof TaskBoard.Steer steer) {
            Optional.ofNullable(runs.get(steer.fence())).ifPresent(run -> run.steer(steer.target(), steer.drain()));
        } else if (step instanceof TaskBoard.Sever sever) {
            Optional.ofNullable(runs.get(sever.fence())).ifPresent(run -> run.sever(sever.reason()));
        } else if (step instanceof TaskBoard.Abandon abandon) {
            Optional.ofNullable(runs.get(abandon.fence())).ifPresent(this::abandon);
        } else if (step instanceof TaskBoard.Await wait) {
            resting.put(wait.fence(), resting(wait.assignment(), wait.fence(), TaskState.STARTING));
            changed();
        } else if (step instanceof TaskBoard.Rest rest) {
            runs.remove(rest.fence());
            resting.put(rest.fence(), resting(rest.assignment(), rest.fence(), TaskState.RELEASED));
            changed();
        } else if (step instanceof TaskBoard.Forget forget) {
            runs.remove(forget.fence());
            resting.remove(forget.fence());
        }
    }

    private void abandon(TaskRun run) {
        log.error(
                "Thread of a severed task does not end, left behind. task={} epoch={} thread={}",
                run.fence().task(),
                run.fence().epoch(),
                run.threadName());
        troubles.abandoned(run);
        changed();
    }

    private void start(TaskBoard.Start start) {
        TaskEnvironment with = environment;
        if (with == null) {
            return;
        }
        resting.remove(start.fence());
        int before = restarts.getOrDefault(start.fence().task(), 0);
        TaskRun run = new TaskRun(start.assignment(), start.fence(), start.lease(), with, before, this::changed);
        runs.put(start.fence(), run);
        log.info(
                "Task starts. task={} epoch={} configRev={}",
                start.fence().task(),
                start.fence().epoch(),
                start.assignment().getConfigRev());
        run.start();
    }

    /** By the task's thread, or the one that severs it. */
    private void changed(TaskRun run) {
        if (run.hasEnded()) {
            steps.executeLater(() -> ended(run));
        }
        changed();
    }

    private void ended(TaskRun run) {
        if (runs.get(run.fence()) == run && board.lives(run.fence())) {
            long now = context.clock().nanoTime();
            if (run.state() == TaskState.FAILED && run.failure() == FailureClass.EXHAUSTED) {
                troubles.exhausted(run.fence().task(), run.error(), now);
            }
            restarts.put(run.fence().task(), run.restarts());
            perform(board.ended(run.fence(), run.state(), now));
        }
        drainedWhenEnded();
    }

    private void changed() {
        if (link != null) {
            link.changed();
        }
    }

    private static TaskReport resting(TaskAssignment assignment, TaskFence fence, TaskState state) {
        return TaskReport.newBuilder()
                .setTaskId(fence.task())
                .setTerm(fence.term())
                .setEpoch(fence.epoch())
                .setConfigRev(assignment.getConfigRev())
                .setState(state)
                .build();
    }

    private Duration drainBound(Duration atMost) {
        Duration left = atMost.minus(LATE).minus(CONFIRMATION);
        Duration bound = left.compareTo(config.drainTimeout()) < 0 ? left : config.drainTimeout();
        return bound.isNegative() ? Duration.ZERO : bound;
    }

    private void drainedWhenEnded() {
        if (draining && runs.values().stream().allMatch(TaskRun::hasEnded)) {
            drained.countDown();
        }
    }
}
