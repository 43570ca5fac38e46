package io.eventmesh.spi.function;

/** Says yes or no to an event. Thread-safe, pure, never blocks; an event that it cannot read is a no. */
@FunctionalInterface
public interface Filter {
    boolean test(EventView event);
}
