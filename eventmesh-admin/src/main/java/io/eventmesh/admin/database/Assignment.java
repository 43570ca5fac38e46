package io.eventmesh.admin.database;

import org.jspecify.annotations.Nullable;

/**
 * Who has a task, and under which right.
 *
 * @param runtime the owner; null when nobody has it
 * @param incarnation of the owner
 * @param lastRuntime who had it last, preferred when all else is equal
 * @param term the leadership that gave the right
 * @param epoch raised whenever the owner changes, never lowered
 * @param sinceMillis wall time of the last change
 */
public record Assignment(
        @Nullable String runtime,
        @Nullable String incarnation,
        @Nullable String lastRuntime,
        long term,
        long epoch,
        AssignmentState state,
        long sinceMillis) {}
