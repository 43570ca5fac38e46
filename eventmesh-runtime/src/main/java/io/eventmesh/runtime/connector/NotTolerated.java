package io.eventmesh.runtime.connector;

import io.eventmesh.common.error.EventMeshException;

/** An event cannot be moved, and the connector wants its task to end rather than to set events aside. */
final class NotTolerated extends EventMeshException {
    private static final long serialVersionUID = 1L;

    NotTolerated(String place, EventMeshException why) {
        super(why.code(), "%s: %s (expected: moved, since tolerance is NONE)".formatted(place, why.reason()), why);
    }
}
