package io.eventmesh.storage.kafka;

import io.eventmesh.common.time.MeshClock;
import io.eventmesh.common.topic.StreamName;
import io.eventmesh.spi.storage.Progress;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.BitSet;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Progress once more, beside the parked events: Kafka forgets the offsets of a group that nobody has read for a week, and
 * a group of ours lives longer, such as the one that keeps dead letters. Written when it has changed, at most once an hour
 * for a partition; read where Kafka has nothing.
 *
 * <p>A value is, in big-endian order, {@code version(1) watermark(8)} and the acked bits from the watermark on. Thread-safe.
 */
final class KeptProgress {
    private static final Duration EVERY = Duration.ofHours(1);
    private static final byte VERSION = 1;
    private static final int HEADER = 1 + 8;

    private record Kept(Progress progress, long atNanos) {}

    private final KnownProgress known;
    private final MeshClock clock;
    private final BiConsumer<ParkingKey, byte[]> writing;
    private final Map<ParkingKey, Kept> kept = new ConcurrentHashMap<>();

    KeptProgress(KnownProgress known, MeshClock clock, BiConsumer<ParkingKey, byte[]> writing) {
        this.known = known;
        this.clock = clock;
        this.writing = writing;
    }

    /** Writes what has changed. */
    void write(Collection<GroupEntry> groups, Catalog catalog) {
        for (GroupEntry group : groups) {
            for (StreamName name : group.streams()) {
                catalog.stream(name).ifPresent(stream -> {
                    for (int index = 0; index < stream.partitions(); index++) {
                        write(new ParkingKey(
                                ParkingKey.Kind.PROGRESS, group.incarnation(), stream.topicId(), index, 0));
                    }
                });
            }
        }
    }

    private void write(ParkingKey key) {
        Progress progress = known.of(key.incarnation(), key.topicId(), key.partition());
        Kept before = kept.get(key);
        long now = clock.nanoTime();
        boolean due = before == null || now - before.atNanos() >= EVERY.toNanos();
        if (progress != null && due && (before == null || !before.progress().equals(progress))) {
            kept.put(key, new Kept(progress, now));
            writing.accept(key, form(progress));
        }
    }

    /**
     * What is written, null where it was removed.
     *
     * @throws IllegalArgumentException if this is not what {@link #write} wrote
     */
    void read(ParkingKey key, byte @Nullable [] value) {
        if (value == null) {
            kept.remove(key);
            return;
        }
        Progress progress = progress(value);
        kept.put(key, new Kept(progress, clock.nanoTime()));
        known.learned(key.incarnation(), key.topicId(), key.partition(), progress);
    }

    /** Forgets a group; returns the keys under which its progress is written. */
    List<ParkingKey> remove(String incarnation) {
        List<ParkingKey> keys = kept.keySet().stream()
                .filter(key -> key.incarnation().equals(incarnation))
                .toList();
        keys.forEach(kept::remove);
        return keys;
    }

    static byte[] form(Progress progress) {
        byte[] bits = progress.acked().toByteArray();
        return ByteBuffer.allocate(HEADER + bits.length)
                .put(VERSION)
                .putLong(progress.watermark())
                .put(bits)
                .array();
    }

    static Progress progress(byte[] form) {
        try {
            ByteBuffer in = ByteBuffer.wrap(form);
            byte version = in.get();
            if (version != VERSION) {
                throw new IllegalArgumentException("progress: version %d (expected: %d)".formatted(version, VERSION));
            }
            return Progress.of(in.getLong(), BitSet.valueOf(in));
        } catch (BufferUnderflowException cut) {
            throw new IllegalArgumentException("progress: cut off", cut);
        }
    }
}
