package io.eventmesh.runtime.mesh.lane;

import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.spi.target.Destination;
import io.eventmesh.spi.target.SendTerms;
import io.eventmesh.spi.target.TargetContext;
import org.jspecify.annotations.Nullable;

/**
 * The way to a target as one definition describes it. When another takes its place it is closed as soon as its last call
 * has come to an end. Belongs to one lane.
 */
final class Route {
    /** What a sender is made from: another one is made when that changes. */
    record Form(String namespace, String name, Destination destination, SendTerms terms, String credential) {}

    final Form form;
    /** Null when nobody here can send so. */
    private final @Nullable Sending sending;

    private final String refusal;
    private int calls;
    private boolean replaced;

    Route(Form form, Senders senders, Sending.Listener listener) {
        this.form = form;
        Sending made = null;
        String why = "";
        try {
            TargetContext context = new TargetContext(
                    form.namespace(), form.name(), form.terms(), form.credential(), senders.environment());
            made = new Sending(
                    form.name(),
                    senders.sender(form.destination(), context),
                    senders.clock(),
                    senders.scheduler(),
                    listener);
        } catch (EventMeshException refused) {
            why = refused.reason();
        }
        this.sending = made;
        this.refusal = why;
    }

    @Nullable
    Sending sending() {
        return sending;
    }

    /** Why nobody here can send so; empty when somebody can. */
    String refusal() {
        return refusal;
    }

    void begun() {
        calls++;
    }

    void ended() {
        calls--;
        closeIfUnused();
    }

    /** Another one has taken its place. */
    void replace() {
        replaced = true;
        closeIfUnused();
    }

    private void closeIfUnused() {
        if (replaced && calls == 0 && sending != null) {
            sending.close();
        }
    }
}
