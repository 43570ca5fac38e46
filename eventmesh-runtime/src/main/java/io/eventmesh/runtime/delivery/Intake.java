package io.eventmesh.runtime.delivery;

import io.eventmesh.common.time.MeshClock;
import io.eventmesh.spi.storage.EventRecord;
import io.eventmesh.spi.storage.Gap;
import io.eventmesh.spi.storage.Progress;
import io.eventmesh.spi.storage.StoredRecord;
import io.eventmesh.spi.storage.StreamPartition;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What comes in from the group's partitions, by demand: as much as the window has room for, and no further than progress
 * can describe. Part of one {@link GroupState}.
 */
final class Intake {
    private final DeliverySettings settings;
    private final GroupEffects effects;
    private final MeshClock clock;
    private final Wanted wanted;
    private final KeyOrder order;
    private final Members members;
    private final Waiting waiting;
    private final Offers offers;
    private final Map<StreamPartition, PartitionWindow> windows = new HashMap<>();
    private final PartitionWindow.Held held = new PartitionWindow.Held();
    private final Commits commits;

    Intake(Surroundings around, Wanted wanted, KeyOrder order, Members members, Waiting waiting, Offers offers) {
        this.settings = around.settings();
        this.effects = around.effects();
        this.clock = around.clock();
        this.wanted = wanted;
        this.order = order;
        this.members = members;
        this.waiting = waiting;
        this.offers = offers;
        this.commits = new Commits(windows.values(), settings, effects, clock);
    }

    /** When what is done here is stored. */
    Commits commits() {
        return commits;
    }

    PartitionWindow open(StreamPartition partition, long epoch, Progress progress) {
        PartitionWindow window = new PartitionWindow(partition, epoch, progress, held);
        windows.put(partition, window);
        return window;
    }

    /** The partition's window if this is its epoch. */
    @Nullable
    PartitionWindow find(StreamPartition partition, long epoch) {
        PartitionWindow window = windows.get(partition);
        return window != null && window.epoch == epoch ? window : null;
    }

    /** Takes the partition's window away; what belongs to it is to be forgotten. */
    @Nullable
    PartitionWindow close(StreamPartition partition) {
        PartitionWindow window = windows.remove(partition);
        if (window != null) {
            window.drop();
        }
        return window;
    }

    List<StreamPartition> partitions() {
        return new ArrayList<>(windows.keySet());
    }

    /** Read and not done, without the parked ones. */
    int heldCount() {
        return held.events();
    }

    void records(PartitionWindow window, List<StoredRecord> records) {
        for (StoredRecord stored : records) {
            window.received(stored.record().size());
            if (window.stash.isEmpty()
                    && window.progress.reaches(stored.position().offset())) {
                take(window, stored);
            } else {
                window.stash.add(stored);
            }
        }
        waiting.read(window);
    }

    void gap(Gap gap) {
        PartitionWindow window = windows.get(gap.partition());
        if (window != null && window.stash.isEmpty() && window.progress.reaches(gap.to())) {
            window.progress.skipTo(gap.to());
        }
    }

    private void take(PartitionWindow window, StoredRecord stored) {
        EventRecord record = stored.record();
        long offset = stored.position().offset();
        window.progress.read(offset);
        if (window.progress.isDone(offset) || waiting.holds(stored.position()) || !isWanted(record)) {
            window.freed(record.size());
            commits.finished(window, offset, record.size());
            return;
        }
        Entry entry = order.enter(stored.position(), window, record);
        entry.record = record;
        entry.judgedBy = wanted.filter();
        boolean surplus = entry.flow != null && waiting.isFull(entry.flow);
        if (entry.flow != null) {
            entry.inFlow = true;
            entry.flow.held++;
        }
        if (record.notBeforeMillis() > 0 && record.notBeforeMillis() > clock.millis()) {
            waiting.park(entry, record.notBeforeMillis());
        } else if (!members.isEmpty() && (surplus || waiting.mustPark(entry))) {
            waiting.park(entry, 0);
        } else if (entry.isFirstOfLane()) {
            offers.fresh(entry);
        }
    }

    private boolean isWanted(EventRecord record) {
        if (!wanted.matches(record)) {
            return false;
        }
        boolean passes = wanted.passes(record);
        if (!passes) {
            effects.count(GroupEffects.Happening.FILTERED);
        }
        return passes;
    }

    /** The event leaves the window: done, or held by the parking. */
    void free(Entry entry) {
        PartitionWindow window = entry.window;
        int size = entry.requireRecord().size();
        window.freed(size);
        commits.finished(window, entry.position.offset(), size);
        if (entry.inFlow && entry.flow != null) {
            entry.inFlow = false;
            entry.flow.held--;
        }
        while (!window.stash.isEmpty()
                && window.progress.reaches(window.stash.element().position().offset())) {
            take(window, window.stash.remove());
            waiting.read(window);
        }
        topUp(window);
    }

    /** A parked event of the partition is done: all may read on when so many were parked that nothing was read. */
    void topUpAfter(PartitionWindow window) {
        if (waiting.parkedCount() == order.maxParked() - 1) {
            topUpAll();
        } else {
            topUp(window);
        }
    }

    void topUpAll() {
        windows.values().forEach(this::topUp);
    }

    /**
     * Asks for more when a good part of the partition's share is free. While the group holds less than half of its window,
     * a partition may go beyond its share, by as much as it has asked for and not got: where few partitions are busy, what
     * the others leave free is theirs. So a group holds at most one and a half times its window.
     */
    void topUp(PartitionWindow window) {
        if (members.isEmpty()
                || window.isGone()
                || !window.stash.isEmpty()
                || waiting.parkedCount() >= order.maxParked()) {
            return;
        }
        int partitions = Math.max(1, windows.size());
        boolean spacious = held.events() < settings.windowEvents() / 2 && held.bytes() < settings.windowBytes() / 2;
        if (!spacious && window.heldEvents >= Math.max(1, settings.windowEvents() / partitions)) {
            return;
        }
        long share = Math.max(1, settings.windowBytes() / partitions);
        long room = share - window.demanded - (spacious ? 0 : window.heldBytes);
        if (room >= share / 4) {
            window.demanded += room;
            effects.request(window, room);
        }
    }
}
