package io.eventmesh.runtime.mesh.lane;

import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.rules.TargetName;
import org.jspecify.annotations.Nullable;

/**
 * What stands beside an event on its way to a target: the target's name, and behind it what the event went through before
 * it was put aside for a while.
 *
 * @param attempts so many there were
 * @param firstMillis wall time of the first of them; 0 for none
 * @param storedMillis wall time at which the result was stored; 0 when the record says so itself
 */
record TargetMark(TargetName name, int attempts, long firstMillis, long storedMillis) {
    private static final TargetName NOBODY = new TargetName("", "", 0);
    private static final char BEFORE_PAST = ';';

    /** Which target a header is about, {@code rule/target}; empty for none. */
    static String path(@Nullable String header) {
        return header == null ? "" : TargetName.path(header);
    }

    /** Reads a header; what is missing or unreadable in it is 0 or nobody. */
    static TargetMark parse(@Nullable String header) {
        String text = header == null ? "" : header;
        TargetName name;
        try {
            name = TargetName.parse(text);
        } catch (EventMeshException unreadable) {
            name = NOBODY;
        }
        int past = text.indexOf(BEFORE_PAST);
        if (past < 0) {
            return new TargetMark(name, 0, 0, 0);
        }
        String[] parts = text.substring(past + 1).split(String.valueOf(BEFORE_PAST), -1);
        return new TargetMark(name, (int) number(parts, 0), number(parts, 1), number(parts, 2));
    }

    private static long number(String[] parts, int index) {
        try {
            return index < parts.length ? Long.parseLong(parts[index]) : 0;
        } catch (NumberFormatException unreadable) {
            return 0;
        }
    }

    /** The header after attempts. */
    String after(int count, long first, long stored) {
        return name.toString() + BEFORE_PAST + count + BEFORE_PAST + first + BEFORE_PAST + stored;
    }

    /** The header of the event as if it had gone through nothing. */
    String fresh() {
        return name.toString();
    }
}
