package io.eventmesh.tests.fault.task.plugin;

import io.eventmesh.spi.connector.SinkConnector;
import io.eventmesh.spi.connector.SinkConnectorProvider;
import io.eventmesh.spi.connector.TaskContext;
import java.nio.file.Path;
import java.util.Objects;

/** The sink plugin {@code storing}. */
public final class StoringSinkProvider implements SinkConnectorProvider<StoringSinkConfig> {
    @Override
    public String name() {
        return "storing";
    }

    @Override
    public Class<StoringSinkConfig> configType() {
        return StoringSinkConfig.class;
    }

    @Override
    public StoringSinkConfig defaults() {
        return new StoringSinkConfig(null);
    }

    @Override
    public SinkConnector create(StoringSinkConfig config, TaskContext context) {
        return new StoringSink(Path.of(Objects.requireNonNull(config.directory())), context);
    }
}
