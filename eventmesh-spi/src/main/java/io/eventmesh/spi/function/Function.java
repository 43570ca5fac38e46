package io.eventmesh.spi.function;

import io.eventmesh.spi.event.Event;
import java.util.List;
import java.util.concurrent.CompletionStage;

/** Computes 0 to n events out of one. Thread-safe, never blocks. */
@FunctionalInterface
public interface Function {
    /** The results; a failure with a retryable code is tried again. */
    CompletionStage<List<Event>> apply(EventView event);
}
