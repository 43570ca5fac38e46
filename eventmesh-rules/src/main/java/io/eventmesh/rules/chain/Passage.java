package io.eventmesh.rules.chain;

import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.spi.event.Event;
import java.util.List;

/** What became of an event in a {@link Chain}. Steps count from 0. */
public sealed interface Passage {
    /**
     * It came through.
     *
     * @param event what it is now, with the id that it had
     * @param skips the steps that could not change it and are told to let it go on
     */
    record Passed(Event event, List<Skip> skips) implements Passage {}

    /** A step could not change it and is told to drop such events. */
    record Dropped(int step, EventMeshException why) implements Passage {}

    /** A step can never change it: dead letter. */
    record Failed(int step, EventMeshException why) implements Passage {}

    /** There was no room or no processor time for it: to be tried again later. No step's error policy counts. */
    record Unready(int step, EventMeshException why) implements Passage {}

    /** A step that was passed over. */
    record Skip(int step, EventMeshException why) {}
}
