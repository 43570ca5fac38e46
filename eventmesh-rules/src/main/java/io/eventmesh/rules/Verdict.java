package io.eventmesh.rules;

import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.spi.event.Event;

/** What a rule made of an event that it takes. */
public sealed interface Verdict {
    /**
     * The result goes to every target of the rule.
     *
     * @param skipped how many transforms could not change it and were passed over
     */
    record Taken(Event result, int skipped) implements Verdict {}

    /** A transform could not change the event, and the rule says that it is dropped then. */
    record Dropped(EventMeshException why) implements Verdict {}

    /**
     * The rule can never be applied to the event: untouched it goes to the dead letter of each target.
     *
     * @param stage where it failed, {@code filter} or {@code transform}
     * @param reason short and stable, for dead letters
     */
    record Failed(String stage, String reason, EventMeshException why) implements Verdict {}

    /** There was no room or no processor time for it: to be applied again later. */
    record Again(EventMeshException why) implements Verdict {}
}
