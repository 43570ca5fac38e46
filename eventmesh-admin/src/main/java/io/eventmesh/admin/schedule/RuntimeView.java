package io.eventmesh.admin.schedule;

import io.eventmesh.admin.database.RuntimeRow;

/**
 * A runtime as an operator sees it.
 *
 * @param state ALIVE, SUSPECT, DRAINING or DEAD, as of now
 * @param tasks how many tasks it has or is about to get
 * @param load the weight of those tasks: processor milliseconds a second, at least 1 a task
 * @param silentMillis how long ago it was heard last; -1 when this leader has not heard of it
 * @param trouble why it wants no more tasks, or empty
 */
public record RuntimeView(RuntimeRow row, String state, int tasks, double load, long silentMillis, String trouble) {}
