package io.eventmesh.runtime.connector;

import java.util.BitSet;

/**
 * Opens when most of what a task moves ends as dead letters, or too many of them in a minute: then something is wrong
 * with the connector rather than with an event, and a person shall look before more of it is set aside. One thread.
 */
final class Breaker {
    private static final int REMEMBERED = 1_000;
    private static final int ENOUGH = 100;
    private static final long MINUTE_NANOS = 60_000_000_000L;

    private final int mostPerMinute;
    private final BitSet letters = new BitSet(REMEMBERED);
    private int next;
    private int seen;
    private long minuteFrom;
    private int inMinute;
    private String why = "";

    /** @param mostPerMinute dead letters; 0 for any number */
    Breaker(int mostPerMinute) {
        this.mostPerMinute = mostPerMinute;
    }

    /** An event was moved. */
    void moved() {
        remember(false);
    }

    /** An event became a dead letter. */
    void deadLetter(long now, String cause) {
        remember(true);
        if (inMinute == 0 || now - minuteFrom >= MINUTE_NANOS) {
            minuteFrom = now;
            inMinute = 0;
        }
        inMinute++;
        int bad = letters.cardinality();
        if (isOpen()) {
            return;
        }
        if (mostPerMinute > 0 && inMinute > mostPerMinute) {
            why = "%d dead letters within a minute (expected: <= %d); the last one: %s"
                    .formatted(inMinute, mostPerMinute, cause);
        } else if (seen >= ENOUGH && bad * 2 > seen) {
            why = "%d of the last %d events became dead letters (expected: at most half); the last one: %s"
                    .formatted(bad, seen, cause);
        }
    }

    boolean isOpen() {
        return !why.isEmpty();
    }

    /** What it opened for; empty while it is closed. */
    String why() {
        return why;
    }

    /** A person has looked: what was seen is forgotten. */
    void reset() {
        letters.clear();
        seen = 0;
        next = 0;
        inMinute = 0;
        why = "";
    }

    private void remember(boolean letter) {
        letters.set(next, letter);
        next = (next + 1) % REMEMBERED;
        seen = Math.min(seen + 1, REMEMBERED);
    }
}
