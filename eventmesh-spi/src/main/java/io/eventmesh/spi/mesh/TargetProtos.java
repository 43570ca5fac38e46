package io.eventmesh.spi.mesh;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.topic.Names;

/** From how targets are to the messages of {@code mesh.proto} and back, the same at both ends of a wire. Stateless. */
public final class TargetProtos {
    private TargetProtos() {}

    public static io.eventmesh.proto.v1.TargetStatus toProto(TargetStatus status) {
        return io.eventmesh.proto.v1.TargetStatus.newBuilder()
                .setNamespace(status.namespace())
                .setBus(status.bus())
                .setRule(status.rule())
                .setTarget(status.target())
                .setRevision(status.revision())
                .setEpoch(status.epoch())
                .setState(status.state().name())
                .setReason(status.reason())
                .setSinceMs(status.sinceMillis())
                .setLastError(status.lastError())
                .setLastErrorMs(status.lastErrorMillis())
                .setInFlight(status.inFlight())
                .setWaiting(status.waiting())
                .setParked(status.parked())
                .setOldestMs(status.oldestMillis())
                .setDelivered(status.delivered())
                .setFailed(status.failed())
                .setDead(status.dead())
                .build();
    }

    /** @throws EventMeshException REQUEST_INVALID for a state that is none */
    public static TargetStatus fromProto(io.eventmesh.proto.v1.TargetStatus message) {
        return new TargetStatus(
                message.getNamespace(),
                message.getBus(),
                message.getRule(),
                message.getTarget(),
                message.getRevision(),
                message.getEpoch(),
                state(message.getState()),
                message.getReason(),
                message.getSinceMs(),
                message.getLastError(),
                message.getLastErrorMs(),
                message.getInFlight(),
                message.getWaiting(),
                message.getParked(),
                message.getOldestMs(),
                message.getDelivered(),
                message.getFailed(),
                message.getDead());
    }

    private static TargetStatus.State state(String name) {
        for (TargetStatus.State state : TargetStatus.State.values()) {
            if (state.name().equals(name)) {
                return state;
            }
        }
        throw new EventMeshException(
                ErrorCode.REQUEST_INVALID, "state: '%s' (expected: one of a target)".formatted(Names.shown(name)));
    }
}
