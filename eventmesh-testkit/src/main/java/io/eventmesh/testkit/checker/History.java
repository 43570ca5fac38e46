package io.eventmesh.testkit.checker;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** All observations of one run, of all observers. Thread-safe. */
public final class History {
    private final List<Observation> observations = new ArrayList<>();

    public synchronized void add(Observation seen) {
        observations.add(seen);
    }

    public synchronized void addAll(List<? extends Observation> seen) {
        observations.addAll(seen);
    }

    /** In the order of time; what was seen at the same time in the order in which it was added. */
    public synchronized List<Observation> inOrder() {
        List<Observation> sorted = new ArrayList<>(observations);
        sorted.sort(Comparator.comparingLong(Observation::at));
        return sorted;
    }
}
