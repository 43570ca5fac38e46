package io.eventmesh.runtime.mesh;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.topic.SubscriptionName;
import io.eventmesh.runtime.delivery.Group;
import io.eventmesh.spi.mesh.StreamStatus;
import io.eventmesh.spi.mesh.SubscriptionStatus;
import io.eventmesh.spi.storage.GroupInfo;
import io.eventmesh.spi.storage.Storage;
import io.eventmesh.spi.storage.StreamInfo;
import java.util.List;
import java.util.function.Function;

/** Streams and subscriptions as operators see them; from memory. Thread-safe. */
final class Overview {
    private final Storage storage;
    private final LiveGroups groups;
    private final Function<SubscriptionName, String> problem;

    /** @param problem what keeps a subscription's events from their destination; empty for nothing */
    Overview(Storage storage, LiveGroups groups, Function<SubscriptionName, String> problem) {
        this.storage = storage;
        this.groups = groups;
        this.problem = problem;
    }

    List<StreamStatus> streams() {
        return storage.streams().stream().map(this::status).toList();
    }

    StreamStatus status(StreamInfo info) {
        return new StreamStatus(
                info.name(), info.settings().partitions(), info.events(), info.bytes(), storage.durability());
    }

    /** The subscriptions; what holds dead letters back is none. */
    List<SubscriptionStatus> subscriptions() {
        return storage.groups().stream()
                .filter(info -> !DeadLetterStreams.isStanding(info.name()))
                .map(this::status)
                .toList();
    }

    SubscriptionStatus status(GroupInfo info) {
        Group.Snapshot now = groups.snapshot(info.name());
        return new SubscriptionStatus(
                info.name(),
                state(info, now),
                info.terms(),
                now.members(),
                info.lagEvents(),
                now.inFlight(),
                info.parked(),
                info.gaps(),
                problem.apply(info.name()));
    }

    private static SubscriptionStatus.State state(GroupInfo info, Group.Snapshot now) {
        if (info.cutOff()) {
            return SubscriptionStatus.State.CUT_OFF;
        }
        if (info.paused()) {
            return SubscriptionStatus.State.PAUSED;
        }
        return now.members() > 0 ? SubscriptionStatus.State.ACTIVE : SubscriptionStatus.State.IDLE;
    }

    /** @throws EventMeshException NOT_FOUND, or REQUEST_INVALID for what holds dead letters back */
    GroupInfo require(SubscriptionName name) {
        if (DeadLetterStreams.isStanding(name)) {
            throw new EventMeshException(
                    ErrorCode.REQUEST_INVALID,
                    "subscription: %s (expected: one of a group that people or roles made)".formatted(name));
        }
        return storage.group(name)
                .orElseThrow(() -> new EventMeshException(
                        ErrorCode.NOT_FOUND, "subscription: %s (expected: one that exists)".formatted(name)));
    }
}
