package io.eventmesh.runtime.admin;

import io.eventmesh.proto.v1.TaskAssignment;
import java.util.List;
import java.util.Optional;

/**
 * What the leading admin answered to a report, as the host of tasks needs it.
 *
 * @param sentNanos monotonic time at which the report was sent that this answers; the lease counts from here
 * @param leaseNanos how long the lease lasts
 * @param tasks the full set of this runtime; empty when it is what the runtime has already
 */
public record Directive(long sentNanos, long leaseNanos, Optional<List<TaskAssignment>> tasks) {}
