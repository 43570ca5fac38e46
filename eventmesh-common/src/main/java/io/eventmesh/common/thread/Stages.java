package io.eventmesh.common.thread;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** What can be said of a stage without waiting for it. */
public final class Stages {
    private Stages() {}

    /** Whether it has completed well already, so that no callback is needed; false also where that cannot be told. */
    public static boolean hasSucceeded(CompletionStage<?> stage) {
        // a stage of another class may refuse to be asked
        return stage.getClass() == CompletableFuture.class
                && stage.toCompletableFuture().isDone()
                && !stage.toCompletableFuture().isCompletedExceptionally();
    }
}
