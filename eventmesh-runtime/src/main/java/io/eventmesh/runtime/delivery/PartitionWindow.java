package io.eventmesh.runtime.delivery;

import io.eventmesh.spi.storage.Progress;
import io.eventmesh.spi.storage.StoredRecord;
import io.eventmesh.spi.storage.StreamPartition;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * A partition as one assignment of it to the group's reader sees it: what was asked for, what is held, what is done.
 * Part of one {@link GroupState}.
 */
final class PartitionWindow {
    final StreamPartition partition;
    final long epoch;
    final PartitionProgress progress;
    /** Records that came before progress could describe them. */
    final ArrayDeque<StoredRecord> stash = new ArrayDeque<>();
    /** Parked events before which there is still something to read. */
    final List<Entry> early = new ArrayList<>();
    /** By name, where the group has flows. */
    final Map<String, Flow> flows = new HashMap<>();

    /** Whether the partition was taken away: what belongs to it is forgotten. */
    boolean dropped;
    /** Whether the partition is about to be given up: nothing more of it is offered. */
    boolean releasing;
    /** With a member. */
    int offered;
    /** On the way to the parking or the dead letter. */
    int storing;
    /** Asked for and not yet come, in bytes; below zero when the last record was larger. */
    long demanded;
    /** Read and not done. */
    long heldBytes;

    int heldEvents;
    /** Finished since progress was stored last. */
    int uncommitted;

    long uncommittedBytes;

    boolean committing;

    private final Held all;

    /** What is read and not done, of all the group's partitions together. */
    static final class Held {
        private long bytes;
        private int events;

        long bytes() {
            return bytes;
        }

        int events() {
            return events;
        }
    }

    /** @param all counts along */
    PartitionWindow(StreamPartition partition, long epoch, Progress progress, Held all) {
        this.partition = partition;
        this.epoch = epoch;
        this.progress = new PartitionProgress(progress);
        this.all = all;
    }

    /** Whether what is not with a member is not offered any more. */
    boolean isGone() {
        return dropped || releasing;
    }

    /** Whether nothing of it is with a member or on its way to where it is done. */
    boolean isSettled() {
        return offered == 0 && storing == 0;
    }

    void received(int bytes) {
        demanded -= bytes;
        hold(bytes, 1);
    }

    void freed(int bytes) {
        hold(-bytes, -1);
    }

    /** The partition was taken away: what belongs to it is forgotten. */
    void drop() {
        hold(-heldBytes, -heldEvents);
        dropped = true;
    }

    private void hold(long bytes, int events) {
        if (dropped) {
            return;
        }
        heldBytes += bytes;
        heldEvents += events;
        all.bytes += bytes;
        all.events += events;
    }
}
