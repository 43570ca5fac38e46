package io.eventmesh.storage.rocksdb;

import io.eventmesh.spi.storage.Gap;
import java.util.ArrayList;
import java.util.List;

/** What a group missed, newest last; the oldest entries go when there are too many. Thread-safe. */
final class GapLog {
    static final int MAX_ENTRIES = 100;

    private final List<Gap> gaps = new ArrayList<>();

    /** Adds a missed range, to the last gap of its partition when it continues that one. */
    synchronized void add(Gap missed) {
        for (int i = gaps.size() - 1; i >= 0; i--) {
            Gap before = gaps.get(i);
            if (before.partition().equals(missed.partition())) {
                if (before.to() == missed.from() && before.why() == missed.why()) {
                    gaps.set(
                            i,
                            new Gap(
                                    before.partition(),
                                    before.from(),
                                    missed.to(),
                                    before.count() + missed.count(),
                                    before.why()));
                    return;
                }
                break;
            }
        }
        gaps.add(missed);
        if (gaps.size() > MAX_ENTRIES) {
            gaps.remove(0);
        }
    }

    synchronized List<Gap> gaps() {
        return List.copyOf(gaps);
    }
}
