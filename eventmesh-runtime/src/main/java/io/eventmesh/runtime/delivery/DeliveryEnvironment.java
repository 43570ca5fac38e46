package io.eventmesh.runtime.delivery;

import io.eventmesh.common.time.MeshClock;
import io.eventmesh.common.time.Scheduler;
import io.eventmesh.spi.storage.Storage;
import java.util.concurrent.Executor;
import java.util.random.RandomGenerator;

/**
 * What surrounds the groups of a runtime.
 *
 * @param dispatch runs what a group does not do inline; must not be blocked
 * @param random for the jitter of retries; thread-safe
 */
public record DeliveryEnvironment(
        Storage storage,
        MeshClock clock,
        Scheduler scheduler,
        Executor dispatch,
        DeliverySettings settings,
        DeliveryCounters counters,
        RandomGenerator random,
        DeadLetterSink deadLetters) {}
