package io.eventmesh.runtime.delivery;

import io.eventmesh.common.time.MeshClock;
import io.eventmesh.common.time.Scheduler;
import io.eventmesh.spi.mesh.TaskFence;
import io.eventmesh.spi.storage.Storage;
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.function.Function;
import java.util.random.RandomGenerator;

/**
 * What surrounds the groups of a runtime.
 *
 * @param dispatch runs what a group does not do inline; must not be blocked
 * @param random for the jitter of retries; thread-safe
 * @param rights the newest right that was seen of a task, empty before the first; asked on the thread of a group
 */
public record DeliveryEnvironment(
        Storage storage,
        MeshClock clock,
        Scheduler scheduler,
        Executor dispatch,
        DeliverySettings settings,
        DeliveryCounters counters,
        RandomGenerator random,
        DeadLetterSink deadLetters,
        Function<String, Optional<TaskFence>> rights) {}
