package io.eventmesh.runtime.delivery;

import org.jspecify.annotations.Nullable;

/**
 * The events of one key that are not done, by position: only the first may be offered. Part of one {@link GroupState}.
 */
final class Lane {
    final String name;
    private @Nullable Entry head;
    private @Nullable Entry tail;
    private int size;
    /** Entries that the parking holds or is about to: what comes after them is parked too. */
    int parked;

    Lane(String name) {
        this.name = name;
    }

    @Nullable
    Entry head() {
        return head;
    }

    int size() {
        return size;
    }

    /** Adds an entry at its place: behind all that stand before it in its partition. */
    void add(Entry entry) {
        Entry before = tail;
        // after a reopening, parked events stand here before what is read again
        while (before != null && before.window == entry.window && before.position.offset() > entry.position.offset()) {
            before = before.laneBefore;
        }
        Entry after = before == null ? head : before.laneAfter;
        entry.laneBefore = before;
        entry.laneAfter = after;
        if (before == null) {
            head = entry;
        } else {
            before.laneAfter = entry;
        }
        if (after == null) {
            tail = entry;
        } else {
            after.laneBefore = entry;
        }
        size++;
    }

    /** Whether the parking holds something that stands before the entry, or is about to. */
    boolean isBehindParked(Entry entry) {
        if (parked == 0 || entry.laneAfter == null) {
            return parked > 0;
        }
        for (Entry before = entry.laneBefore; before != null; before = before.laneBefore) {
            if (before.parked || before.state == Entry.State.PARKING) {
                return true;
            }
        }
        return false;
    }

    void remove(Entry entry) {
        if (entry.laneBefore == null) {
            head = entry.laneAfter;
        } else {
            entry.laneBefore.laneAfter = entry.laneAfter;
        }
        if (entry.laneAfter == null) {
            tail = entry.laneBefore;
        } else {
            entry.laneAfter.laneBefore = entry.laneBefore;
        }
        entry.laneBefore = null;
        entry.laneAfter = null;
        size--;
    }
}
