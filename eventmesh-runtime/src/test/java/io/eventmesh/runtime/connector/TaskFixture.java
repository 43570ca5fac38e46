package io.eventmesh.runtime.connector;

import io.eventmesh.common.config.DataSize;
import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.time.MeshClock;
import io.eventmesh.proto.v1.TaskAssignment;
import io.eventmesh.proto.v1.TaskDefinition;
import io.eventmesh.runtime.config.SecretsConfig;
import io.eventmesh.spi.connector.SourceConnectorProvider;
import io.eventmesh.spi.mesh.Mesh;
import io.eventmesh.spi.mesh.TaskFence;
import io.eventmesh.spi.plugin.Plugin;
import io.eventmesh.spi.plugin.Plugins;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.ServiceLoader;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.UnaryOperator;

/** Runs tasks of one plugin, with records in memory. */
final class TaskFixture implements AutoCloseable {
    static final TaskFence FENCE = new TaskFence("t1", 3, 7);

    final FakeRecords records = new FakeRecords();
    private final Plugins plugins;
    private TaskDefinition definition;
    private final List<TaskRun> runs = new CopyOnWriteArrayList<>();

    TaskFixture(Plugin plugin) {
        this(new Only(plugin), plugin instanceof SourceConnectorProvider ? "SOURCE" : "SINK", plugin.name());
    }

    TaskFixture(Plugins plugins, String kind, String plugin) {
        this.plugins = plugins;
        this.definition = TaskDefinition.newBuilder()
                .setTaskId(FENCE.task())
                .setConfigRev(1)
                .setNamespace("default")
                .setConnector("c1")
                .setKind(kind)
                .setPlugin(plugin)
                .setTopic("in")
                .setConfig("{}")
                .setTasksMax(1)
                .build();
        records.define(definition);
    }

    /** The task says something more, from its next beginning on. */
    void define(UnaryOperator<TaskDefinition.Builder> more) {
        definition = more.apply(definition.toBuilder()).build();
        records.define(definition);
    }

    /** A window of 8 events, batches of 10, a sink's buffer of 64 KiB, and 50 dead letters a minute. */
    static ConnectorConfig config() {
        return config(8, Duration.ofSeconds(5), Duration.ZERO);
    }

    /** As {@link #config()} but for these. */
    static ConnectorConfig config(int windowEvents, Duration drainTimeout, Duration restartExpected) {
        return new ConnectorConfig(
                10,
                windowEvents,
                DataSize.ofMebibytes(1),
                10,
                Duration.ofMillis(20),
                1_000,
                drainTimeout,
                DataSize.ofKibibytes(64),
                50,
                SecretsConfig.standard(),
                Map.of(),
                restartExpected);
    }

    /** Runs under a lease of a minute. */
    TaskRun run(Mesh mesh) {
        MeshClock clock = MeshClock.system();
        return run(
                mesh,
                clock,
                new TaskLease(clock.nanoTime(), Duration.ofMinutes(1).toNanos()));
    }

    TaskRun run(Mesh mesh, MeshClock clock, TaskLease lease) {
        TaskEnvironment environment = new TaskEnvironment(
                "runtime-1",
                config(),
                clock,
                plugins,
                mesh,
                records,
                new PluginConfigs(Map.of(), SecretsConfig.standard()),
                Runnable::run,
                () -> 0);
        TaskAssignment assignment = TaskAssignment.newBuilder()
                .setTaskId(FENCE.task())
                .setTerm(FENCE.term())
                .setEpoch(FENCE.epoch())
                .setConfigRev(1)
                .build();
        TaskRun run = new TaskRun(assignment, FENCE, lease, environment, 0, changed -> {});
        runs.add(run);
        run.start();
        return run;
    }

    @Override
    public void close() {
        runs.stream().filter(run -> !run.hasEnded()).forEach(run -> run.sever("the test is over"));
    }

    /** One connector, and whatever filters and transforms there are. */
    private record Only(Plugin plugin) implements Plugins {
        @Override
        public <P extends Plugin> List<P> all(Class<P> kind) {
            return kind.isInstance(plugin)
                    ? List.of(kind.cast(plugin))
                    : ServiceLoader.load(kind).stream()
                            .map(ServiceLoader.Provider::get)
                            .toList();
        }

        @Override
        public <P extends Plugin> P named(Class<P> kind, String name) {
            return all(kind).stream()
                    .filter(each -> each.name().equals(name))
                    .findFirst()
                    .orElseThrow(() -> new EventMeshException(ErrorCode.PLUGIN_UNKNOWN, "plugin: '" + name + "'"));
        }
    }
}
