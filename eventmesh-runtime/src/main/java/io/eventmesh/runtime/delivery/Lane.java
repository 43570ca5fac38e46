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

    @Nullable Entry head() {
        return head;
    }

    int size() {
        return size;
    }

    void append(Entry entry) {
        entry.laneBefore = tail;
        if (tail == null) {
            head = entry;
        } else {
            tail.laneAfter = entry;
        }
        tail = entry;
        size++;
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
