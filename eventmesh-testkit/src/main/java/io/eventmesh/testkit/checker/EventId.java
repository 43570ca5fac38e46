package io.eventmesh.testkit.checker;

import java.util.Optional;

/**
 * Names an event of a history.
 *
 * @param producer who sent it; without {@code #}
 * @param seq its number among those of the producer, in the order of sending
 */
public record EventId(String producer, long seq) {
    /** From {@link #toString}; empty for any other text. */
    public static Optional<EventId> parse(String text) {
        int mark = text.lastIndexOf('#');
        if (mark < 1) {
            return Optional.empty();
        }
        try {
            return Optional.of(new EventId(text.substring(0, mark), Long.parseLong(text.substring(mark + 1))));
        } catch (NumberFormatException notOurs) {
            return Optional.empty();
        }
    }

    /** As the id of the CloudEvent. */
    @Override
    public String toString() {
        return producer + "#" + seq;
    }
}
