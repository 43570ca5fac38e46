package io.eventmesh.spi.connector;

import io.eventmesh.common.time.MeshClock;

/**
 * What a task's connector is told of itself.
 *
 * @param namespace of the connector
 * @param connector its name
 * @param ordinal which of its tasks, from 0
 * @param tasks how many tasks it has
 * @param clock the process's clock
 */
public record TaskContext(String namespace, String connector, int ordinal, int tasks, MeshClock clock) {}
