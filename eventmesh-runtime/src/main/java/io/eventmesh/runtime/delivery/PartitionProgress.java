package io.eventmesh.runtime.delivery;

import io.eventmesh.spi.storage.Progress;
import java.util.BitSet;

/**
 * How far a group is in one partition: which offsets were read, and which of those are done.
 *
 * <p>Offsets between two records that follow one another do not exist, or were done before, and count as done. Nothing
 * is read beyond what {@link Progress} can describe: see {@link #reaches}. Part of one {@link GroupState}.
 */
final class PartitionProgress {
    private static final int FIRST_WORDS = 8;

    /** The lowest offset that is not known to be done. */
    private long watermark;
    /** The offset after the last one read. */
    private long next;
    /** The offset after the highest done one, or lower than the watermark. */
    private long end;
    /** A ring of bits, offset modulo its length; only offsets of watermark..end-1 may have one. */
    private long[] done = new long[FIRST_WORDS];

    PartitionProgress(Progress progress) {
        watermark = progress.watermark();
        next = watermark;
        progress.acked().stream().forEach(bit -> set(watermark + bit));
    }

    long watermark() {
        return watermark;
    }

    /** Whether a record of the offset may be read now. */
    boolean reaches(long offset) {
        return watermark >= next || offset - watermark < Progress.MAX_SPAN;
    }

    /** Whether nothing that is not done will still be read below the offset. */
    boolean hasPassed(long offset) {
        for (long at = Math.max(next, watermark); at < offset; at++) {
            if (at >= end || !isSet(at)) {
                return false;
            }
        }
        return true;
    }

    /** Notes that the offset is read, and that nothing lies between it and the one read before. */
    void read(long offset) {
        skipTo(offset);
        next = Math.max(next, offset + 1);
    }

    /** Notes that nothing will come below the offset but what was read already. */
    void skipTo(long offset) {
        if (offset <= next) {
            return;
        }
        if (watermark >= next) {
            raise(Math.max(watermark, offset));
        } else {
            for (long at = next; at < offset && at - watermark < Progress.MAX_SPAN; at++) {
                set(at);
            }
        }
        next = offset;
        foldDone();
    }

    /** Notes that an offset that was read is done. */
    void done(long offset) {
        if (offset > watermark) {
            set(offset);
        } else if (offset == watermark) {
            raise(watermark + 1);
            foldDone();
        }
    }

    /**
     * Notes that an offset is done that perhaps was not read yet: a parked event whose owner died between parking it and
     * storing the progress. When it is read, {@link #isDone} says so.
     */
    void doneAhead(long offset) {
        if (offset >= next && offset - watermark < Progress.MAX_SPAN) {
            set(offset);
        }
    }

    boolean isDone(long offset) {
        return offset < watermark || (offset < end && isSet(offset));
    }

    /** What may be stored now. */
    Progress progress() {
        if (end <= watermark) {
            return Progress.at(watermark);
        }
        BitSet above = new BitSet();
        int span = (int) (end - watermark);
        for (int bit = 0; bit < span; bit++) {
            if (isSet(watermark + bit)) {
                above.set(bit);
            }
        }
        return Progress.of(watermark, above);
    }

    private void foldDone() {
        while (watermark < end && isSet(watermark)) {
            raise(watermark + 1);
        }
    }

    private void raise(long to) {
        long last = Math.min(to, end);
        for (long at = watermark; at < last; at++) {
            done[word(at)] &= ~(1L << (at & 63));
        }
        watermark = to;
    }

    private void set(long offset) {
        if (offset - watermark >= done.length * 64L) {
            grow(offset);
        }
        done[word(offset)] |= 1L << (offset & 63);
        end = Math.max(end, offset + 1);
    }

    private boolean isSet(long offset) {
        return (done[word(offset)] & 1L << (offset & 63)) != 0;
    }

    private void grow(long offset) {
        int words = done.length;
        while (offset - watermark >= words * 64L) {
            words *= 2;
        }
        long[] smaller = done;
        int mask = smaller.length - 1;
        done = new long[words];
        for (long at = watermark; at < end; at++) {
            if ((smaller[(int) (at >>> 6) & mask] & 1L << (at & 63)) != 0) {
                done[word(at)] |= 1L << (at & 63);
            }
        }
    }

    private int word(long offset) {
        return (int) (offset >>> 6) & done.length - 1;
    }
}
