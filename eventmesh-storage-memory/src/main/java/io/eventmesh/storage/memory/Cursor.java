package io.eventmesh.storage.memory;

import io.eventmesh.spi.storage.Gap;
import io.eventmesh.spi.storage.Progress;
import io.eventmesh.spi.storage.StreamPartition;
import java.util.BitSet;
import java.util.Comparator;
import org.jspecify.annotations.Nullable;

/** How far a group is in a partition, and who reads it. Guarded by the partition's log. */
final class Cursor {
    static final Comparator<StreamPartition> ORDER =
            Comparator.comparing(StreamPartition::stream).thenComparingInt(StreamPartition::index);

    private final Group group;
    private final PartitionLog log;
    private Progress progress;
    /** The progress' watermark, here because each append compares it. */
    private long watermark;
    /** Written under the log's lock, read also without it to find the reader to wake. */
    private volatile @Nullable Assignment assignment;

    private GapLog.@Nullable Entry gap;

    Cursor(Group group, PartitionLog log, long start) {
        this.group = group;
        this.log = log;
        this.progress = Progress.at(start);
        this.watermark = start;
    }

    Group group() {
        return group;
    }

    PartitionLog log() {
        return log;
    }

    Progress progress() {
        return progress;
    }

    long watermark() {
        return watermark;
    }

    long lag() {
        return log.end() - watermark - progress.ackedAbove();
    }

    @Nullable
    Assignment assignment() {
        return assignment;
    }

    void assign(@Nullable Assignment next) {
        assignment = next;
        if (next != null) {
            group.parked().fence(log.id(), next.epoch());
        }
    }

    /** A record was appended at the offset. */
    void appended(long offset, long now) {
        if (watermark == offset) {
            group.stir(now);
        }
        Assignment current = assignment;
        if (current != null && current.hasDemand()) {
            current.mark();
        }
    }

    /** Begins anew at the offset. */
    void moveTo(long offset) {
        set(Progress.at(offset));
        gap = null;
    }

    /**
     * Takes over what the reader committed.
     *
     * @return whether anything is done now that was not before
     */
    boolean commit(Progress next) {
        Progress merged = merged(progress, next);
        if (merged.equals(progress)) {
            return false;
        }
        set(merged);
        if (!group.isCutOff()) {
            gap = null;
        }
        return true;
    }

    /** Records below {@code base} are gone. */
    void overtaken(long base, Gap.Why why) {
        if (watermark >= base) {
            return;
        }
        BitSet rest = progress.acked();
        int lost = (int) Math.min(base - watermark, Progress.MAX_SPAN);
        int done = rest.get(0, lost).cardinality();
        Gap missed = new Gap(log.id(), watermark, base, base - watermark - done, why);
        set(Progress.of(base, rest.get(lost, Math.max(lost, rest.length()))));
        gap = group.missed(gap, missed);
        Assignment current = assignment;
        if (current != null) {
            current.missed(missed);
            current.mark();
        }
    }

    private void set(Progress next) {
        progress = next;
        watermark = next.watermark();
    }

    private static Progress merged(Progress one, Progress other) {
        boolean first = one.watermark() > other.watermark();
        Progress ahead = first ? one : other;
        Progress behind = first ? other : one;
        if (behind.ackedAbove() == 0) {
            return ahead;
        }
        BitSet more = behind.acked();
        long shift = ahead.watermark() - behind.watermark();
        if (shift >= more.length()) {
            return ahead;
        }
        BitSet union = ahead.acked();
        union.or(more.get((int) shift, more.length()));
        return Progress.of(ahead.watermark(), union);
    }
}
