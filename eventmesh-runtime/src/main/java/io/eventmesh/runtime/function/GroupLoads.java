package io.eventmesh.runtime.function;

import io.eventmesh.common.time.MeshClock;
import io.eventmesh.proto.v1.RuleLoad;
import io.eventmesh.rules.RuleGroup;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** How much this runtime has to do for each group of rules, smoothed over some reports. For one thread at a time. */
final class GroupLoads {
    private static final double SMOOTHING = 0.3;
    private static final long MIN_NANOS = 900_000_000;

    private record Count(long events, long nanos) {
        Count plus(Count other) {
            return new Count(events + other.events, nanos + other.nanos);
        }
    }

    private record Rate(double events, double cpuMillis) {}

    private final MeshClock clock;
    private final RuleMeters meters;
    private Map<RuleGroup, Count> last = Map.of();
    private final Map<RuleGroup, Rate> rates = new HashMap<>();
    private long lastNanos;

    GroupLoads(MeshClock clock, RuleMeters meters) {
        this.clock = clock;
        this.meters = meters;
        this.lastNanos = clock.nanoTime();
    }

    /**
     * One for each group.
     *
     * @param known every group that the definitions name
     * @param judging those that this runtime is a member of
     */
    List<RuleLoad> of(Set<RuleGroup> known, Set<RuleGroup> judging) {
        long now = clock.nanoTime();
        if (now - lastNanos >= MIN_NANOS) {
            measure(now);
        }
        rates.keySet().retainAll(new HashSet<>(known));
        return known.stream()
                .map(group -> {
                    @Nullable Rate rate = rates.get(group);
                    return RuleLoad.newBuilder()
                            .setNamespace(group.bus().namespace())
                            .setGroup(group.name())
                            .setJudging(judging.contains(group))
                            .setEvents(rate == null ? 0 : rate.events())
                            .setCpuMs(rate == null ? 0 : rate.cpuMillis())
                            .build();
                })
                .toList();
    }

    private void measure(long now) {
        double seconds = (now - lastNanos) / 1e9;
        Map<RuleGroup, Count> counts = new TreeMap<>(java.util.Comparator.comparing(RuleGroup::toString));
        meters.forEachSource((source, of) -> counts.merge(
                source.group(), new Count(of.judged.sum(), of.nanos.sum() + of.applying.sum()), Count::plus));
        counts.forEach((group, count) -> {
            Count before = last.getOrDefault(group, new Count(0, 0));
            double events = (count.events() - before.events()) / seconds;
            double millis = (count.nanos() - before.nanos()) / 1e6 / seconds;
            Rate rate = rates.getOrDefault(group, new Rate(0, 0));
            rates.put(group, new Rate(smoothed(rate.events(), events), smoothed(rate.cpuMillis(), millis)));
        });
        last = counts;
        lastNanos = now;
    }

    private static double smoothed(double before, double now) {
        return before + SMOOTHING * (now - before);
    }
}
