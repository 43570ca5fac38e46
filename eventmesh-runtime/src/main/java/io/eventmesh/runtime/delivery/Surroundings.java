package io.eventmesh.runtime.delivery;

import io.eventmesh.common.time.MeshClock;
import java.util.random.RandomGenerator;

/**
 * What the parts of a {@link GroupState} have in common.
 *
 * @param random for the jitter of retries
 */
record Surroundings(DeliverySettings settings, GroupEffects effects, MeshClock clock, RandomGenerator random) {}
