package io.eventmesh.tests.fault.task.plugin;

import io.eventmesh.spi.connector.SourceConnector;
import io.eventmesh.spi.connector.SourceConnectorProvider;
import io.eventmesh.spi.connector.TaskContext;

/** The source plugin {@code numbered}. */
public final class NumberedSourceProvider implements SourceConnectorProvider<NumberedSourceConfig> {
    @Override
    public String name() {
        return "numbered";
    }

    @Override
    public Class<NumberedSourceConfig> configType() {
        return NumberedSourceConfig.class;
    }

    @Override
    public NumberedSourceConfig defaults() {
        return new NumberedSourceConfig(100);
    }

    @Override
    public SourceConnector create(NumberedSourceConfig config, TaskContext context) {
        return new NumberedSource(config, context);
    }
}
