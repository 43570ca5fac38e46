package io.eventmesh.function.pattern;

import com.fasterxml.jackson.databind.JsonNode;
import java.math.BigDecimal;
import org.jspecify.annotations.Nullable;

/**
 * A JSON number by its value, exactly as it was written: 5, 5.0 and 50e-1 are one. Nothing is rounded; the bound is what
 * the JSON reader takes, a thousand digits.
 */
final class Num implements Comparable<Num> {
    /** Decimal digits that a long holds whatever they are. */
    private static final int SAFE_DIGITS = 18;

    /** Below it a whole number is always small; up to the longest long it may be either. */
    private static final long SAFE = 1_000_000_000_000_000_000L;

    private final long small;
    private final @Nullable BigDecimal big;

    private Num(long small, @Nullable BigDecimal big) {
        this.small = small;
        this.big = big;
    }

    static Num of(long value) {
        return new Num(value, null);
    }

    static Num of(BigDecimal value) {
        BigDecimal bare = value.stripTrailingZeros();
        // In this order, so that no exponent is ever written out as zeros.
        if (bare.scale() <= 0 && (long) bare.precision() - bare.scale() <= SAFE_DIGITS) {
            return new Num(bare.longValueExact(), null);
        }
        return new Num(0, bare);
    }

    /** @param node a number */
    static Num of(JsonNode node) {
        return node.isIntegralNumber() && node.canConvertToLong() ? of(node.longValue()) : of(node.decimalValue());
    }

    @Override
    public int compareTo(Num other) {
        if (big == null && other.big == null) {
            return Long.compare(small, other.small);
        }
        return decimal().compareTo(other.decimal());
    }

    private BigDecimal decimal() {
        return big == null ? BigDecimal.valueOf(small) : big;
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof Num that && compareTo(that) == 0;
    }

    @Override
    public int hashCode() {
        boolean oneForm = big == null && small > -SAFE && small < SAFE;
        return oneForm ? Long.hashCode(small) : decimal().stripTrailingZeros().hashCode();
    }

    @Override
    public String toString() {
        return decimal().toString();
    }
}
