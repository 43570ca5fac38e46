package io.eventmesh.runtime.connector;

import io.eventmesh.common.config.DataSize;
import io.eventmesh.common.time.MeshClock;
import io.eventmesh.proto.v1.TaskAssignment;
import io.eventmesh.proto.v1.TaskDefinition;
import io.eventmesh.spi.connector.SourceConnectorProvider;
import io.eventmesh.spi.mesh.Mesh;
import io.eventmesh.spi.mesh.TaskFence;
import io.eventmesh.spi.plugin.Plugin;
import io.eventmesh.spi.plugin.Plugins;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;

/** Runs tasks of one plugin, with records in memory. */
final class TaskFixture implements AutoCloseable {
    static final TaskFence FENCE = new TaskFence("t1", 3, 7);

    final FakeRecords records = new FakeRecords();
    private final Plugins plugins;
    private final List<TaskRun> runs = new CopyOnWriteArrayList<>();

    TaskFixture(Plugin plugin) {
        this(new Only(plugin), plugin instanceof SourceConnectorProvider ? "SOURCE" : "SINK", plugin.name());
    }

    TaskFixture(Plugins plugins, String kind, String plugin) {
        this.plugins = plugins;
        records.define(TaskDefinition.newBuilder()
                .setTaskId(FENCE.task())
                .setConfigRev(1)
                .setNamespace("default")
                .setConnector("c1")
                .setKind(kind)
                .setPlugin(plugin)
                .setTopic("in")
                .setConfig("{}")
                .setTasksMax(1)
                .build());
    }

    /** A window of 8 events, batches of 10, a sink's buffer of 64 KiB, and 50 dead letters a minute. */
    static ConnectorConfig config() {
        return new ConnectorConfig(
                10,
                8,
                DataSize.ofMebibytes(1),
                10,
                Duration.ofMillis(20),
                1_000,
                Duration.ofSeconds(5),
                DataSize.ofKibibytes(64),
                50,
                ConnectorConfig.Secrets.standard(),
                Map.of());
    }

    TaskRun run(Mesh mesh) {
        MeshClock clock = MeshClock.system();
        TaskEnvironment environment = new TaskEnvironment(
                "runtime-1",
                config(),
                clock,
                plugins,
                mesh,
                records,
                new PluginConfigs(Map.of(), ConnectorConfig.Secrets.standard()),
                Runnable::run,
                () -> 0);
        TaskAssignment assignment = TaskAssignment.newBuilder()
                .setTaskId(FENCE.task())
                .setTerm(FENCE.term())
                .setEpoch(FENCE.epoch())
                .setConfigRev(1)
                .build();
        TaskLease lease = new TaskLease(clock.nanoTime(), Duration.ofMinutes(1).toNanos());
        TaskRun run = new TaskRun(assignment, FENCE, lease, environment, changed -> {});
        runs.add(run);
        run.start();
        return run;
    }

    @Override
    public void close() {
        runs.stream().filter(run -> !run.hasEnded()).forEach(run -> run.sever("the test is over"));
    }

    private record Only(Plugin plugin) implements Plugins {
        @Override
        public <P extends Plugin> List<P> all(Class<P> kind) {
            return kind.isInstance(plugin) ? List.of(kind.cast(plugin)) : List.of();
        }

        @Override
        public <P extends Plugin> P named(Class<P> kind, String name) {
            return kind.cast(plugin);
        }
    }
}
