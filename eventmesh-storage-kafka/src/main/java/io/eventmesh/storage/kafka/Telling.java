package io.eventmesh.storage.kafka;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.time.MeshClock;
import io.eventmesh.common.topic.SubscriptionName;
import io.eventmesh.spi.storage.Gap;
import io.eventmesh.spi.storage.GroupReader;
import io.eventmesh.spi.storage.StoredRecord;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells a listener what its reader has for it, until the reader is closed. A call that throws, or holds the thread so long
 * that the partitions are lost, ends it.
 *
 * <p>Belongs to the reader's thread, but for {@link #close} and {@link #isClosed}.
 */
final class Telling {
    private static final Logger log = LoggerFactory.getLogger(Telling.class);

    private final SubscriptionName group;
    private final GroupReader.Listener listener;
    private final MeshClock clock;

    private volatile boolean closed;
    private @Nullable EventMeshException failure;

    Telling(SubscriptionName group, GroupReader.Listener listener, MeshClock clock) {
        this.group = group;
        this.listener = listener;
        this.clock = clock;
    }

    void close() {
        closed = true;
    }

    boolean isClosed() {
        return closed;
    }

    /** Why the listener is told nothing more, if that was its own doing. */
    @Nullable
    EventMeshException failure() {
        return failure;
    }

    void assigned(Assignment assignment) {
        tell(() -> listener.assigned(assignment.partition(), assignment.epoch(), assignment.start()));
    }

    CompletableFuture<Void> releasing(Assignment assignment) {
        CompletableFuture<Void> released = new CompletableFuture<>();
        tell(() -> {
            CompletionStage<Void> stage = listener.releasing(assignment.partition(), assignment.epoch());
            stage.whenComplete((done, failed) -> released.complete(null));
        });
        if (closed) {
            released.complete(null);
        }
        return released;
    }

    void revoked(Assignment assignment) {
        tell(() -> listener.revoked(assignment.partition(), assignment.epoch()));
    }

    void records(Assignment assignment, List<StoredRecord> records) {
        tell(() -> listener.records(assignment.partition(), assignment.epoch(), records));
    }

    void gap(Gap gap) {
        tell(() -> listener.gap(gap));
    }

    /** The reader cannot go on; the last call. */
    void failed(EventMeshException cause) {
        if (closed && failure == null) {
            return;
        }
        closed = true;
        try {
            listener.failed(cause);
        } catch (RuntimeException again) {
            log.error("Listener failed when it was told of its failure. group={}", group, again);
        }
    }

    private void tell(Runnable call) {
        if (closed) {
            return;
        }
        long began = clock.nanoTime();
        try {
            call.run();
        } catch (RuntimeException defect) {
            log.error("Listener failed, its reader is closed. group={}", group, defect);
            fail(new EventMeshException(ErrorCode.INTERNAL, "the listener of a reader failed", defect));
            return;
        }
        long held = clock.nanoTime() - began;
        if (held > ConsumerGroup.MAX_POLL_INTERVAL.toNanos()) {
            log.error(
                    "Listener held its reader's thread, the reader is closed. group={} heldMs={}",
                    group,
                    held / 1_000_000);
            fail(new EventMeshException(
                    ErrorCode.INTERNAL,
                    "the listener of a reader held its thread for %d ms (expected: at most %d)"
                            .formatted(held / 1_000_000, ConsumerGroup.MAX_POLL_INTERVAL.toMillis())));
        }
    }

    private void fail(EventMeshException cause) {
        failure = cause;
        closed = true;
    }
}
