package io.eventmesh.spi.event;

import java.util.random.RandomGenerator;

/** Seeds of random tests: a new one each run, or the one of {@code -Devent.seed}, so that a failure can be replayed. */
final class Seed {
    private Seed() {}

    static long next() {
        Long given = Long.getLong("event.seed");
        return given != null ? given : RandomGenerator.getDefault().nextLong();
    }

    /** How often a random test repeats: {@code -Devent.count}, or as often as it says itself. */
    static int count(int usual) {
        return Integer.getInteger("event.count", usual);
    }

    /** The case of a random test that failed, with how to run it alone. */
    static AssertionError failed(long seed, Throwable cause) {
        return new AssertionError("replay: -Devent.seed=%d -Devent.count=1".formatted(seed), cause);
    }
}
