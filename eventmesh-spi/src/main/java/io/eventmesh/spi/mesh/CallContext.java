package io.eventmesh.spi.mesh;

import io.eventmesh.common.topic.Names;
import io.eventmesh.spi.security.Principal;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What surrounds a call of {@link Mesh}. Immutable.
 *
 * @param principal who calls
 * @param namespace whose topics and groups are meant
 * @param door the protocol that brought the call, such as {@code grpc}, for metrics and operators
 * @param connection tells connections apart, any number: events without a key that come by the same one keep their order
 * @param deadlineNanos monotonic time ({@code MeshClock.nanoTime}) after which nobody waits for the answer; 0 for none
 * @param traceparent the W3C trace context of the transport
 * @param fence the right of a task, when a task calls
 */
public record CallContext(
        Principal principal,
        String namespace,
        String door,
        int connection,
        long deadlineNanos,
        @Nullable String traceparent,
        @Nullable TaskFence fence) {

    /** A call of the given caller in the default namespace, without deadline, trace or fence. */
    public static CallContext of(Principal principal, String door) {
        return new CallContext(principal, Names.DEFAULT_NAMESPACE, door, 0, 0, null, null);
    }

    public CallContext inNamespace(String other) {
        return new CallContext(principal, other, door, connection, deadlineNanos, traceparent, fence);
    }

    public CallContext withFence(@Nullable TaskFence other) {
        return new CallContext(principal, namespace, door, connection, deadlineNanos, traceparent, other);
    }

    public Optional<TaskFence> taskFence() {
        return Optional.ofNullable(fence);
    }
}
