package io.eventmesh.spi.function;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;

/**
 * What the filters of many rules cost, estimated when they are put together.
 *
 * @param rules how many they are
 * @param alternatives how many conjunctions they are once every {@code $or} is multiplied out
 * @param steps comparisons that the worst event needs, where no field holds an array; about 20 ns each
 */
public record FilterCost(int rules, long alternatives, long steps) {
    /** What a set may cost: some milliseconds an event. */
    public static final long MAX_STEPS = 100_000;

    private static final double MICROS_A_STEP = 0.02;

    /** The steps as time, roughly. */
    public double micros() {
        return steps * MICROS_A_STEP;
    }

    /** @throws EventMeshException RULE_INVALID with what they would cost, when it is more than a set may */
    public void requireBounded() {
        if (steps > MAX_STEPS) {
            throw new EventMeshException(
                    ErrorCode.RULE_INVALID,
                    "filters of %d rules: up to %d steps an event, about %.1f ms (expected: at most %d steps; spread the rules over buses or make their filters more selective)"
                            .formatted(rules, steps, micros() / 1000, MAX_STEPS));
        }
    }
}
