package io.eventmesh.rules;

import io.eventmesh.proto.v1.BusDefinition;
import java.util.Comparator;
import java.util.List;

/**
 * In how many groups the rules of a bus were divided, and since when.
 *
 * <p>An event is judged by the groups of the layout that was in force when it was stored, and acked without a judgement by
 * all others. So a change needs no agreement about a moment: each event has one layout wherever and whenever it is looked
 * at, the groups of a former layout go on until they have seen what was stored before, and a new group may begin anywhere
 * before the change. Each layout has groups of its own, also when it divides as one before it did: whoever has not heard
 * of it yet can be a member of former groups alone, and none of those judges what is the new layout's.
 *
 * @param layouts by time
 */
public record Layouts(List<Layout> layouts) {
    /**
     * One way to divide, and its time.
     *
     * @param number what tells it from all others of the bus, from 0
     * @param shards how many groups
     * @param sinceMillis append time of the first event that it judges; 0 for all that were before the next
     */
    public record Layout(long number, int shards, long sinceMillis) {}

    /** One group for all. */
    public static final Layouts SINGLE = new Layouts(List.of(new Layout(0, 1, 0)));

    /** Of a bus as the admin tells it. */
    public static Layouts of(BusDefinition bus) {
        if (bus.getLayoutsCount() == 0) {
            return bus.getShards() <= 1 ? SINGLE : new Layouts(List.of(new Layout(0, bus.getShards(), 0)));
        }
        return new Layouts(bus.getLayoutsList().stream()
                .map(layout -> new Layout(layout.getNumber(), Math.max(1, layout.getShards()), layout.getSinceMs()))
                .sorted(Comparator.comparingLong(Layout::sinceMillis))
                .toList());
    }

    /** The layout of events that were stored at the time. */
    public Layout at(long millis) {
        Layout at = layouts.get(0);
        for (Layout layout : layouts) {
            if (layout.sinceMillis() <= millis) {
                at = layout;
            }
        }
        return at;
    }

    /** Append time of the first event that groups of the layout judge; 0 for any. */
    public long since(long number) {
        return layouts.stream()
                .filter(layout -> layout.number() == number)
                .mapToLong(Layout::sinceMillis)
                .findFirst()
                .orElse(0);
    }
}
