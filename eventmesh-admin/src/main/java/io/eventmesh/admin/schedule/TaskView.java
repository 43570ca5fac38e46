package io.eventmesh.admin.schedule;

import io.eventmesh.admin.database.TaskRow;
import java.util.Optional;

/**
 * A task as an operator sees it.
 *
 * @param reason why nobody has it, or empty
 * @param report what its owner says under the current right
 */
public record TaskView(TaskRow row, String reason, Optional<Report.TaskReport> report) {}
