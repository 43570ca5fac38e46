package io.eventmesh.connector.file;

import io.eventmesh.spi.connector.SinkConnector;
import io.eventmesh.spi.connector.SinkConnectorProvider;
import io.eventmesh.spi.connector.TaskContext;
import java.util.List;

/** The sink plugin {@code file}. */
public final class FileSinkProvider implements SinkConnectorProvider<FileSinkConfig> {
    @Override
    public String name() {
        return "file";
    }

    @Override
    public Class<FileSinkConfig> configType() {
        return FileSinkConfig.class;
    }

    @Override
    public FileSinkConfig defaults() {
        return FileSinkConfig.standard();
    }

    @Override
    public List<String> validate(FileSinkConfig config) {
        return FilePaths.problems(config.path());
    }

    @Override
    public SinkConnector create(FileSinkConfig config, TaskContext context) {
        return new FileSink(config);
    }
}
