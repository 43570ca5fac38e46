package io.eventmesh.storage.kafka;

import io.eventmesh.spi.storage.Progress;
import java.util.BitSet;

/** How two accounts of a group's progress in a partition become one. */
final class Progresses {
    private Progresses() {}

    /** Done in either of them; the watermark never goes back. */
    static Progress merged(Progress one, Progress other) {
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

    /** The offset after the last one that is done. */
    static long reach(Progress progress) {
        return progress.watermark()
                + (progress.ackedAbove() == 0 ? 0 : progress.acked().length());
    }

    /** How many of the offsets from {@code from} until {@code to} are not done. */
    static long missing(Progress progress, long from, long to) {
        long at = Math.max(from, progress.watermark());
        if (at >= to) {
            return 0;
        }
        BitSet acked = progress.acked();
        long low = Math.min(at - progress.watermark(), acked.length());
        long high = Math.min(to - progress.watermark(), acked.length());
        return to - at - acked.get((int) low, (int) high).cardinality();
    }

    /**
     * The progress with all offsets from {@code from} until {@code to} done, because they are gone; unchanged when that is
     * more than progress can say.
     */
    static Progress without(Progress progress, long from, long to) {
        if (to <= progress.watermark()) {
            return progress;
        }
        BitSet acked = progress.acked();
        if (from <= progress.watermark()) {
            int gone = (int) Math.min(to - progress.watermark(), acked.length());
            return Progress.of(to, acked.get(gone, Math.max(gone, acked.length())));
        }
        if (to - progress.watermark() > Progress.MAX_SPAN) {
            return progress;
        }
        acked.set((int) (from - progress.watermark()), (int) (to - progress.watermark()));
        return Progress.of(progress.watermark(), acked);
    }
}
