package io.eventmesh.storage.rocksdb;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.topic.StreamName;
import io.eventmesh.common.topic.SubscriptionName;
import io.eventmesh.spi.storage.DeliveryTerms;
import io.eventmesh.spi.storage.Gap;
import io.eventmesh.spi.storage.GroupInfo;
import io.eventmesh.spi.storage.Position;
import io.eventmesh.spi.storage.Progress;
import io.eventmesh.spi.storage.StreamPartition;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * A group: a cursor for each partition it reads, how much it has parked and what it missed.
 *
 * <p>Streams, terms and reader are changed under the storage's structure lock only; the rest is thread-safe.
 */
final class Group {
    private final int id;
    private final SubscriptionName name;
    private volatile DeliveryTerms terms;
    private final Set<StreamName> streams = ConcurrentHashMap.newKeySet();
    private final Map<StreamPartition, Cursor> cursors = new ConcurrentHashMap<>();
    private final GapLog gaps = new GapLog();
    private final AtomicLong parked = new AtomicLong();
    /** The newest epoch of each partition that was ever assigned in this process. */
    private final Map<StreamPartition, Long> epochs = new ConcurrentHashMap<>();

    private volatile boolean removed;
    private volatile boolean paused;

    private @Nullable RocksReader reader;

    Group(int id, SubscriptionName name, DeliveryTerms terms) {
        this.id = id;
        this.name = name;
        this.terms = terms;
    }

    /** Never used for another group; see {@link Keys#PASSING} for one that passes. */
    int id() {
        return id;
    }

    /** Whether it goes with its reader, so that nothing of it is stored. */
    boolean isPassing() {
        return Keys.isPassing(id);
    }

    SubscriptionName name() {
        return name;
    }

    DeliveryTerms terms() {
        return terms;
    }

    void terms(DeliveryTerms other) {
        terms = other;
    }

    Set<StreamName> streams() {
        return streams;
    }

    Map<StreamPartition, Cursor> cursors() {
        return cursors;
    }

    @Nullable
    RocksReader reader() {
        return reader;
    }

    void reader(@Nullable RocksReader open) {
        reader = open;
    }

    void paused(boolean value) {
        paused = value;
    }

    boolean isRemoved() {
        return removed;
    }

    void remove() {
        removed = true;
    }

    /** How many events it has parked. */
    AtomicLong parked() {
        return parked;
    }

    /** The partition was assigned: what is to be parked under older epochs is refused from now on. */
    void fence(StreamPartition partition, long epoch) {
        epochs.put(partition, epoch);
    }

    /** @throws EventMeshException FENCED when the position's partition was assigned under a later epoch */
    void requireCurrent(Position position, long epoch) {
        if (epoch < epochs.getOrDefault(position.partition(), epoch)) {
            throw new EventMeshException(
                    ErrorCode.FENCED,
                    "parked event %s: epoch %d (expected: the partition's newest)".formatted(position, epoch));
        }
    }

    void recovered(List<Gap> missed) {
        missed.forEach(gaps::add);
    }

    /** Notes a gap, for good. */
    void missed(Gap gap, CommitPipe pipe) {
        gaps.add(gap);
        if (isPassing()) {
            return;
        }
        pipe.offer(new FactChange(batch -> {
            if (!removed) {
                batch.put(Table.FACTS, Keys.gaps(id), Stored.gaps(gaps.gaps()));
            }
        }));
    }

    byte[] stored() {
        return Stored.group(name, terms, streams);
    }

    GroupInfo info() {
        Map<StreamPartition, Progress> progress = new TreeMap<>(Cursor.ORDER);
        long lag = 0;
        for (Cursor cursor : cursors.values()) {
            synchronized (cursor.log()) {
                progress.put(cursor.log().id(), cursor.progress());
                lag += cursor.lag();
            }
        }
        return new GroupInfo(name, terms, progress, lag, parked.get(), false, paused, gaps.gaps());
    }
}
