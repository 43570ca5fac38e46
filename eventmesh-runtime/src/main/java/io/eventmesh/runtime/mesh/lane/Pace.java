package io.eventmesh.runtime.mesh.lane;

import io.eventmesh.common.time.MeshClock;
import io.github.bucket4j.Bandwidth;
import io.github.bucket4j.Bucket;
import io.github.bucket4j.TimeMeter;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** How fast events may go to a target: a bucket that is full after a second of rest. Thread-safe. */
final class Pace {
    private static final double NANOS = 1e9;
    private static final Pace ANY = new Pace(null);

    private final @Nullable Bucket bucket;

    private Pace(@Nullable Bucket bucket) {
        this.bucket = bucket;
    }

    /** @param perSecond 0 for any number */
    static Pace of(double perSecond, MeshClock clock) {
        if (perSecond <= 0) {
            return ANY;
        }
        TimeMeter time = new TimeMeter() {
            @Override
            public long currentTimeNanos() {
                return clock.nanoTime();
            }

            @Override
            public boolean isWallClockBased() {
                return false;
            }
        };
        // a refill of so many events at a time that its period is a whole number of nanoseconds, about
        long events = Math.max(1, (long) Math.ceil(perSecond));
        Bandwidth bandwidth = Bandwidth.builder()
                .capacity(events)
                .refillGreedy(events, Duration.ofNanos((long) (events / perSecond * NANOS)))
                .build();
        return new Pace(Bucket.builder()
                .withCustomTimePrecision(time)
                .addLimit(bandwidth)
                .build());
    }

    /** Takes as many as there are, up to so many. */
    int take(int wanted) {
        return bucket == null ? wanted : (int) bucket.tryConsumeAsMuchAsPossible(wanted);
    }

    /** After how long the next one may go. */
    long waitNanos() {
        return bucket == null ? 0 : bucket.estimateAbilityToConsume(1).getNanosToWaitForRefill();
    }
}
