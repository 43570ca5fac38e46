package io.eventmesh.benchmarks.system;

/** A histogram of durations, 32 buckets for each doubling; for one writing thread. */
final class Latencies {
    private static final int FINE_BITS = 5;
    private static final int FINE = 1 << FINE_BITS;
    private final long[] buckets = new long[(Long.SIZE - FINE_BITS) * FINE];
    private long count;

    void add(long nanos) {
        long value = Math.max(FINE, nanos);
        int doubling = Long.SIZE - 1 - FINE_BITS - Long.numberOfLeadingZeros(value);
        buckets[doubling * FINE + (int) (value >>> doubling) - FINE]++;
        count++;
    }

    /** Takes the durations of another one in. */
    void addAll(Latencies other) {
        for (int i = 0; i < buckets.length; i++) {
            buckets[i] += other.buckets[i];
        }
        count += other.count;
    }

    /** The duration below which the share lies, in microseconds. */
    long micros(double share) {
        long wanted = (long) (count * share);
        long seen = 0;
        for (int i = 0; i < buckets.length; i++) {
            seen += buckets[i];
            if (seen > wanted) {
                return ((long) (i % FINE + FINE + 1) << (i / FINE)) / 1000;
            }
        }
        return 0;
    }
}
