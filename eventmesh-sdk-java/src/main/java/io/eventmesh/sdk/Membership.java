package io.eventmesh.sdk;

import java.util.concurrent.CompletableFuture;

/** Something of a client that receives, and ends with it. Thread-safe. */
interface Membership {
    /** Completes when it has ended, for whatever reason. */
    CompletableFuture<Void> ended();

    /** Leaves after what runs. */
    void close();

    /** Leaves, and interrupts what runs. */
    void closeNow();
}
