package io.eventmesh.runtime.delivery;

import java.time.Duration;

/**
 * Bounds of the engine, the same for every group of a runtime.
 *
 * @param windowEvents read and not done, per group, before nothing more is read
 * @param windowBytes the same in bytes; half of it goes where it is needed, the rest is shared evenly by the partitions
 * @param laneEvents how many events may wait in memory behind a failing one of their lane; the rest is parked
 * @param parkAfter a longer delay is waited for in the parking, a shorter one in memory
 * @param loadedEvents how many parked events may be in memory for another offer
 * @param flowEvents how many events of one flow may be in memory, and as many again that were parked; the rest is parked
 * @param commitEvery so many finished events of a partition store its progress
 * @param commitAfter a finished event is in the stored progress after this time at the latest
 * @param idleClose a group without members gives up its reader after this time
 */
public record DeliverySettings(
        int windowEvents,
        long windowBytes,
        int laneEvents,
        Duration parkAfter,
        int loadedEvents,
        int flowEvents,
        int commitEvery,
        Duration commitAfter,
        Duration idleClose) {
    public static DeliverySettings defaults() {
        return new DeliverySettings(
                8192,
                8L << 20,
                256,
                Duration.ofSeconds(10),
                256,
                256,
                128,
                Duration.ofMillis(100),
                Duration.ofSeconds(30));
    }
}
