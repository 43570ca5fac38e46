package io.eventmesh.tests.fault.task.plugin;

import io.eventmesh.common.config.Check;
import io.eventmesh.common.config.Doc;
import org.jspecify.annotations.Nullable;

/**
 * Where a storing sink writes.
 *
 * @param directory for the files, one each time a task is opened
 */
public record StoringSinkConfig(
        @Doc(value = "Directory for the files.", required = true) @Nullable
        String directory) {
    public StoringSinkConfig {
        if (directory != null) {
            Check.notBlank("directory", directory);
        }
    }
}
