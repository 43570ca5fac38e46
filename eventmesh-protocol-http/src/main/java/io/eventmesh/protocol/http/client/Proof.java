package io.eventmesh.protocol.http.client;

import io.vertx.core.Future;

/** Says in a message who sends it. Used on the loop. */
interface Proof {
    /** Adds to the message what proves its sender; may have to get it first. Fails with UNAUTHENTICATED. */
    Future<Void> prove(Message message);

    /** A destination refused the message: whether what would be added now is something else. */
    boolean renews(Message refused);
}
