package io.eventmesh.rules;

import io.eventmesh.proto.v1.BusDefinition;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * In how many groups the rules of a bus were divided, and since when.
 *
 * <p>An event is judged by the groups of the layout that was in force when it was stored, and acked without a judgement by
 * all others. So a change needs no agreement about a moment: each event has one layout wherever and whenever it is looked
 * at, the groups of a former layout go on until they have seen what was stored before, and a new group may begin anywhere
 * before the change.
 *
 * @param layouts by time
 */
public record Layouts(List<Layout> layouts) {
    /** @param sinceMillis append time of the first event that it judges; 0 for all that were before the next */
    public record Layout(int shards, long sinceMillis) {}

    /** One group for all. */
    public static final Layouts SINGLE = new Layouts(List.of(new Layout(1, 0)));

    /** Of a bus as the admin tells it. */
    public static Layouts of(BusDefinition bus) {
        if (bus.getLayoutsCount() == 0) {
            return bus.getShards() <= 1 ? SINGLE : new Layouts(List.of(new Layout(bus.getShards(), 0)));
        }
        return new Layouts(bus.getLayoutsList().stream()
                .map(layout -> new Layout(Math.max(1, layout.getShards()), layout.getSinceMs()))
                .sorted(Comparator.comparingLong(Layout::sinceMillis))
                .toList());
    }

    /** The layout of events that were stored at the time. */
    public int shardsAt(long millis) {
        int shards = layouts.get(0).shards();
        for (Layout layout : layouts) {
            if (layout.sinceMillis() <= millis) {
                shards = layout.shards();
            }
        }
        return shards;
    }

    /** Every number of shards that judges some events still. */
    public Set<Integer> shards() {
        return layouts.stream().map(Layout::shards).collect(Collectors.toSet());
    }

    /** Append time of the first event that groups of the number judge; 0 for any. */
    public long since(int shards) {
        return layouts.stream()
                .filter(layout -> layout.shards() == shards)
                .mapToLong(Layout::sinceMillis)
                .min()
                .orElse(0);
    }
}
