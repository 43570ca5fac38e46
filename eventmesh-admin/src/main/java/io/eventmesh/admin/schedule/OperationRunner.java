package io.eventmesh.admin.schedule;

import io.eventmesh.admin.database.Database;
import io.eventmesh.admin.database.OperationRow;
import io.eventmesh.admin.database.OperationRow.State;
import io.eventmesh.admin.database.OperationTable;
import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.time.MeshClock;
import io.eventmesh.common.time.Scheduler;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Carries out operations at the leading admin. What is open in the database is taken up by whoever leads; before each
 * piece the database confirms the term, so that an admin that was replaced does no further piece.
 *
 * <p>Thread-safe. Pieces run on the process's blocking threads, at most {@value #AT_ONCE} at a time.
 */
public final class OperationRunner implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(OperationRunner.class);
    private static final int AT_ONCE = 4;
    private static final int MAX_OPEN = 100;
    private static final int MAX_FAILURES = 20;
    private static final long LONGEST_WAIT_MILLIS = 30_000;
    private static final Duration TICK = Duration.ofSeconds(1);

    private final Database database;
    private final Supplier<Optional<Long>> term;
    private final MeshClock clock;
    private final Scheduler scheduler;
    private final Executor blocking;
    private final Map<String, Step> kinds = new ConcurrentHashMap<>();
    private final Map<String, RunningOperation> runs = new ConcurrentHashMap<>();

    private volatile boolean closed;
    private volatile boolean stale = true;
    private long loadedTerm;

    /** @param term under which this admin leads now, if it does */
    public OperationRunner(
            Database database, Supplier<Optional<Long>> term, MeshClock clock, Scheduler scheduler, Executor blocking) {
        this.database = database;
        this.term = term;
        this.clock = clock;
        this.scheduler = scheduler;
        this.blocking = blocking;
    }

    /** Names how operations of a kind get on. Before {@link #start}. */
    public void kind(String name, Step step) {
        kinds.put(name, step);
    }

    /** Begins to look for open operations. */
    public void start() {
        tick();
    }

    /**
     * Writes a new operation down, in the caller's transaction; it begins when {@link #look} is called after that, or at
     * the next leader.
     *
     * @param request JSON object; {@code rate} in it is how many a second it may do at most
     * @throws EventMeshException QUOTA_EXCEEDED when too many are open
     */
    public OperationRow submit(
            Handle handle,
            String kind,
            String namespace,
            String resource,
            String request,
            @Nullable Long total,
            String createdBy) {
        if (OperationTable.open(handle).size() >= MAX_OPEN) {
            throw new EventMeshException(
                    ErrorCode.QUOTA_EXCEEDED, "open operations: %d (expected: < %d)".formatted(MAX_OPEN, MAX_OPEN));
        }
        long now = clock.millis();
        OperationRow row = new OperationRow(
                UUID.randomUUID().toString(),
                kind,
                State.PENDING,
                namespace,
                resource,
                request,
                "",
                0,
                total,
                0,
                0,
                null,
                null,
                false,
                createdBy,
                now,
                now,
                1);
        OperationTable.insert(handle, row);
        return row;
    }

    /**
     * Runs the work in one transaction that holds the term of this leadership.
     *
     * @throws EventMeshException NOT_LEADER
     */
    public <T> T underTerm(Function<Handle, T> work) {
        long leads = term.get()
                .orElseThrow(
                        () -> new EventMeshException(ErrorCode.NOT_LEADER, "admin: follows (expected: the leader)"));
        return database.asLeader(leads, work);
    }

    /** There may be something new. */
    public void look() {
        stale = true;
        run();
    }

    private void tick() {
        if (!closed) {
            run();
            scheduler.schedule(TICK, this::tick);
        }
    }

    private void run() {
        try {
            blocking.execute(this::take);
        } catch (RejectedExecutionException full) {
            log.debug("Operations wait for a thread.");
        }
    }

    /** Takes up what is open, and begins the pieces that are due. */
    private synchronized void take() {
        long current = closed ? 0 : term.get().orElse(0L);
        if (current != loadedTerm) {
            runs.clear();
            loadedTerm = current;
            stale = true;
        }
        if (current == 0) {
            return;
        }
        if (stale) {
            stale = false;
            if (!load(current)) {
                return;
            }
        }
        long now = clock.nanoTime();
        long busy = runs.values().stream().filter(one -> one.busy).count();
        for (RunningOperation one : runs.values()) {
            if (busy < AT_ONCE && !one.busy && now - one.notBefore >= 0) {
                one.busy = true;
                busy++;
                begin(one);
            }
        }
    }

    private boolean load(long current) {
        try {
            List<OperationRow> open = database.transaction(OperationTable::open);
            long now = clock.nanoTime();
            open.forEach(row -> runs.computeIfAbsent(row.id(), id -> new RunningOperation(current, row, now)));
            return true;
        } catch (EventMeshException unavailable) {
            stale = true;
            log.debug("Operations wait for the database. error={}", unavailable.code());
            return false;
        }
    }

    private void begin(RunningOperation one) {
        try {
            blocking.execute(() -> piece(one));
        } catch (RejectedExecutionException full) {
            one.busy = false;
        }
    }

    private void piece(RunningOperation one) {
        boolean goesOn;
        try {
            goesOn = confirmed(one) && step(one);
        } catch (EventMeshException failure) {
            goesOn = goesOnAfter(one, failure);
        } catch (RuntimeException | LinkageError | StackOverflowError failure) {
            log.error("Operation's piece failed. operation={} kind={}", one.row.id(), one.row.kind(), failure);
            goesOn = goesOnAfter(one, new EventMeshException(ErrorCode.INTERNAL, "unexpected " + failure, failure));
        }
        long wait;
        synchronized (this) {
            one.busy = false;
            if (!goesOn) {
                runs.remove(one.row.id(), one);
            }
            wait = goesOn ? one.notBefore - clock.nanoTime() : 0;
        }
        if (wait <= 0) {
            run();
        } else if (wait < TICK.toNanos()) {
            scheduler.schedule(Duration.ofNanos(wait), this::run);
        }
    }

    /** Under the term: stores what is not stored when that is due, and sees whether it shall go on. */
    private boolean confirmed(RunningOperation one) {
        boolean store =
                one.row.state() == State.PENDING || (one.unstored && clock.nanoTime() - one.storedAt >= TICK.toNanos());
        one.row = database.asLeader(one.term, handle -> {
            OperationRow stored = OperationTable.find(handle, one.row.id()).orElseThrow(() -> gone(one.row.id()));
            State state =
                    !stored.state().isOpen() ? stored.state() : stored.cancelled() ? State.CANCELLED : State.RUNNING;
            OperationRow next = with(one.row, state, stored.error());
            if (store || state != State.RUNNING) {
                OperationTable.progress(handle, next);
            }
            return next;
        });
        if (store) {
            one.unstored = false;
            one.storedAt = clock.nanoTime();
        }
        if (one.row.state() != State.RUNNING) {
            log.info("Operation ended. operation={} kind={} state={}", one.row.id(), one.row.kind(), one.row.state());
            return false;
        }
        return true;
    }

    /** Whether something is left. */
    private boolean step(RunningOperation one) {
        OperationRow row = one.row;
        Step step = kinds.get(row.kind());
        if (step == null) {
            throw new EventMeshException(
                    ErrorCode.NOT_SUPPORTED,
                    "operation kind: '%s' (expected one of: %s)".formatted(row.kind(), kinds.keySet()));
        }
        Step.Progress made = step.run(new Step.Cursor(
                row.id(), row.namespace(), row.resource(), row.request(), row.cursor(), one.allowed(clock.nanoTime())));
        one.failures = 0;
        one.allowance -= made.done() + made.failed();
        one.unstored = true;
        one.row = advanced(row, made);
        one.notBefore = clock.nanoTime() + Math.max(made.pause().toNanos(), one.owed());
        if (made.ended()) {
            database.asLeader(one.term, handle -> {
                OperationTable.progress(handle, one.row);
                return true;
            });
            log.info(
                    "Operation ended. operation={} kind={} done={} failed={} skipped={}",
                    row.id(),
                    row.kind(),
                    one.row.done(),
                    one.row.failed(),
                    one.row.skipped());
        }
        return !made.ended();
    }

    /** Whether the same piece is tried again. */
    private boolean goesOnAfter(RunningOperation one, EventMeshException failure) {
        ErrorCode code = failure.code();
        if (code == ErrorCode.NOT_LEADER) {
            log.debug("Operation is left to the leader. operation={} error={}", one.row.id(), code);
            return false;
        }
        one.failures++;
        boolean mayPass = code.retryable() && one.failures < MAX_FAILURES;
        if (!mayPass && ended(one, failure)) {
            return false;
        }
        long millis = Math.min(LONGEST_WAIT_MILLIS, 500L << Math.min(one.failures, 6));
        one.notBefore = clock.nanoTime() + Duration.ofMillis(millis).toNanos();
        log.debug("Operation's piece is tried again. operation={} error={} waitMs={}", one.row.id(), code, millis);
        return true;
    }

    private boolean ended(RunningOperation one, EventMeshException failure) {
        try {
            return database.asLeader(one.term, handle -> {
                OperationTable.progress(
                        handle, with(one.row, State.FAILED, failure.code().name() + ": " + failure.reason()));
                log.warn(
                        "Operation failed. operation={} kind={} error={}",
                        one.row.id(),
                        one.row.kind(),
                        failure.code());
                return true;
            });
        } catch (EventMeshException unavailable) {
            // the database is away or another admin leads: the latter is seen when the piece is tried again
            return unavailable.code() == ErrorCode.NOT_LEADER;
        }
    }

    private static EventMeshException gone(String id) {
        return new EventMeshException(ErrorCode.NOT_LEADER, "operation: '%s' is gone (expected: open)".formatted(id));
    }

    private OperationRow advanced(OperationRow row, Step.Progress made) {
        return new OperationRow(
                row.id(),
                row.kind(),
                made.ended() ? State.SUCCEEDED : State.RUNNING,
                row.namespace(),
                row.resource(),
                row.request(),
                made.at(),
                row.done() + made.done(),
                made.total() == null ? row.total() : made.total(),
                row.failed() + made.failed(),
                row.skipped() + made.skipped(),
                made.result() == null ? row.result() : made.result(),
                null,
                row.cancelled(),
                row.createdBy(),
                row.createdMillis(),
                clock.millis(),
                row.revision());
    }

    private OperationRow with(OperationRow row, State state, @Nullable String error) {
        return new OperationRow(
                row.id(),
                row.kind(),
                state,
                row.namespace(),
                row.resource(),
                row.request(),
                row.cursor(),
                row.done(),
                row.total(),
                row.failed(),
                row.skipped(),
                row.result(),
                error,
                state == State.CANCELLED,
                row.createdBy(),
                row.createdMillis(),
                clock.millis(),
                row.revision());
    }

    /** Takes up nothing more; pieces that run end by themselves. */
    @Override
    public void close() {
        closed = true;
    }
}
