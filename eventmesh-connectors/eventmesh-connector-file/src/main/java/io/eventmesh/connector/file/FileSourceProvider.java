package io.eventmesh.connector.file;

import io.eventmesh.spi.connector.SourceConnector;
import io.eventmesh.spi.connector.SourceConnectorProvider;
import io.eventmesh.spi.connector.TaskContext;
import java.util.List;

/** The source plugin {@code file}. */
public final class FileSourceProvider implements SourceConnectorProvider<FileSourceConfig> {
    @Override
    public String name() {
        return "file";
    }

    @Override
    public Class<FileSourceConfig> configType() {
        return FileSourceConfig.class;
    }

    @Override
    public FileSourceConfig defaults() {
        return FileSourceConfig.standard();
    }

    @Override
    public List<String> validate(FileSourceConfig config) {
        return FilePaths.problems(config.path());
    }

    @Override
    public SourceConnector create(FileSourceConfig config, TaskContext context) {
        return new FileSource(config, context);
    }
}
