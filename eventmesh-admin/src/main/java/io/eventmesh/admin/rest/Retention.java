package io.eventmesh.admin.rest;

import io.eventmesh.admin.database.AuditTable;
import io.eventmesh.admin.database.Database;
import io.eventmesh.admin.database.IdempotencyTable;
import io.eventmesh.admin.database.OperationTable;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.time.MeshClock;
import io.eventmesh.common.time.Scheduler;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Has the leader forget, once an hour, what nobody asks for any more. Thread-safe. */
final class Retention implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(Retention.class);
    private static final Duration EVERY = Duration.ofHours(1);
    private static final Duration KEYS = Duration.ofHours(24);
    private static final Duration OPERATIONS = Duration.ofDays(7);
    private static final Duration RECORDS = Duration.ofDays(90);
    private static final long RECORDS_KEPT = 100_000;

    private final Database database;
    private final Supplier<Optional<Long>> term;
    private final MeshClock clock;
    private final Scheduler scheduler;
    private final Executor blocking;
    private volatile boolean closed;

    Retention(
            Database database, Supplier<Optional<Long>> term, MeshClock clock, Scheduler scheduler, Executor blocking) {
        this.database = database;
        this.term = term;
        this.clock = clock;
        this.scheduler = scheduler;
        this.blocking = blocking;
    }

    void start() {
        scheduler.schedule(EVERY, this::due);
    }

    private void due() {
        if (closed) {
            return;
        }
        try {
            blocking.execute(this::forget);
        } catch (RejectedExecutionException full) {
            log.debug("Old records stay for another hour.");
        }
        scheduler.schedule(EVERY, this::due);
    }

    /** Forgets what is too old now, if this admin leads. */
    void forget() {
        Optional<Long> leads = term.get();
        if (leads.isEmpty()) {
            return;
        }
        long now = clock.millis();
        try {
            database.asLeader(leads.get(), handle -> {
                IdempotencyTable.prune(handle, now - KEYS.toMillis());
                OperationTable.prune(handle, now - OPERATIONS.toMillis());
                AuditTable.prune(handle, now - RECORDS.toMillis(), RECORDS_KEPT);
                return true;
            });
        } catch (EventMeshException unavailable) {
            log.debug("Old records stay for another hour. error={}", unavailable.code());
        }
    }

    @Override
    public void close() {
        closed = true;
    }
}
