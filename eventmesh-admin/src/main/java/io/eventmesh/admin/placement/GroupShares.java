package io.eventmesh.admin.placement;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Divides groups of rules among function runtimes: each to two of them, so that the loss of one stops nothing, and to more
 * the more it has to do. A group stays where it is unless that runtime has clearly more than its share. The same input
 * always gives the same answer.
 */
final class GroupShares {
    /** Runtimes that judge by a group at least, where there are so many. */
    static final int COPIES = 2;

    /** Milliseconds of a processor's second for which a group gets one runtime more. */
    private static final double FULL = 500;

    /** So much more than its share may a runtime have before it gives a group away. */
    private static final double TOLERANCE = 1.1;

    private GroupShares() {}

    /**
     * @param loads milliseconds a second that each group takes in the whole cluster
     * @param held what each runtime that may be used judges by now
     * @return what each of them shall judge by
     */
    static Map<String, Set<GroupKey>> divide(Map<GroupKey, Double> loads, Map<String, Set<GroupKey>> held) {
        Map<String, Set<GroupKey>> shares = new TreeMap<>();
        Map<String, Double> busy = new HashMap<>();
        held.keySet().forEach(runtime -> {
            shares.put(runtime, new TreeSet<>());
            busy.put(runtime, 0.0);
        });
        if (shares.isEmpty()) {
            return shares;
        }
        double total = loads.values().stream().mapToDouble(GroupShares::weight).sum();
        double fair = TOLERANCE * total / shares.size();
        List<GroupKey> groups = new ArrayList<>(loads.keySet());
        groups.sort(Comparator.comparingDouble((GroupKey group) -> -loads.getOrDefault(group, 0.0))
                .thenComparing(Comparator.naturalOrder()));
        for (GroupKey group : groups) {
            double load = loads.getOrDefault(group, 0.0);
            int copies = Math.min(shares.size(), COPIES + (int) (load / FULL));
            double part = weight(load) / copies;
            shares.keySet().stream()
                    .sorted(Comparator.comparing((String runtime) -> !stays(group, runtime, held, busy, part, fair))
                            .thenComparing(busy::get)
                            .thenComparing(runtime -> spread(group, runtime)))
                    .limit(copies)
                    .toList()
                    .forEach(runtime -> {
                        shares.computeIfAbsent(runtime, unknown -> new TreeSet<>())
                                .add(group);
                        busy.merge(runtime, part, Double::sum);
                    });
        }
        return shares;
    }

    private static boolean stays(
            GroupKey group,
            String runtime,
            Map<String, Set<GroupKey>> held,
            Map<String, Double> busy,
            double part,
            double fair) {
        double before = busy.getOrDefault(runtime, 0.0);
        return held.getOrDefault(runtime, Set.of()).contains(group) && (before == 0 || before + part <= fair);
    }

    /** Idle groups count a little, so that they are spread too. */
    private static double weight(double load) {
        return Math.max(1, load);
    }

    private static int spread(GroupKey group, String runtime) {
        return (group + runtime).hashCode() * 0x9E3779B1;
    }
}
