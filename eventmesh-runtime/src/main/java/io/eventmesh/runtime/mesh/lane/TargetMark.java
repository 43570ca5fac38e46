package io.eventmesh.runtime.mesh.lane;

import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.rules.TargetName;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * What stands beside an event on its way to a target: the target's name, and behind it what the event went through before
 * it was put aside for a while.
 *
 * @param path which target it is, {@code rule/target}, in any revision; empty for none
 * @param fresh the header of the event as if it had gone through nothing
 * @param attempts so many there were
 * @param firstMillis wall time of the first of them; 0 for none
 * @param storedMillis wall time at which the result was stored; 0 when the record says so itself
 */
record TargetMark(TargetName name, String path, String fresh, int attempts, long firstMillis, long storedMillis) {
    private static final TargetName NOBODY = new TargetName("", "", 0);
    private static final char BEFORE_PAST = ';';

    /** Marks of headers that say nothing but a target, which come with every event. Thread-safe. */
    static final class Known {
        /** Past this many it is emptied, so that revisions of long ago do not stay for ever. */
        private static final int MAX = 10_000;

        private final Map<String, TargetMark> marks = new ConcurrentHashMap<>();

        /** As {@link TargetMark#parse}. */
        TargetMark of(@Nullable String header) {
            if (header == null || header.indexOf(BEFORE_PAST) >= 0) {
                return parse(header);
            }
            TargetMark known = marks.get(header);
            if (known == null) {
                known = parse(header);
                if (marks.size() >= MAX) {
                    marks.clear();
                }
                marks.put(header, known);
            }
            return known;
        }
    }

    /** A header without what the event went through. */
    static String fresh(String header) {
        int past = header.indexOf(BEFORE_PAST);
        return past < 0 ? header : header.substring(0, past);
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
        String path = TargetName.path(text);
        String fresh = fresh(text);
        if (fresh.length() == text.length()) {
            return new TargetMark(name, path, fresh, 0, 0, 0);
        }
        String[] parts = text.substring(fresh.length() + 1).split(String.valueOf(BEFORE_PAST), -1);
        return new TargetMark(name, path, fresh, (int) number(parts, 0), number(parts, 1), number(parts, 2));
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
        return fresh + BEFORE_PAST + count + BEFORE_PAST + first + BEFORE_PAST + stored;
    }
}
