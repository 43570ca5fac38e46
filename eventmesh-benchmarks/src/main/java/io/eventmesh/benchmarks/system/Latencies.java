package io.eventmesh.benchmarks.system;

/** A histogram of durations with buckets of 3 %; for one writing thread. */
final class Latencies {
    private static final double GROWTH = Math.log(1.03);
    private final long[] buckets = new long[1200];
    private long count;

    void add(long nanos) {
        int bucket = (int) (Math.log((double) Math.max(1, nanos)) / GROWTH);
        buckets[Math.min(bucket, buckets.length - 1)]++;
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
                return (long) (Math.exp((i + 1) * GROWTH) / 1000);
            }
        }
        return 0;
    }
}
