package io.eventmesh.spi.target;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/**
 * Puts secrets that are kept on the machine in the place of <code>${env:NAME}</code> and
 * <code>${file:/path#key}</code>, those only that the operator of this process lets definitions name. Thread-safe.
 */
@FunctionalInterface
public interface SecretValues {
    /**
     * The text with the values as they are now: files are read anew each time, on a thread that may block.
     *
     * <p>Fails with UNAUTHENTICATED naming the reference, never a value.
     */
    CompletionStage<String> resolve(String text);

    /** Where definitions may name nothing: every text stands for itself. */
    static SecretValues none() {
        return CompletableFuture::completedStage;
    }
}
