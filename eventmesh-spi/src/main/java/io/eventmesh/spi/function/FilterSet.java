package io.eventmesh.spi.function;

import java.util.Set;

/** Many filters judged in one pass. Thread-safe, pure, never blocks. */
@FunctionalInterface
public interface FilterSet {
    /** The names of the filters that say yes. */
    Set<String> matches(EventView event);
}
