package io.eventmesh.sdk;

import java.util.concurrent.CompletableFuture;

/** A running subscription. Thread-safe. */
public interface Subscription extends AutoCloseable {
    /**
     * Completes when the mesh stored the subscription: what is published from then on reaches it. Fails with an {@code
     * EventMeshException}: REQUEST_INVALID, ALREADY_EXISTS (the group has other terms), PERMISSION_DENIED,
     * UNAUTHENTICATED, QUOTA_EXCEEDED or DEADLINE_EXCEEDED.
     */
    CompletableFuture<Subscription> ready();

    /**
     * Completes after {@link #close}, or fails when the mesh ended the subscription for good, such as FENCED. Neither the
     * loss of a connection nor the end of a runtime ends anything: the subscription is opened elsewhere with the room that
     * is left, what no handler has begun with is handled where it is offered again, and what was in flight comes again
     * unless its settlement was taken.
     */
    CompletableFuture<Void> ended();

    /**
     * Leaves: waits at most 5 s for handlers that run, except on a handler's thread; what was not settled goes to other
     * members of the group or waits.
     */
    @Override
    void close();

    /** Leaves at once: handlers that run are interrupted. */
    void closeNow();
}
