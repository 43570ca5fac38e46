package io.eventmesh.storage.kafka;

import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.thread.NamedThreads;
import io.eventmesh.common.time.MeshClock;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A close that is over in time, also when no broker answers: each part waits for Kafka in its own way, so that they are
 * closed side by side, and what has not ended by then ends by itself some seconds later.
 *
 * <p>Used once, by the closing thread.
 */
final class Closing {
    private static final Logger log = LoggerFactory.getLogger(Closing.class);

    private final MeshClock clock;
    private final long until;

    Closing(MeshClock clock, Duration atMost) {
        this.clock = clock;
        this.until = clock.nanoTime() + atMost.toNanos();
    }

    /** What is left of the time, at least a moment. */
    Duration left() {
        return Duration.ofNanos(Math.max(1_000_000, until - clock.nanoTime()));
    }

    void sideBySide(List<Runnable> parts) {
        CompletableFuture<?>[] closed = parts.stream().map(Closing::begun).toArray(CompletableFuture<?>[]::new);
        try {
            Waiting.until(CompletableFuture.allOf(closed), left(), "end of what is closed");
        } catch (EventMeshException late) {
            log.warn("Kafka clients did not end in time, they do so by themselves. error={}", late.reason());
        }
    }

    private static CompletableFuture<Void> begun(Runnable part) {
        CompletableFuture<Void> done = new CompletableFuture<>();
        NamedThreads.named("mesh-kafka-close", () -> {
                    try {
                        part.run();
                    } finally {
                        done.complete(null);
                    }
                })
                .start();
        return done;
    }
}
