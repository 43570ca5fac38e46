package io.eventmesh.function.pattern;

import org.jspecify.annotations.Nullable;

/**
 * From one bound to another.
 *
 * @param low null for none
 * @param high null for none
 */
record Range<K extends Comparable<K>>(
        @Nullable K low, boolean lowIncluded, @Nullable K high, boolean highIncluded) {
    boolean contains(K key) {
        if (low != null) {
            int above = key.compareTo(low);
            if (above < 0 || (above == 0 && !lowIncluded)) {
                return false;
            }
        }
        if (high != null) {
            int below = key.compareTo(high);
            return below < 0 || (below == 0 && highIncluded);
        }
        return true;
    }
}
