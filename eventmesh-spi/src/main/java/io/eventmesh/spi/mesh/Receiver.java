package io.eventmesh.spi.mesh;

import io.eventmesh.common.error.EventMeshException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A member's side that takes deliveries.
 *
 * <p>Called by one thread at a time, but not always the same one; the calls must not block and must not throw. A
 * receiver that writes to a connection shared with other receivers puts its writes in a row itself.
 */
public interface Receiver {
    /**
     * Whether, in a group without order, whatever is in flight of a key shall be with one member at a time. For a receiver
     * whose order of taking is the order of processing, so that it need not wait for acks: events of a key come to it
     * one right after another, and to no other such member before they are settled. Asked once, when it attaches.
     */
    default boolean keepsKeys() {
        return false;
    }

    /** One offer of one event. Never more than was requested. */
    void deliver(Delivery delivery);

    /**
     * Where deliveries came from is gone, or about to go: those that nobody has begun to process may be forgotten, since
     * they are offered again. Called only where a membership outlives its connections.
     *
     * @return what is forgotten, of which nothing is settled any more and whose credit is given back; by default nothing
     *     is forgotten
     */
    default List<Delivery> forgetWaiting() {
        return List.of();
    }

    /**
     * The mesh ended the membership: nothing more is delivered, and settling does nothing. Not called after
     * {@link Member#close}.
     *
     * @param cause why: SHUTTING_DOWN, FENCED (a newer epoch of the task attached), NOT_FOUND (the subscription was
     *     deleted), VERSION_CONFLICT (its terms were changed: subscribe again under the new ones), STORAGE_UNAVAILABLE;
     *     null for an orderly end
     */
    void closed(@Nullable EventMeshException cause);
}
