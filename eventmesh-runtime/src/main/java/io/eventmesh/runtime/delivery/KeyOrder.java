package io.eventmesh.runtime.delivery;

import io.eventmesh.spi.storage.EventRecord;
import io.eventmesh.spi.storage.Position;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The lanes and flows of a group. Events without a lane cost nothing here. Part of one {@link GroupState}. */
final class KeyOrder {
    private LaneRule rule;
    private final Map<String, Lane> lanes = new HashMap<>();

    KeyOrder(LaneRule rule) {
        this.rule = rule;
    }

    /** By another rule from now on; what stands in a lane stays there. */
    void rule(LaneRule other) {
        rule = other;
    }

    /** A partition is about to be read. */
    void assigned() {
        rule.assigned();
    }

    /** Much is parked of the flow, or nothing any more. */
    void crowded(Flow flow, boolean crowded) {
        if (flow.crowded != crowded) {
            flow.crowded = crowded;
            rule.crowded(flow.name, crowded ? 1 : -1);
        }
    }

    /** So many may be parked before nothing more is read. */
    int maxParked() {
        return rule.maxParked();
    }

    /** A new entry at its place in its lane; an event that was to wait stands in none. */
    Entry enter(Position position, PartitionWindow window, EventRecord record) {
        return enter(position, window, record.notBeforeMillis() == 0 ? rule.lane(record) : null);
    }

    /** A new entry at its place in its lane. */
    Entry enter(Position position, PartitionWindow window, @Nullable String name) {
        String flowName = rule.flow(name);
        Flow flow = flowName == null ? null : window.flows.computeIfAbsent(flowName, Flow::new);
        if (name == null || !rule.isOrdered(name)) {
            return new Entry(position, window, name, null, flow);
        }
        Lane lane = lanes.computeIfAbsent(name, Lane::new);
        Entry entry = new Entry(position, window, name, lane, flow);
        lane.add(entry);
        return entry;
    }

    /** Takes an entry out of its lane; answers the one that is first by that. */
    @Nullable
    Entry leave(Entry entry) {
        Lane lane = entry.lane;
        if (lane == null) {
            return null;
        }
        boolean first = lane.head() == entry;
        lane.remove(entry);
        Entry head = lane.head();
        if (head == null) {
            lanes.remove(lane.name);
        }
        return first ? head : null;
    }

    /** Forgets what belongs to the window; answers the entries that are first of their lanes by that. */
    List<Entry> drop(PartitionWindow window) {
        List<Entry> first = new ArrayList<>();
        for (Iterator<Lane> each = lanes.values().iterator(); each.hasNext(); ) {
            Lane lane = each.next();
            Entry before = lane.head();
            for (Entry entry = before; entry != null; ) {
                Entry after = entry.laneAfter;
                if (entry.window == window) {
                    lane.remove(entry);
                    if (entry.parked || entry.state == Entry.State.PARKING) {
                        lane.parked--;
                    }
                }
                entry = after;
            }
            Entry head = lane.head();
            if (head == null) {
                each.remove();
            } else if (head != before) {
                first.add(head);
            }
        }
        return first;
    }

    int lanes() {
        return lanes.size();
    }
}
