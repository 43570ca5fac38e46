package io.eventmesh.runtime.mesh;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.topic.TopicName;
import io.eventmesh.common.topic.TopicPattern;
import io.eventmesh.spi.event.Event;
import io.eventmesh.spi.event.ReservedAttributes;
import io.eventmesh.spi.mesh.CallContext;
import io.eventmesh.spi.mesh.Outgoing;
import io.eventmesh.spi.mesh.SubscribeTerms;
import io.eventmesh.spi.mesh.TaskFence;
import io.eventmesh.spi.security.Authorizer;
import io.eventmesh.spi.security.Principal;

/** Decides what may enter: who may do what, which events are sound, which task speaks in its own right. Thread-safe. */
final class Admission {
    /** What a runtime may add to an event of the largest size, such as the reason of a dead letter. */
    private static final int RUNTIME_ALLOWANCE = 16 << 10;

    private final Authorizer authorizer;
    private final TaskFences fences;
    private final long maxEventSize;

    Admission(Authorizer authorizer, TaskFences fences, long maxEventSize) {
        this.authorizer = authorizer;
        this.fences = fences;
        this.maxEventSize = maxEventSize;
    }

    /** @throws EventMeshException what {@link io.eventmesh.spi.mesh.Mesh#publish} says */
    void checkPublish(CallContext context, Outgoing outgoing) {
        Principal caller = context.principal();
        TopicName topic = outgoing.topic();
        checkFence(context);
        authorizer.refusePublish(caller, context.namespace(), topic).ifPresent(reason -> {
            throw denied("publish to '%s': %s".formatted(topic, reason));
        });
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
            throw new EventMeshException(
                    ErrorCode.EVENT_TOO_LARGE,
                    "event size: %d bytes (expected: at most %d)".formatted(event.size(), limit));
        }
        (reserved ? event.without(ReservedAttributes::isReserved) : event).requirePublishable();
    }

    /** @throws EventMeshException what {@link io.eventmesh.spi.mesh.Mesh#subscribe} says */
    void checkSubscribe(CallContext context, SubscribeTerms terms) {
        Principal caller = context.principal();
        TopicPattern pattern = terms.pattern();
        checkFence(context);
        authorizer
                .refuseSubscribe(caller, context.namespace(), pattern, terms.group())
                .ifPresent(reason -> {
                    throw denied("subscribe '%s' as '%s': %s".formatted(pattern, terms.group(), reason));
                });
        if (terms.group().startsWith("_") && !caller.isRuntime()) {
            throw denied(
                    "group: '%s' (expected: not beginning with _, those belong to the mesh)".formatted(terms.group()));
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
