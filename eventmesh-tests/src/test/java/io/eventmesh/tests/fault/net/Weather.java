package io.eventmesh.tests.fault.net;

import java.time.Duration;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.Map;
import java.util.Random;
import java.util.Set;

/** What a proxy does to the bytes that pass, at the moment. Touched on the proxy's event loop only. */
final class Weather {
    private final Random random;
    final Set<Way> stalled = EnumSet.noneOf(Way.class);
    final Set<Way> swallowed = EnumSet.noneOf(Way.class);
    /** Bytes that may still pass before the connection is reset. */
    final Map<Way, Long> allowance = new EnumMap<>(Way.class);

    long delayNanos;
    long jitterNanos;
    /** In each direction of a connection; 0 is no bound. */
    long bytesPerSecond;

    Weather(Random random) {
        this.random = random;
    }

    void delay(Duration delay, Duration jitter) {
        delayNanos = delay.toNanos();
        jitterNanos = jitter.toNanos();
    }

    /** How long the next bytes are under way. */
    long nextDelayNanos() {
        return delayNanos + (jitterNanos == 0 ? 0 : random.nextLong(jitterNanos));
    }

    boolean isFine(Way way) {
        return delayNanos + jitterNanos + bytesPerSecond == 0 && !allowance.containsKey(way);
    }

    void clear() {
        stalled.clear();
        swallowed.clear();
        allowance.clear();
        delay(Duration.ZERO, Duration.ZERO);
        bytesPerSecond = 0;
    }
}
