package io.eventmesh.admin.placement;

import io.eventmesh.common.time.MeshClock;
import io.eventmesh.proto.v1.RuleGroup;
import io.eventmesh.proto.v1.RuleGroups;
import io.eventmesh.proto.v1.RuleLoad;
import io.eventmesh.proto.v1.RuntimeReport;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/**
 * Places groups of rules on the function runtimes that report, by what they report.
 *
 * <p>Nothing is stored and nothing is exclusive: a group whose runtimes know of one another by nothing but its events is
 * judged rightly by any number of them. So a new leader begins with what the runtimes hold, decides nothing before each had
 * time to report, and an admin that is away stops no rule. Thread-safe.
 */
public final class RulePlacement {
    private static final String ROLE = "function";
    /** After so long without a report a runtime is counted no more. */
    private static final Duration SILENCE = Duration.ofSeconds(10);
    /** A new leader waits so long for the reports of all. */
    private static final Duration SETTLING = Duration.ofSeconds(5);

    private static final Duration EVERY = Duration.ofSeconds(1);

    private record Seen(long nanos, boolean draining, Map<GroupKey, RuleLoad> loads) {
        Set<GroupKey> held() {
            Set<GroupKey> held = new HashSet<>();
            loads.forEach((group, load) -> {
                if (load.getJudging()) {
                    held.add(group);
                }
            });
            return held;
        }
    }

    private final MeshClock clock;
    private final Map<String, Seen> runtimes = new HashMap<>();
    private Map<String, Set<GroupKey>> shares = Map.of();
    private Set<GroupKey> known = Set.of();
    private long term;
    private long beganNanos;
    private long dividedNanos;

    public RulePlacement(MeshClock clock) {
        this.clock = clock;
    }

    /** What a runtime says of the groups that it knows and judges by. */
    public synchronized void heard(RuntimeReport report) {
        if (report.getRolesList().contains(ROLE)) {
            Map<GroupKey, RuleLoad> loads = new HashMap<>();
            report.getRuleLoadsList().forEach(load -> loads.put(key(load.getNamespace(), load.getGroup()), load));
            runtimes.put(report.getRuntimeId(), new Seen(clock.nanoTime(), report.getDraining(), loads));
        }
    }

    /** A runtime's stream broke: it is counted until it has been silent for long. */
    public synchronized void lost(String runtime) {
        Seen seen = runtimes.get(runtime);
        if (seen != null) {
            long soon = clock.nanoTime() - SILENCE.toNanos() + 2 * EVERY.toNanos();
            runtimes.put(runtime, new Seen(Math.min(seen.nanos(), soon), seen.draining(), seen.loads()));
        }
    }

    /** What a runtime shall leave to others; empty while it is to go on as it does. */
    public synchronized Optional<RuleGroups> of(String runtime, long leaderTerm) {
        long now = clock.nanoTime();
        if (term != leaderTerm) {
            term = leaderTerm;
            beganNanos = now;
            shares = Map.of();
        }
        if (now - beganNanos < SETTLING.toNanos()) {
            return Optional.empty();
        }
        if (shares.isEmpty() || now - dividedNanos >= EVERY.toNanos()) {
            dividedNanos = now;
            divide(now);
        }
        Set<GroupKey> share = shares.get(runtime);
        Seen seen = runtimes.get(runtime);
        return share == null || seen == null || seen.held().equals(share)
                ? Optional.empty()
                : Optional.of(without(share));
    }

    private void divide(long now) {
        runtimes.values().removeIf(seen -> now - seen.nanos() >= SILENCE.toNanos());
        Map<GroupKey, Double> loads = new TreeMap<>();
        Map<String, Set<GroupKey>> held = new TreeMap<>();
        runtimes.forEach((runtime, seen) -> {
            // one that has no definitions yet knows nothing to be placed
            seen.loads().forEach((group, load) -> loads.merge(group, load.getCpuMs(), Double::sum));
            if (!seen.draining() && !seen.loads().isEmpty()) {
                held.put(runtime, seen.held());
            }
        });
        known = loads.keySet();
        shares = GroupShares.divide(loads, held);
    }

    private RuleGroups without(Set<GroupKey> share) {
        RuleGroups.Builder message = RuleGroups.newBuilder();
        known.stream()
                .filter(group -> !share.contains(group))
                .forEach(group -> message.addElsewhere(
                        RuleGroup.newBuilder().setNamespace(group.namespace()).setGroup(group.group())));
        return message.build();
    }

    private static GroupKey key(String namespace, String group) {
        return new GroupKey(namespace, group);
    }
}
