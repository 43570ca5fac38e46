package io.eventmesh.function.transform;

import io.eventmesh.spi.event.Event;
import io.eventmesh.spi.function.EventView;
import io.eventmesh.spi.function.Transformer;
import java.util.function.Function;

/** A transformer that takes microseconds. */
record Quick(Function<EventView, Event> made) implements Transformer {
    static Transformer of(Function<EventView, Event> made) {
        return new Quick(made);
    }

    @Override
    public Event apply(EventView event) {
        return made.apply(event);
    }

    @Override
    public boolean isQuick() {
        return true;
    }
}
