package io.eventmesh.runtime.connector;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.eventmesh.common.lifecycle.Health;
import io.eventmesh.common.thread.SerialExecutor;
import io.eventmesh.common.time.Scheduler.Timer;
import io.eventmesh.proto.v1.Plugin;
import io.eventmesh.proto.v1.TaskAssignment.Target;
import io.eventmesh.proto.v1.TaskReport;
import io.eventmesh.proto.v1.TaskState;
import io.eventmesh.runtime.admin.AdminLink;
import io.eventmesh.runtime.admin.Directive;
import io.eventmesh.runtime.admin.LeaderPresence;
import io.eventmesh.runtime.admin.TaskHost;
import io.eventmesh.runtime.client.MeshAccess;
import io.eventmesh.spi.connector.ConnectorProvider;
import io.eventmesh.spi.connector.SinkConnectorProvider;
import io.eventmesh.spi.connector.SourceConnectorProvider;
import io.eventmesh.spi.mesh.TaskFence;
import io.eventmesh.spi.meta.MetaPaths;
import io.eventmesh.spi.role.Role;
import io.eventmesh.spi.role.RoleContext;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
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
    private static final ObjectMapper JSON = new ObjectMapper();

    private final ConnectorConfig config;
    private final RoleContext context;
    private final SerialExecutor steps;
    private final Map<TaskFence, TaskRun> runs = new ConcurrentHashMap<>();
    private final Map<TaskFence, TaskReport> resting = new ConcurrentHashMap<>();
    private final TaskBoard board = new TaskBoard();
    private final CountDownLatch drained = new CountDownLatch(1);

    private @Nullable AdminLink link;
    private @Nullable TaskEnvironment environment;
    private @Nullable Timer timer;
    private volatile boolean draining;
    private volatile boolean closed;

    ConnectorRole(ConnectorConfig config, RoleContext context) {
        this.config = config;
        this.context = context;
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
        environment = new TaskEnvironment(
                context.runtimeId(),
                config,
                context.clock(),
                context.plugins(),
                MeshAccess.of(context),
                made,
                new PluginConfigs(System.getenv()),
                context.blocking(),
                () -> ThreadLocalRandom.current().nextDouble());
        context.meters().gaugeMapSize("eventmesh_connector_tasks", List.of(), runs);
        made.host(this);
        tick();
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
        return failed == 0
                ? Health.up(runs.size() + " tasks")
                : Health.degraded("%d of %d tasks do not run".formatted(failed, runs.size()));
    }

    @Override
    public Standing standing() {
        List<TaskReport> reports = new ArrayList<>(resting.values());
        runs.values().forEach(run -> reports.add(run.report(run.state())));
        return new Standing(config.slots(), draining, reports);
    }

    @Override
    public List<Plugin> plugins() {
        List<Plugin> found = new ArrayList<>();
        for (SourceConnectorProvider<?> each : context.plugins().all(SourceConnectorProvider.class)) {
            found.add(described("source", each));
        }
        for (SinkConnectorProvider<?> each : context.plugins().all(SinkConnectorProvider.class)) {
            found.add(described("sink", each));
        }
        return found;
    }

    @Override
    public void directed(Directive directive) {
        steps.execute(() -> {
            if (!closed && !draining) {
                perform(board.directed(directive));
            } else {
                renewOnly(directive);
            }
        });
    }

    @Override
    public void drain() {
        draining = true;
        AdminLink open = link;
        if (open == null) {
            return;
        }
        steps.execute(() -> {
            runs.values().forEach(run -> run.steer(Target.DRAIN));
            drainedWhenEnded();
        });
        open.changed();
        try {
            long bound = config.drainTimeout().toMillis() + 1_000;
            if (!drained.await(bound, TimeUnit.MILLISECONDS)) {
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
            runs.values().stream().filter(run -> !run.hasEnded()).forEach(TaskRun::sever);
        });
    }

    private void renewOnly(Directive directive) {
        board.directed(new Directive(directive.sentNanos(), directive.leaseNanos(), Optional.empty()));
    }

    private void tick() {
        if (closed) {
            return;
        }
        long now = context.clock().nanoTime();
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
        for (TaskBoard.Step step : decided) {
            if (step instanceof TaskBoard.Start start) {
                // what was released for the end of this process is not taken up again
                if (!draining) {
                    start(start);
                }
            } else if (step instanceof TaskBoard.Steer steer) {
                TaskRun run = runs.get(steer.fence());
                if (run != null) {
                    run.steer(steer.target());
                }
            } else if (step instanceof TaskBoard.Sever sever) {
                TaskRun run = runs.get(sever.fence());
                if (run != null) {
                    run.sever();
                }
            } else if (step instanceof TaskBoard.Rest rest) {
                runs.remove(rest.fence());
                resting.put(rest.fence(), released(rest));
                changed();
            } else if (step instanceof TaskBoard.Forget forget) {
                runs.remove(forget.fence());
                resting.remove(forget.fence());
            }
        }
    }

    private void start(TaskBoard.Start start) {
        TaskEnvironment with = environment;
        if (with == null) {
            return;
        }
        resting.remove(start.fence());
        TaskRun run = new TaskRun(start.assignment(), start.fence(), start.lease(), with, this::changed);
        runs.put(start.fence(), run);
        log.info(
                "Task starts. task={} epoch={} configRev={}",
                start.fence().task(),
                start.fence().epoch(),
                start.assignment().getConfigRev());
        run.start();
    }

    /** By the task's thread. */
    private void changed(TaskRun run) {
        if (run.hasEnded()) {
            TaskState state = run.state();
            steps.executeLater(() -> {
                if (runs.get(run.fence()) == run) {
                    perform(board.ended(run.fence(), state));
                }
                drainedWhenEnded();
            });
        }
        changed();
    }

    private void changed() {
        if (link != null) {
            link.changed();
        }
    }

    private static TaskReport released(TaskBoard.Rest rest) {
        return TaskReport.newBuilder()
                .setTaskId(rest.fence().task())
                .setTerm(rest.fence().term())
                .setEpoch(rest.fence().epoch())
                .setConfigRev(rest.assignment().getConfigRev())
                .setState(TaskState.RELEASED)
                .build();
    }

    private void drainedWhenEnded() {
        if (draining && runs.values().stream().allMatch(TaskRun::hasEnded)) {
            drained.countDown();
        }
    }

    private static <C extends Record> Plugin described(String kind, ConnectorProvider<C> provider) {
        String schema;
        try {
            schema = JSON.writeValueAsString(provider.schema());
        } catch (JsonProcessingException impossible) {
            throw new IllegalStateException("a schema is plain data", impossible);
        }
        return Plugin.newBuilder()
                .setKind(kind)
                .setName(provider.name())
                .setVersion(provider.version())
                .setSchema(schema)
                .build();
    }
}
