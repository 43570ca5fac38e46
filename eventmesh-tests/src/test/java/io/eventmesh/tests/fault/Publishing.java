package io.eventmesh.tests.fault;

import io.eventmesh.testkit.checker.History;
import org.jspecify.annotations.Nullable;

/** Somebody who publishes at a steady rate, here or in another process, and what is known of it. */
public interface Publishing extends AutoCloseable {
    /** Events that are known to be stored. */
    int stored();

    /** Events whose publishing failed as far as the application was told. */
    int failed();

    /** What the first of them was told. */
    @Nullable
    String failure();

    /** Publishes nothing more. */
    void stop() throws InterruptedException;

    /** Whether nothing is under way any more; after stop. */
    boolean isAnswered();

    /** After everything is answered. */
    void tell(History history);

    @Override
    void close();
}
