package io.eventmesh.spi.storage;

import java.time.Instant;

/** Where a new group begins in each partition. Resolved and stored when the group is made. */
public sealed interface Start {
    /** The oldest record that is kept. */
    record Earliest() implements Start {}

    /** After the newest record. */
    record Latest() implements Start {}

    /** The first record appended at or after the time. */
    record AtTime(Instant time) implements Start {}

    /** The same offset in one partition; the others begin at their earliest. */
    record AtPosition(Position position) implements Start {}

    static Start earliest() {
        return new Earliest();
    }

    static Start latest() {
        return new Latest();
    }
}
