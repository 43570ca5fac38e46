package io.eventmesh.protocol.grpc;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.topic.Names;
import io.eventmesh.spi.event.Event;
import java.util.Objects;

/**
 * Which client process of EventMesh speaks, as it says itself on each call: it knows no sessions and no ids.
 *
 * @param group its consumer group
 * @param ip its address, as it sees it
 * @param pid its process
 * @param sys the system that it belongs to
 */
record ClientId(String group, String ip, String pid, String sys) {

    /** What the event says, where it says something. */
    static ClientId of(Event event) {
        return new ClientId(
                attribute(event, "consumergroup"),
                attribute(event, "ip"),
                attribute(event, "pid"),
                attribute(event, "sys"));
    }

    /**
     * The client whose group must be known, and which process of the group it is.
     *
     * @throws EventMeshException REQUEST_INVALID
     */
    static ClientId required(Event event) {
        ClientId client = of(event);
        client.requireGroup();
        if (client.ip.isEmpty() && client.pid.isEmpty()) {
            throw new EventMeshAnswers.HeaderRefused(
                    "ip and pid: none (expected: what tells clients of a group apart)");
        }
        return client;
    }

    void requireGroup() {
        if (group.isEmpty()) {
            throw new EventMeshException(ErrorCode.REQUEST_INVALID, "consumergroup: none (expected: a group)");
        }
        Names.requireGroup(group);
    }

    /** For operators. */
    String shown() {
        return Names.shown("EventMesh " + ip + "/" + pid);
    }

    private static String attribute(Event event, String name) {
        return Objects.requireNonNullElse(event.attribute(name), "");
    }
}
