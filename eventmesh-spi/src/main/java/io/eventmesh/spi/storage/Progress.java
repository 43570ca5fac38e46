package io.eventmesh.spi.storage;

import java.util.BitSet;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * How far a group is in a partition: everything below the watermark is done, and so are some offsets above it.
 *
 * <p>Immutable. The encoded form is at most {@value #MAX_BYTES} bytes, so the offsets above the watermark reach at most
 * {@link #MAX_SPAN} offsets far; a group never runs further ahead than that can describe.
 */
public final class Progress {
    /** In base64 it fits the 4,096 characters that Kafka keeps beside a committed offset. */
    public static final int MAX_BYTES = 3072;
    /** How far above the watermark an acked offset may lie. */
    public static final int MAX_SPAN = (MAX_BYTES - 32) * 8;

    private final long watermark;
    /** Bit n: offset watermark + n is done. Bit 0 is never set. */
    private final BitSet acked;

    private Progress(long watermark, BitSet acked) {
        this.watermark = watermark;
        this.acked = acked;
    }

    /** Everything below {@code watermark} is done, nothing else. */
    public static Progress at(long watermark) {
        return new Progress(watermark, new BitSet());
    }

    /**
     * Everything below the watermark is done, and the offsets {@code watermark + n} for each set bit n. Leading set bits
     * are folded into the watermark.
     *
     * @param acked is copied
     * @throws IllegalArgumentException when a bit lies beyond {@link #MAX_SPAN}
     */
    public static Progress of(long watermark, BitSet acked) {
        if (acked.length() > MAX_SPAN) {
            throw new IllegalArgumentException(
                    "acked span: " + acked.length() + " (expected: at most " + MAX_SPAN + ")");
        }
        int fold = acked.nextClearBit(0);
        return new Progress(watermark + fold, acked.get(fold, Math.max(fold, acked.length())));
    }

    /** The lowest offset that is not done. */
    public long watermark() {
        return watermark;
    }

    public boolean isDone(long offset) {
        return offset < watermark || (offset - watermark < MAX_SPAN && acked.get((int) (offset - watermark)));
    }

    /** How many offsets above the watermark are done. */
    public int ackedAbove() {
        return acked.cardinality();
    }

    /** The bits above the watermark, a copy: bit n stands for {@code watermark + n}. */
    public BitSet acked() {
        return (BitSet) acked.clone();
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof Progress progress && watermark == progress.watermark && acked.equals(progress.acked);
    }

    @Override
    public int hashCode() {
        return Objects.hash(watermark, acked);
    }

    @Override
    public String toString() {
        return watermark + (acked.isEmpty() ? "" : "+" + acked.cardinality());
    }
}
