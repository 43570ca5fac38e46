package io.eventmesh.tests.fault.task.plugin;

import io.eventmesh.common.config.Check;
import io.eventmesh.common.config.Doc;

/**
 * How a numbered source counts.
 *
 * @param rate numbers a second and task
 */
public record NumberedSourceConfig(
        @Doc("Numbers a second and task.") int rate) {
    public NumberedSourceConfig {
        Check.range("rate", rate, 1, 100_000);
    }
}
