package io.eventmesh.connector.kafka.connect;

import io.eventmesh.spi.connector.TaskContext;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.apache.kafka.common.metrics.PluginMetrics;
import org.apache.kafka.connect.connector.Connector;
import org.apache.kafka.connect.connector.Task;
import org.apache.kafka.connect.errors.ConnectException;
import org.apache.kafka.connect.sink.SinkConnectorContext;
import org.apache.kafka.connect.source.SourceConnectorContext;
import org.apache.kafka.connect.source.SourceTaskContext;
import org.apache.kafka.connect.storage.OffsetStorageReader;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A connector and the one of its tasks that runs here: made, started and stopped together. {@link #stop} may be called by
 * another thread, and stops whatever was started by then, once.
 */
final class HostedTask<T extends Task> {
    private static final Logger log = LoggerFactory.getLogger(HostedTask.class);

    /** Hands a task its context before it starts. */
    interface Initialising<T> {
        void initialise(T task, Map<String, String> settings);
    }

    private final HostedPlugin<?> plugin;
    private final Class<T> kind;
    private final TaskContext context;
    private final OffsetStorageReader offsets;
    private final AtomicReference<@Nullable Exception> raised = new AtomicReference<>();
    private final AtomicReference<@Nullable Connector> connector = new AtomicReference<>();
    private final AtomicReference<@Nullable T> task = new AtomicReference<>();

    HostedTask(HostedPlugin<?> plugin, Class<T> kind, TaskContext context, OffsetStorageReader offsets) {
        this.plugin = plugin;
        this.kind = kind;
        this.context = context;
        this.offsets = offsets;
    }

    /** The task; null when it is idle, not started, or stopped. */
    @Nullable
    T task() {
        return task.get();
    }

    /** Starts the connector, and of its tasks this one. */
    void start(Map<String, String> settings, Initialising<T> initialising) throws Exception {
        Connector made = plugin.connector();
        connector.set(made);
        plugin.run(() -> made.initialize(new Context()));
        plugin.run(() -> made.start(settings));
        List<Map<String, String>> all = plugin.call(() -> made.taskConfigs(context.tasks()));
        if (context.ordinal() >= all.size()) {
            log.info(
                    "Connector has less to do than it has tasks, this one stays idle. task={} busy={}",
                    context.task(),
                    all.size());
            return;
        }
        Map<String, String> own = all.get(context.ordinal());
        T starting = plugin.make(kind, made.taskClass().getName());
        plugin.run(() -> initialising.initialise(starting, own));
        task.set(starting);
        plugin.run(() -> starting.start(own));
    }

    /** What the connector raised meanwhile. */
    void requireNoError() throws Exception {
        Exception failure = raised.getAndSet(null);
        if (failure != null) {
            throw ConnectFailures.of(failure);
        }
    }

    void stop(Consumer<T> stopping) {
        T running = task.getAndSet(null);
        if (running != null) {
            quietly("task", () -> stopping.accept(running));
        }
        Connector made = connector.getAndSet(null);
        if (made != null) {
            quietly("connector", made::stop);
        }
    }

    SourceTaskContext sourceContext(Map<String, String> settings) {
        return new SourceTaskContext() {
            @Override
            public Map<String, String> configs() {
                return settings;
            }

            @Override
            public OffsetStorageReader offsetStorageReader() {
                return offsets;
            }

            @Override
            @SuppressWarnings("NullAway") // no metrics; measured: connectors live with that
            public PluginMetrics pluginMetrics() {
                return null;
            }
        };
    }

    private void quietly(String what, HostedPlugin.Step stopping) {
        try {
            plugin.run(stopping);
        } catch (Exception failure) {
            log.warn("Stopping failed. task={} what={} error={}", context.task(), what, failure.getMessage());
        }
    }

    /** What the connector may ask of its host. Thread-safe: connectors ask from threads of their own. */
    private final class Context implements SourceConnectorContext, SinkConnectorContext {
        @Override
        public void requestTaskReconfiguration() {
            context.restart();
        }

        @Override
        public void raiseError(Exception failure) {
            raised.set(new ConnectException("raised by the connector: " + failure.getMessage(), failure));
        }

        @Override
        @SuppressWarnings("NullAway") // no metrics; measured: connectors live with that
        public PluginMetrics pluginMetrics() {
            return null;
        }

        @Override
        public OffsetStorageReader offsetStorageReader() {
            return offsets;
        }
    }
}
