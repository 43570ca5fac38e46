package io.eventmesh.runtime.mesh;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.topic.TopicName;
import io.eventmesh.common.topic.TopicPattern;
import io.eventmesh.spi.event.AttributeNames;
import io.eventmesh.spi.event.Event;
import io.eventmesh.spi.event.ReservedAttributes;
import io.eventmesh.spi.mesh.CallContext;
import io.eventmesh.spi.mesh.Outgoing;
import io.eventmesh.spi.mesh.TaskFence;
import io.eventmesh.spi.security.Authorizer;
import io.eventmesh.spi.security.Principal;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Decides what may enter: who may do what, which events are sound, which task speaks in its own right, and how much is too
 * much. Thread-safe. */
final class Admission {
    /** What a runtime may add to an event of the largest size, such as the reason of a dead letter. */
    private static final int RUNTIME_ALLOWANCE = 16 << 10;

    private static final AttributeNames RESERVED =
            AttributeNames.of(ReservedAttributes.DEAD_LETTER, Set.of(ReservedAttributes.PREFIX));
    private static final AttributeNames REASONS = AttributeNames.of(ReservedAttributes.DEAD_LETTER, Set.of());

    private final Authorizer authorizer;
    private final TaskFences fences;
    private final long maxEventSize;
    private final @Nullable Rates rates;

    Admission(Authorizer authorizer, TaskFences fences, long maxEventSize, @Nullable Rates rates) {
        this.authorizer = authorizer;
        this.fences = fences;
        this.maxEventSize = maxEventSize;
        this.rates = rates;
    }

    /** @throws EventMeshException what {@link io.eventmesh.spi.mesh.Mesh#publish} says */
    void checkPublish(CallContext context, Outgoing outgoing) {
        Principal caller = context.principal();
        TopicName topic = outgoing.topic();
        checkFence(context);
        Optional<String> refusal = authorizer.refusePublish(caller, context.namespace(), topic);
        if (refusal.isPresent()) {
            throw denied("publish to '%s': %s".formatted(topic, refusal.get()));
        }
        boolean reserved = topic.isReserved();
        if (!caller.isRuntime()) {
            if (reserved) {
                throw denied("topic: '%s' (expected: not beginning with _, those belong to the mesh)".formatted(topic));
            }
            if (outgoing.target() != null || outgoing.hops() != 0) {
                throw denied("target and hops: set (expected: only by runtimes of the cluster)");
            }
        }
        Event event = outgoing.event();
        long limit = maxEventSize + (reserved ? RUNTIME_ALLOWANCE : 0);
        if (event.size() > limit) {
            throw tooLarge(event, limit);
        }
        bare(context, outgoing).requirePublishable();
        if (rates != null) {
            rates.admit(context, topic, event.size());
        }
    }

    /** The event without what only such a caller may say; connectors and rules may have dead letters in any topic. */
    private static Event bare(CallContext context, Outgoing outgoing) {
        Event event = outgoing.event();
        if (outgoing.topic().isReserved()) {
            return event.without(RESERVED);
        }
        return context.fence() == null && outgoing.target() == null ? event : event.without(REASONS);
    }

    /**
     * The reply as it is handed to who waits for it: without what only the mesh may say.
     *
     * @throws EventMeshException what {@link io.eventmesh.spi.mesh.Mesh#reply} says
     */
    Event checkReply(CallContext context, Event reply) {
        checkFence(context);
        Event bare = reply.without(ReservedAttributes::isReserved);
        if (bare.size() > maxEventSize) {
            throw tooLarge(bare, maxEventSize);
        }
        bare.requirePublishable();
        if (rates != null) {
            rates.admit(context, null, bare.size());
        }
        return bare;
    }

    private static EventMeshException tooLarge(Event event, long limit) {
        return new EventMeshException(
                ErrorCode.EVENT_TOO_LARGE,
                "event size: %d bytes (expected: at most %d)".formatted(event.size(), limit));
    }

    /** @throws EventMeshException what {@link io.eventmesh.spi.mesh.Mesh#subscribe} says */
    void checkSubscribe(CallContext context, TopicPattern pattern, String group) {
        Principal caller = context.principal();
        checkFence(context);
        authorizer.refuseSubscribe(caller, context.namespace(), pattern, group).ifPresent(reason -> {
            throw denied("subscribe '%s' as '%s': %s".formatted(pattern, group, reason));
        });
        if (group.startsWith("_") && !caller.isRuntime()) {
            throw denied("group: '%s' (expected: not beginning with _, those belong to the mesh)".formatted(group));
        }
    }

    private void checkFence(CallContext context) {
        TaskFence fence = context.fence();
        if (fence == null) {
            return;
        }
        if (!context.principal().isRuntime()) {
            throw denied("task fence: '%s' (expected: only from runtimes of the cluster)".formatted(fence.task()));
        }
        fences.check(fence);
    }

    private static EventMeshException denied(String message) {
        return new EventMeshException(ErrorCode.PERMISSION_DENIED, message);
    }
}
