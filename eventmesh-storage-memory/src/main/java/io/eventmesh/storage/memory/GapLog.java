package io.eventmesh.storage.memory;

import io.eventmesh.spi.storage.Gap;
import io.eventmesh.spi.storage.StreamPartition;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What a group missed, newest last; the oldest entries go when there are too many. Thread-safe. */
final class GapLog {
    static final int MAX_ENTRIES = 100;

    /** A gap that still grows. Guarded by the log. */
    static final class Entry {
        private final StreamPartition partition;
        private final Gap.Why why;
        private final int episode;
        private final long from;
        private long to;
        private long count;

        private Entry(StreamPartition partition, Gap.Why why, int episode, long from) {
            this.partition = partition;
            this.why = why;
            this.episode = episode;
            this.from = from;
        }
    }

    private final Deque<Entry> entries = new ArrayDeque<>();

    /**
     * Adds a missed range to the entry, or begins a new one when there is none or it belongs to another episode.
     *
     * @return the entry that now ends with the range
     */
    synchronized Entry extend(@Nullable Entry entry, Gap missed, int episode) {
        Entry growing = entry;
        if (growing == null || growing.why != missed.why() || growing.episode != episode) {
            growing = new Entry(missed.partition(), missed.why(), episode, missed.from());
            entries.addLast(growing);
            if (entries.size() > MAX_ENTRIES) {
                entries.removeFirst();
            }
        }
        growing.to = missed.to();
        growing.count += missed.count();
        return growing;
    }

    synchronized List<Gap> gaps() {
        return entries.stream()
                .map(entry -> new Gap(entry.partition, entry.from, entry.to, entry.count, entry.why))
                .toList();
    }
}
