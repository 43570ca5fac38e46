package io.eventmesh.runtime.mesh;

import io.eventmesh.common.config.Check;
import io.eventmesh.common.config.DataSize;
import io.eventmesh.common.config.Doc;
import io.eventmesh.runtime.config.LimitsConfig;
import io.eventmesh.runtime.delivery.DeliverySettings;
import java.time.Duration;

/** Section {@code mesh}: bounds of the mesh role. */
public record MeshConfig(
        @Doc("Events being stored at a time; more are refused with OVERLOADED.")
        int maxAppends,

        @Doc("Events that a group may have read and not finished.")
        int windowEvents,

        @Doc("The same bound in bytes; a group's partitions share it.")
        DataSize windowBytes,

        @Doc("An event whose next offer is further away waits in the storage instead of in memory.")
        Duration parkAfter,

        @Doc("A group without members gives up its reader after this time.")
        Duration idleClose,

        @Doc("Events of one target that are sent or waiting in memory at a time, for each partition.")
        int targetEvents,

        @Doc("Requests waiting for their reply at a time; more are refused with OVERLOADED.")
        int maxRequests,

        @Doc("The longest time that a request may wait for its reply.")
        Duration maxRequestTimeout,

        @Doc("Events on their way to one destination of a push subscription at a time.")
        int pushInFlight,

        @Doc(
                "A subscription whose last member has been away for so long is deleted, unless it has a destination; 0s keeps "
                        + "them all.")
        Duration groupExpireAfter,

        @Doc("How long shutting down waits for what is in flight.")
        Duration drainTimeout,

        TargetsConfig targets) {
    public MeshConfig {
        Check.range("max-appends", maxAppends, 1, 10_000_000);
        Check.range("window-events", windowEvents, 16, 1_000_000);
        Check.require(
                windowBytes.compareTo(DataSize.ofKibibytes(64)) >= 0, "window-bytes", windowBytes, "64KiB or more");
        Check.positive("park-after", parkAfter);
        Check.positive("idle-close", idleClose);
        Check.range("target-events", targetEvents, 1, 100_000);
        Check.range("max-requests", maxRequests, 1, 1_000_000);
        Check.positive("max-request-timeout", maxRequestTimeout);
        Check.range("push-in-flight", pushInFlight, 1, 10_000);
        Check.notNegative("group-expire-after", groupExpireAfter);
        Check.notNegative("drain-timeout", drainTimeout);
    }

    public static MeshConfig defaults() {
        DeliverySettings delivery = DeliverySettings.defaults();
        return new MeshConfig(
                16_384,
                delivery.windowEvents(),
                new DataSize(delivery.windowBytes()),
                delivery.parkAfter(),
                delivery.idleClose(),
                delivery.flowEvents(),
                10_000,
                Duration.ofMinutes(5),
                64,
                Duration.ofDays(7),
                Duration.ofSeconds(10),
                TargetsConfig.defaults());
    }

    MeshSettings settings(String runtimeId, LimitsConfig limits, TopicsConfig topics) {
        return new MeshSettings(
                runtimeId,
                limits,
                topics,
                maxAppends,
                maxRequests,
                maxRequestTimeout,
                pushInFlight,
                groupExpireAfter,
                delivery());
    }

    private DeliverySettings delivery() {
        DeliverySettings rest = DeliverySettings.defaults();
        return new DeliverySettings(
                windowEvents,
                windowBytes.bytes(),
                rest.laneEvents(),
                parkAfter,
                rest.loadedEvents(),
                targetEvents,
                rest.commitEvery(),
                rest.commitAfter(),
                idleClose);
    }
}
