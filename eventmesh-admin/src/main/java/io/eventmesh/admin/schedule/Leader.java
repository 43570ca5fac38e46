package io.eventmesh.admin.schedule;

import io.eventmesh.admin.database.Database;
import io.eventmesh.admin.database.RuleTable;
import io.eventmesh.admin.database.TaskRow;
import io.eventmesh.admin.database.TaskTable;
import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.thread.NamedThreads;
import io.eventmesh.common.thread.SerialExecutor;
import io.eventmesh.common.time.MeshClock;
import io.eventmesh.common.time.Scheduler;
import io.eventmesh.spi.meta.MetaPaths;
import io.eventmesh.spi.meta.MetaStore;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes part in the election and, while it leads, carries out what the {@link Board} decides: stores its writes, then
 * publishes fences, then tells runtimes.
 *
 * <p>The board and the lines to runtimes are touched by one serial executor only; the database by one thread of its own.
 * While the meta store is away the leader goes on renewing as long as the database confirms, at least once in
 * {@link Timing#confirmedNanos}, that nobody began a later term: that is less than the grace after which another leader
 * would give a silent runtime's tasks away. Thread-safe; nothing but {@link #start} and
 * {@link #close} blocks.
 */
public final class Leader implements MetaStore.Leadership, AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(Leader.class);
    private static final Duration TICK = Duration.ofMillis(500);
    private static final Duration ELECTION = Duration.ofSeconds(5);
    private static final Duration RETRY = Duration.ofSeconds(1);
    private static final int MAX_WRITES = 10_000;

    private final Database database;
    private final MetaStore meta;
    private final MeshClock clock;
    private final Scheduler scheduler;
    private final Timing timing;
    private final Fences fences;
    private final WriteLog writes;
    private final SerialExecutor serial;
    private final ThreadPoolExecutor store;

    // touched by the serial executor only
    private final Map<String, Open> lines = new HashMap<>();
    private @Nullable Board board;
    private long definitions;
    private boolean elected;
    private boolean suspended;
    private boolean confirming;
    private long confirmedAt;
    private boolean storeFails;

    private volatile Runnable somebodyLeads = () -> {};
    private volatile boolean closed;
    private volatile long leadingTerm;
    private volatile String address = "";
    private volatile Optional<String> leaderAddress = Optional.empty();
    private final List<MetaStore.Handle> handles = new ArrayList<>();

    /** A line and what was sent on it last. */
    private static final class Open {
        final Line line;
        long version;
        long definitions;

        Open(Line line) {
            this.line = line;
        }
    }

    private record Loaded(long definitions, List<TaskRow> tasks) {}

    /** @param dispatch takes over what the serial executor has left */
    public Leader(
            Database database, MetaStore meta, MeshClock clock, Scheduler scheduler, Executor dispatch, Timing timing) {
        this.database = database;
        this.meta = meta;
        this.clock = clock;
        this.scheduler = scheduler;
        this.timing = timing;
        this.fences = new Fences(meta);
        this.writes = new WriteLog(database, clock, timing.lease());
        this.serial = new SerialExecutor(dispatch, clock::nanoTime);
        this.store = new ThreadPoolExecutor(
                1, 1, 0, TimeUnit.SECONDS, new LinkedBlockingQueue<>(MAX_WRITES), new NamedThreads("admin-schedule"));
    }

    /** Stands for election under this address, and waits a while until somebody leads. */
    public void start(String grpcAddress) {
        address = grpcAddress;
        CountDownLatch somebody = new CountDownLatch(1);
        somebodyLeads = somebody::countDown;
        handles.add(meta.watchLeader(MetaPaths.ADMIN_LEADER, this::sawLeader));
        handles.add(meta.elect(MetaPaths.ADMIN_LEADER, grpcAddress.getBytes(StandardCharsets.UTF_8), this));
        tick();
        try {
            if (!somebody.await(ELECTION.toMillis(), TimeUnit.MILLISECONDS)) {
                log.warn("Nobody leads yet. waitedMs={}", ELECTION.toMillis());
            }
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw new EventMeshException(ErrorCode.SHUTTING_DOWN, "admin: closing (expected: running)", interrupted);
        }
    }

    /** The term of this leadership. */
    public Optional<Long> term() {
        long term = leadingTerm;
        return term == 0 ? Optional.empty() : Optional.of(term);
    }

    /**
     * The term under which to write.
     *
     * @throws EventMeshException NOT_LEADER with the leader's address
     */
    public long requireTerm() {
        return term().orElseThrow(this::notLeader);
    }

    /** {@code host:port} of the leader's gRPC, as last seen. */
    public Optional<String> leaderAddress() {
        return leaderAddress;
    }

    /** The refusal of what only the leader does. */
    public EventMeshException notLeader() {
        return new EventMeshException(
                ErrorCode.NOT_LEADER,
                "admin: %s (expected: the leader, %s)".formatted(address, leaderAddress.orElse("not known now")));
    }

    // The election

    @Override
    public void gained() {
        serial.execute(() -> {
            elected = true;
            onStore(this::becomeLeader);
        });
    }

    @Override
    public void lost() {
        serial.execute(() -> {
            elected = false;
            if (board != null && !meta.connected()) {
                suspended = true;
                confirmedAt = clock.nanoTime() - timing.confirmedNanos();
                log.warn("Meta store away, leading on while the database confirms the term. term={}", board.term());
                confirm();
            } else {
                stepDown("another may lead");
            }
        });
    }

    private void sawLeader(Optional<byte[]> value) {
        Optional<String> seen = value.map(bytes -> new String(bytes, StandardCharsets.UTF_8));
        leaderAddress = seen;
        if (seen.isPresent() && !seen.get().equals(address)) {
            somebodyLeads.run();
        }
        serial.execute(() -> {
            if (suspended && seen.isPresent() && !seen.get().equals(address)) {
                stepDown("another leads");
            }
        });
    }

    private void becomeLeader() {
        if (closed) {
            return;
        }
        try {
            long kept = leadingTerm;
            boolean keeps = kept != 0 && database.term() == kept;
            long term = keeps ? kept : database.raiseTerm(address);
            Loaded loaded = load();
            long began = clock.nanoTime();
            serial.execute(() -> lead(term, keeps, loaded, began));
        } catch (EventMeshException failure) {
            log.warn("Leadership waits for the database. error={}", failure.code());
            scheduler.schedule(
                    RETRY,
                    () -> serial.execute(() -> {
                        if (elected && board == null) {
                            onStore(this::becomeLeader);
                        }
                    }));
        }
    }

    private void lead(long term, boolean keeps, Loaded loaded, long began) {
        if (!elected || closed) {
            return;
        }
        if (!keeps || board == null) {
            board = new Board(timing, term, began);
        }
        suspended = false;
        leadingTerm = term;
        somebodyLeads.run();
        log.info("Admin leads. term={} tasks={}", term, loaded.tasks().size());
        take(loaded);
    }

    private void stepDown(String why) {
        suspended = false;
        if (board == null) {
            return;
        }
        log.info("Admin follows. term={} why={}", board.term(), why);
        board = null;
        leadingTerm = 0;
        EventMeshException cause = notLeader();
        lines.values().forEach(open -> open.line.end(cause));
        lines.clear();
        if (elected) {
            // the database knows a later term but the election is still ours: begin one above it
            scheduler.schedule(
                    RETRY,
                    () -> serial.execute(() -> {
                        if (elected && board == null) {
                            onStore(this::becomeLeader);
                        }
                    }));
        }
    }

    /** Asks the database whether the term still is the newest. */
    private void confirm() {
        Board asking = board;
        if (asking == null || confirming) {
            return;
        }
        confirming = true;
        long asked = clock.nanoTime();
        onStore(() -> {
            long newest;
            try {
                newest = database.term();
            } catch (EventMeshException unknown) {
                newest = 0;
            }
            long term = newest;
            serial.execute(() -> {
                confirming = false;
                if (term > asking.term() && board == asking) {
                    stepDown("a later term began");
                } else if (term == asking.term()) {
                    confirmedAt = asked;
                }
            });
        });
    }

    // Runtimes

    /** Takes a report and answers on the line. */
    public void report(Report report, Line line) {
        serial.execute(() -> {
            if (board == null) {
                line.end(notLeader());
                return;
            }
            long now = clock.nanoTime();
            if (suspended && now - confirmedAt > timing.confirmedNanos()) {
                return; // an answer would prolong leases that another leader may already count as ended
            }
            Directive directive = board.report(report, now);
            Open open = directive.refusal().isEmpty() ? opened(report.runtime(), line) : new Open(line);
            send(open, directive);
            round();
        });
    }

    private Open opened(String runtime, Line line) {
        Open open = lines.get(runtime);
        if (open == null || open.line != line) {
            if (open != null) {
                open.line.end(new EventMeshException(
                        ErrorCode.FENCED, "stream: an older one of %s (expected: the newest)".formatted(runtime)));
            }
            open = new Open(line);
            lines.put(runtime, open);
        }
        return open;
    }

    private void send(Open open, Directive directive) {
        open.version = directive.version();
        open.definitions = definitions;
        open.line.send(directive, definitions);
    }

    /** The line broke or was closed by the runtime. */
    public void disconnected(String runtime, String incarnation, Line line) {
        serial.execute(() -> {
            Open open = lines.get(runtime);
            if (open != null && open.line == line) {
                lines.remove(runtime);
                if (board != null) {
                    board.disconnected(runtime, incarnation, clock.nanoTime());
                    round();
                }
            }
        });
    }

    // Definitions and operators

    /** Something that people define has changed: it is read anew and told to whom it concerns. */
    public void changed() {
        onStore(() -> {
            try {
                Loaded loaded = load();
                serial.execute(() -> take(loaded));
            } catch (EventMeshException failure) {
                scheduler.schedule(RETRY, this::changed);
            }
        });
    }

    /** Asks the board; fails with NOT_LEADER here if there is none. */
    public <T> CompletableFuture<T> ask(Function<Board, T> question) {
        CompletableFuture<T> answer = new CompletableFuture<>();
        serial.execute(() -> {
            if (board == null) {
                answer.completeExceptionally(notLeader());
                return;
            }
            answer.complete(question.apply(board));
            round();
        });
        return answer;
    }

    private Loaded load() {
        return database.transaction(handle -> new Loaded(RuleTable.version(handle), TaskTable.all(handle)));
    }

    private void take(Loaded loaded) {
        if (board != null) {
            definitions = Math.max(definitions, loaded.definitions());
            board.load(loaded.tasks());
            round();
        }
    }

    // Decisions

    private void tick() {
        if (!closed) {
            serial.execute(() -> {
                if (suspended) {
                    confirm();
                }
                round();
            });
            scheduler.schedule(TICK, this::tick);
        }
    }

    private void round() {
        Board deciding = board;
        if (deciding == null) {
            return;
        }
        for (Write write : deciding.decide(clock.nanoTime(), meta.connected())) {
            if (write instanceof Write.Fence fence) {
                fences.raise(fence)
                        .whenComplete((done, failure) ->
                                serial.execute(() -> settled(deciding, write, failure == null, failure)));
            } else {
                onStore(() -> carryOut(deciding, write), () -> deciding.refused(write));
            }
        }
        lines.forEach((runtime, open) -> deciding.unasked(runtime)
                .filter(directive -> directive.version() != open.version)
                .ifPresent(directive -> send(open, directive)));
        for (Map.Entry<String, Open> line : lines.entrySet()) {
            if (line.getValue().definitions != definitions) {
                deciding.current(line.getKey()).ifPresent(directive -> send(line.getValue(), directive));
            }
        }
    }

    private void carryOut(Board deciding, Write write) {
        boolean done;
        Throwable failure = null;
        try {
            done = writes.store(deciding.term(), write);
        } catch (EventMeshException refused) {
            done = false;
            failure = refused;
        }
        boolean applied = done;
        Throwable cause = failure;
        serial.execute(() -> settled(deciding, write, applied, cause));
        if (applied && write instanceof Write.Remove remove) {
            fences.forget(remove.task()).whenComplete((forgotten, failed) -> {
                if (failed != null) {
                    log.debug("Fence of an ended task stays. task={}", remove.task());
                }
            });
        }
    }

    private void settled(Board deciding, Write write, boolean applied, @Nullable Throwable failure) {
        if (board != deciding) {
            return;
        }
        if (applied) {
            storeFails = false;
            deciding.applied(write, clock.millis());
            round();
            return;
        }
        deciding.refused(write);
        ErrorCode code = failure == null
                ? ErrorCode.VERSION_CONFLICT
                : EventMeshException.of(failure).code();
        if (code == ErrorCode.NOT_LEADER) {
            stepDown("a later term began");
        } else if (failure == null) {
            changed();
        } else if (!storeFails) {
            storeFails = true;
            log.warn("Scheduling waits. write={} error={}", write.getClass().getSimpleName(), code);
        }
    }

    private void onStore(Runnable work) {
        onStore(work, () -> log.warn("Scheduling is overloaded. waiting={}", MAX_WRITES));
    }

    private void onStore(Runnable work, Runnable refused) {
        try {
            store.execute(work);
        } catch (RejectedExecutionException full) {
            if (!closed) {
                refused.run();
            }
        }
    }

    /** Leaves the election and ends the lines; another admin may lead at once. */
    @Override
    public void close() {
        closed = true;
        handles.forEach(MetaStore.Handle::close);
        handles.clear();
        serial.execute(() -> {
            elected = false;
            stepDown("closed");
        });
        store.shutdown();
        try {
            if (!store.awaitTermination(5, TimeUnit.SECONDS)) {
                log.warn("Scheduling still waits for the database.");
            }
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
