package io.eventmesh.storage.kafka;

import io.eventmesh.common.time.MeshClock;
import io.eventmesh.spi.storage.Gap;
import io.eventmesh.storage.kafka.GapForm.Noted;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiConsumer;
import org.apache.kafka.common.Uuid;

/**
 * What groups missed, on whichever runtime, at most {@value #MAX_GAPS} of each partition. What is noted here is written down
 * for all. Thread-safe.
 */
final class GapBook {
    private static final int MAX_GAPS = 100;

    private final MeshClock clock;
    private final BiConsumer<ParkingKey, byte[]> writing;
    /** Guarded by this. */
    private final Map<String, Map<ParkingKey, List<Noted>>> gaps = new HashMap<>();

    /** @param writing writes a partition's gaps down */
    GapBook(MeshClock clock, BiConsumer<ParkingKey, byte[]> writing) {
        this.clock = clock;
        this.writing = writing;
    }

    /** Notes a gap; one that goes on where the partition's newest ended makes that longer. */
    void add(String incarnation, Uuid topicId, Gap gap) {
        ParkingKey key = new ParkingKey(
                ParkingKey.Kind.GAPS, incarnation, topicId, gap.partition().index(), 0);
        List<Noted> noted;
        synchronized (this) {
            noted = gaps.computeIfAbsent(incarnation, unused -> new HashMap<>())
                    .compute(key, (unused, before) -> with(before == null ? List.of() : before, gap));
        }
        writing.accept(key, GapForm.write(noted));
    }

    private List<Noted> with(List<Noted> before, Gap gap) {
        List<Noted> after = new ArrayList<>(before);
        Gap last = after.isEmpty() ? null : after.get(after.size() - 1).gap();
        if (last != null && last.why() == gap.why() && last.to() == gap.from()) {
            after.remove(after.size() - 1);
            Gap longer = new Gap(gap.partition(), last.from(), gap.to(), last.count() + gap.count(), gap.why());
            after.add(new Noted(longer, clock.millis()));
        } else {
            after.add(new Noted(gap, clock.millis()));
        }
        return newest(after);
    }

    /** What is written down; nothing where it was removed. */
    synchronized void read(ParkingKey key, List<Noted> written) {
        if (written.isEmpty()) {
            Map<ParkingKey, List<Noted>> group = gaps.get(key.incarnation());
            if (group != null && group.remove(key) != null && group.isEmpty()) {
                gaps.remove(key.incarnation());
            }
            return;
        }
        gaps.computeIfAbsent(key.incarnation(), unused -> new HashMap<>())
                .merge(key, written, (known, read) -> end(read) >= end(known) ? read : known);
    }

    private static long end(List<Noted> noted) {
        return noted.get(noted.size() - 1).gap().to();
    }

    /** Newest last. */
    synchronized List<Gap> of(String incarnation) {
        List<Noted> all = new ArrayList<>();
        gaps.getOrDefault(incarnation, Map.of()).values().forEach(all::addAll);
        all.sort(Comparator.comparingLong(Noted::atMillis));
        return newest(all).stream().map(Noted::gap).toList();
    }

    private static List<Noted> newest(List<Noted> noted) {
        return List.copyOf(noted.size() > MAX_GAPS ? noted.subList(noted.size() - MAX_GAPS, noted.size()) : noted);
    }

    /** Forgets a group; returns the keys under which its gaps are written. */
    synchronized List<ParkingKey> remove(String incarnation) {
        Map<ParkingKey, List<Noted>> group = gaps.remove(incarnation);
        return group == null ? List.of() : List.copyOf(group.keySet());
    }
}
