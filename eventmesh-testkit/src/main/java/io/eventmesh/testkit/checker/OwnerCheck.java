package io.eventmesh.testkit.checker;

import io.eventmesh.testkit.checker.Finding.Kind;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Who owned which partition for which group, under which epoch. Part of one {@link Checker} run. */
final class OwnerCheck {
    private record Key(String group, String partition) {}

    private record Epoch(String group, String partition, long number) {}

    private final List<Finding> findings;
    private final Map<Epoch, String> owners = new HashMap<>();
    private final Map<Key, Long> newest = new HashMap<>();

    OwnerCheck(List<Finding> findings) {
        this.findings = findings;
    }

    void assigned(Observation.Assigned seen) {
        Epoch epoch = new Epoch(seen.group(), seen.partition(), seen.epoch());
        String other = owners.put(epoch, seen.owner());
        if (other != null && !other.equals(seen.owner())) {
            find(epoch, "belongs to %s and to %s".formatted(other, seen.owner()));
        }
        newest.merge(new Key(seen.group(), seen.partition()), seen.epoch(), Math::max);
    }

    void committed(Observation.Committed seen) {
        Epoch epoch = new Epoch(seen.group(), seen.partition(), seen.epoch());
        String owner = owners.get(epoch);
        if (!seen.owner().equals(owner)) {
            find(epoch, "belongs to %s, and progress of %s is accepted".formatted(owner, seen.owner()));
        }
        long highest = newest.getOrDefault(new Key(seen.group(), seen.partition()), Long.MIN_VALUE);
        if (highest > seen.epoch()) {
            find(epoch, "is older than %d, and progress of %s is accepted".formatted(highest, seen.owner()));
        }
    }

    private void find(Epoch epoch, String what) {
        findings.add(new Finding(
                Kind.OWNERS,
                "group %s: epoch %d of %s %s".formatted(epoch.group(), epoch.number(), epoch.partition(), what),
                List.of()));
    }
}
