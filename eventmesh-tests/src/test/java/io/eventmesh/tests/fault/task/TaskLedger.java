package io.eventmesh.tests.fault.task;

import io.eventmesh.tests.fault.task.TaskDatabase.Place;
import io.eventmesh.tests.fault.task.TaskDatabase.PositionWrite;
import io.eventmesh.tests.fault.task.plugin.Stamp;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Holds what the mesh stored, what the sinks wrote and what the position table went through against the promises: nothing
 * lost, nothing taken under an old right, no position back, and no more twice than was in flight.
 */
final class TaskLedger {
    /** Events that a source may have on their way, as configured by default. */
    private static final int WINDOW = 1_024;
    /** Events that a sink may hold: two batches, as configured by default. */
    private static final int HELD = 1_000;

    private final List<String> findings = new ArrayList<>();
    private long numbers;
    private long storedTwice;
    private long writtenTwice;
    private long positions;
    private long lives;

    /** What broke a promise. */
    List<String> findings() {
        return List.copyOf(findings);
    }

    void found(String finding) {
        findings.add(finding);
    }

    /** @param stored by the mesh, of each partition of the sources in the order of the mesh */
    void mesh(Map<String, List<Stamp>> stored) {
        stored.forEach(this::mesh);
    }

    private void mesh(String partition, List<Stamp> stored) {
        Stamp newest = stored.get(0);
        Set<Long> distinct = new HashSet<>();
        int changes = 0;
        for (Stamp stamp : stored) {
            if (stamp.isOlderThan(newest)) {
                found("accepted by the mesh under an old right: %s after %s".formatted(stamp, newest));
            } else {
                changes += newest.isOlderThan(stamp) ? 1 : 0;
                newest = stamp;
            }
            distinct.add(stamp.number());
        }
        long last = distinct.stream().mapToLong(Long::longValue).max().orElse(0);
        if (last != distinct.size()) {
            found("not stored by the mesh: %d of the first %d of %s"
                    .formatted(last - distinct.size(), last, partition));
        }
        int twice = stored.size() - distinct.size();
        if (twice > (long) changes * WINDOW) {
            found("stored twice: %d of %s in %d changes of its owner (expected: <= %d each)"
                    .formatted(twice, partition, changes, WINDOW));
        }
        numbers += distinct.size();
        storedTwice += twice;
        lives += changes + 1;
    }

    /**
     * @param rows written by the sinks, when nothing is on its way any more
     * @param openings how often a sink was opened
     */
    void sinks(Map<String, List<Stamp>> stored, List<Stamp> rows, int openings) {
        Map<String, Set<Long>> there = new HashMap<>();
        rows.forEach(stamp -> there.computeIfAbsent(stamp.partition(), unused -> new HashSet<>())
                .add(stamp.number()));
        stored.forEach((partition, stamps) -> {
            Set<Long> missing = stamps.stream().map(Stamp::number).collect(Collectors.toSet());
            missing.removeAll(there.getOrDefault(partition, Set.of()));
            if (!missing.isEmpty()) {
                found("lost on the way to the sink: %d of %s, such as %s"
                        .formatted(missing.size(), partition, missing.iterator().next()));
            }
        });
        writtenTwice =
                rows.size() - there.values().stream().mapToLong(Set::size).sum();
        long again =
                rows.size() - stored.values().stream().mapToLong(List::size).sum();
        if (again > (long) (openings - 1) * HELD) {
            found("given to a sink twice: %d in %d openings (expected: <= %d each after the first)"
                    .formatted(again, openings, HELD));
        }
    }

    /** @param writes to the position table, in order */
    void positions(List<PositionWrite> writes, Map<String, List<Stamp>> stored) {
        for (PositionWrite write : writes) {
            Place place = write.place();
            if (!write.what().equals("INSERT") && !write.what().equals("UPDATE")) {
                found("position removed: " + write);
                continue;
            }
            if (place.epoch() != write.rightEpoch()) {
                found("accepted by the position store under an old right: " + write);
            }
            Place before = write.before();
            if (before != null
                    && (place.number() < before.number()
                            || place.seq() <= before.seq()
                            || place.epoch() < before.epoch())) {
                found("position moved back: " + write);
            }
        }
        positions = writes.size();
        stored.forEach((partition, stamps) -> {
            long last = writes.stream()
                    .map(PositionWrite::place)
                    .filter(place -> place.partition().equals(partition))
                    .mapToLong(Place::number)
                    .max()
                    .orElse(0);
            long newest = stamps.stream().mapToLong(Stamp::number).max().orElse(0);
            if (last > newest) {
                found("position of %s ahead of what is stored: %d (expected: <= %d)"
                        .formatted(partition, last, newest));
            }
        });
    }

    @Override
    public String toString() {
        return "numbers=%d source-lives=%d stored-twice=%d written-twice=%d positions=%d findings=%d"
                .formatted(numbers, lives, storedTwice, writtenTwice, positions, findings.size());
    }
}
