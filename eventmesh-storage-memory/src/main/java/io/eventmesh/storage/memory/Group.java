package io.eventmesh.storage.memory;

import io.eventmesh.common.topic.StreamName;
import io.eventmesh.common.topic.SubscriptionName;
import io.eventmesh.spi.storage.DeliveryTerms;
import io.eventmesh.spi.storage.Gap;
import io.eventmesh.spi.storage.GroupInfo;
import io.eventmesh.spi.storage.Progress;
import io.eventmesh.spi.storage.StreamPartition;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * A group: a cursor for each partition it reads, what it has parked and what it missed.
 *
 * <p>States: ordinary → cut off (lag over the bound and nothing acked for long while room is needed) → ordinary (it
 * commits progress again). Streams and reader are changed under the storage's structure lock only; the rest is
 * thread-safe.
 */
final class Group {
    private final SubscriptionName name;
    private final boolean passing;
    private volatile DeliveryTerms terms;
    private final Set<StreamName> streams = ConcurrentHashMap.newKeySet();
    private final Map<StreamPartition, Cursor> cursors = new ConcurrentHashMap<>();
    private final GapLog gaps = new GapLog();
    private final ParkedEvents parked;
    /** When it last progressed, or when the first event came that it did not have yet; monotonic. */
    private final AtomicLong stirredAt = new AtomicLong();

    private volatile boolean cutOff;
    private volatile boolean paused;
    /** Counts the cut-offs, so that each has gaps of its own. */
    private final AtomicInteger episodes = new AtomicInteger();

    private @Nullable MemoryReader reader;

    /** @param passing whether it goes with its reader */
    Group(SubscriptionName name, DeliveryTerms terms, boolean passing, ParkedEvents parked, long now) {
        this.name = name;
        this.passing = passing;
        this.terms = terms;
        this.parked = parked;
        stirredAt.set(now);
    }

    SubscriptionName name() {
        return name;
    }

    boolean isPassing() {
        return passing;
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

    ParkedEvents parked() {
        return parked;
    }

    @Nullable
    MemoryReader reader() {
        return reader;
    }

    void reader(@Nullable MemoryReader open) {
        reader = open;
    }

    /** Something began to wait for the group that had nothing to do in a partition. */
    void stir(long now) {
        stirredAt.setOpaque(now);
    }

    /** The group acked something. */
    void progressed(long now) {
        stirredAt.setOpaque(now);
    }

    /** What it has not done is kept again. */
    void holdOn() {
        cutOff = false;
    }

    boolean isCutOff() {
        return cutOff;
    }

    void cutOff() {
        episodes.incrementAndGet();
        cutOff = true;
    }

    void paused(boolean value) {
        paused = value;
    }

    /** Whether it has something to do and did nothing for so long. */
    boolean isIdle(long now, long nanos) {
        return now - stirredAt.getOpaque() >= nanos;
    }

    boolean lags(long maxLag, long maxLagBytes) {
        long events = 0;
        long bytes = 0;
        for (Cursor cursor : cursors.values()) {
            synchronized (cursor.log()) {
                long lag = cursor.lag();
                events += lag;
                bytes += cursor.log().averageSize() * lag;
            }
            if (events > maxLag || bytes > maxLagBytes) {
                return true;
            }
        }
        return false;
    }

    GapLog.Entry missed(GapLog.@Nullable Entry entry, Gap gap) {
        return gaps.extend(entry, gap, gap.why() == Gap.Why.CUT_OFF ? episodes.get() : 0);
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
        return new GroupInfo(name, terms, progress, lag, parked.count(), cutOff, paused, gaps.gaps());
    }
}
