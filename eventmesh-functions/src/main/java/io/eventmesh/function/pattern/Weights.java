package io.eventmesh.function.pattern;

/** What rules weigh together. */
final class Weights {
    private Weights() {}

    static long of(int[] rules, long[] weights) {
        long sum = 0;
        for (int rule : rules) {
            sum += weights[rule];
        }
        return sum;
    }
}
