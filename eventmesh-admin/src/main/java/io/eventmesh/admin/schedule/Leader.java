package io.eventmesh.admin.schedule;

import io.eventmesh.admin.database.Database;
import io.eventmesh.admin.database.RuleTable;
import io.eventmesh.admin.database.RuntimeRow;
import io.eventmesh.admin.database.RuntimeTable;
import io.eventmesh.admin.database.TaskRow;
import io.eventmesh.admin.database.TaskTable;
import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.thread.NamedThreads;
import io.eventmesh.common.thread.SerialExecutor;
import io.eventmesh.common.time.MeshClock;
import io.eventmesh.common.time.Scheduler;
import io.eventmesh.spi.mesh.TaskFence;
import io.eventmesh.spi.meta.MetaPaths;
import io.eventmesh.spi.meta.MetaStore;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes part in the election and, while it leads, carries out what the {@link Board} decides: stores its writes, then
 * publishes fences, then tells runtimes.
 *
 * <p>The board and the lines to runtimes are touched by one serial executor only; the database by one thread of its own.
 * While the meta store is away, and after its process stood still, the leader goes on renewing as long as the database
 * confirms that nobody began a later term ({@link Election}). Thread-safe; nothing but {@link #start} and {@link #close}
 * blocks.
 */
public final class Leader implements MetaStore.Leadership, AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(Leader.class);
    private static final Duration FIRST = Duration.ofSeconds(5);
    private static final Duration RETRY = Duration.ofSeconds(1);
    private static final int MAX_WORK = 1_000;
    private static final int BURIED_LEASES = 10;

    private final Database database;
    private final MetaStore meta;
    private final MeshClock clock;
    private final Scheduler scheduler;
    private final Timing timing;
    private final Fences fences;
    private final SerialExecutor serial;
    private final ThreadPoolExecutor store;
    private final LeaseKeys keys;
    private final Asks asks;
    private final Operators operators;

    // touched by the serial executor only
    private final Lines lines;
    private final WriteQueue writes;
    private final Election election;
    private @Nullable Board board;
    private long definitions;
    private boolean elected;
    private boolean confirming;
    private boolean storeFails;
    private long termFloor;

    private volatile Runnable somebodyLeads = () -> {};
    private volatile boolean closed;
    private volatile long leadingTerm;
    private volatile Set<String> known = Set.of();
    private volatile String address = "";
    private volatile Optional<String> leaderAddress = Optional.empty();
    private final List<MetaStore.Handle> handles = new ArrayList<>();

    private record Loaded(long definitions, List<TaskRow> tasks, List<RuntimeRow> runtimes) {}

    /** @param dispatch takes over what the serial executor has left */
    public Leader(
            Database database, MetaStore meta, MeshClock clock, Scheduler scheduler, Executor dispatch, Timing timing) {
        this.database = database;
        this.meta = meta;
        this.clock = clock;
        this.scheduler = scheduler;
        this.timing = timing;
        this.fences = new Fences(meta, scheduler, timing.lease().multipliedBy(BURIED_LEASES));
        this.serial = new SerialExecutor(dispatch, clock::nanoTime);
        this.store = new ThreadPoolExecutor(
                1, 1, 0, TimeUnit.SECONDS, new LinkedBlockingQueue<>(MAX_WORK), new NamedThreads("admin-schedule"));
        this.keys = new LeaseKeys(meta, timing);
        this.asks = new Asks(scheduler);
        this.lines = new Lines(asks, keys, clock);
        this.writes =
                new WriteQueue(new WriteLog(database, clock, timing.lease()), this::onStore, serial, this::settled);
        this.election = new Election(timing, clock.nanoTime());
        this.operators = new Operators(this, asks, clock);
    }

    /** Stands for election under this address, and waits a while until somebody leads. */
    public void start(String grpcAddress) {
        address = grpcAddress;
        CountDownLatch somebody = new CountDownLatch(1);
        somebodyLeads = somebody::countDown;
        handles.add(meta.watchConnection(this::connection));
        handles.add(meta.watchLeader(MetaPaths.ADMIN_LEADER, this::sawLeader));
        handles.add(meta.elect(MetaPaths.ADMIN_LEADER, grpcAddress.getBytes(StandardCharsets.UTF_8), this));
        serial.execute(() -> election.tick(clock.nanoTime()));
        tick();
        try {
            if (!somebody.await(FIRST.toMillis(), TimeUnit.MILLISECONDS)) {
                log.warn("Nobody leads yet. waitedMs={}", FIRST.toMillis());
            }
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw new EventMeshException(ErrorCode.SHUTTING_DOWN, "admin: closing (expected: running)", interrupted);
        }
    }

    /** What operators may do and see. */
    public TaskOperations operations() {
        return operators;
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
            long floor = termFloor;
            onStoreOrLater(() -> becomeLeader(floor));
        });
    }

    @Override
    public void lost() {
        serial.execute(() -> {
            elected = false;
            if (board != null && !meta.connected()) {
                election.suspend(clock.nanoTime());
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
            if (election.isSuspended() && seen.isPresent() && !seen.get().equals(address)) {
                stepDown("another leads");
            }
        });
    }

    private void connection(boolean connected) {
        if (connected) {
            serial.execute(() -> {
                if (board != null) {
                    board.publishAgain();
                    keys.publish();
                }
            });
        }
    }

    private void becomeLeader(long floor) {
        if (closed) {
            return;
        }
        try {
            long kept = leadingTerm;
            boolean keeps = kept != 0 && database.term() == kept;
            long term = keeps ? kept : database.raiseTerm(address, floor);
            Loaded loaded = load();
            long began = clock.nanoTime();
            serial.execute(() -> lead(term, keeps, loaded, began));
        } catch (EventMeshException failure) {
            log.warn("Leadership waits for the database. error={}", failure.code());
            scheduler.schedule(RETRY, () -> serial.execute(this::leadIfElected));
        }
    }

    private void leadIfElected() {
        if (elected && board == null) {
            long floor = termFloor;
            onStoreOrLater(() -> becomeLeader(floor));
        }
    }

    private void lead(long term, boolean keeps, Loaded loaded, long began) {
        if (!elected || closed) {
            return;
        }
        if (!keeps || board == null) {
            board = new Board(timing, term, began, clock.millis());
            writes.begin(board);
            fences.sweep(() -> known);
        }
        election.begin(began);
        keys.begin(term);
        leadingTerm = term;
        somebodyLeads.run();
        log.info("Admin leads. term={} tasks={}", term, loaded.tasks().size());
        take(loaded);
    }

    private void stepDown(String why) {
        election.begin(clock.nanoTime());
        if (board == null) {
            return;
        }
        log.info("Admin follows. term={} why={}", board.term(), why);
        board = null;
        writes.begin(null);
        leadingTerm = 0;
        keys.end();
        EventMeshException cause = notLeader();
        lines.endAll(cause);
        asks.failAll(cause);
        if (elected) {
            // the database knows a later term but the election is still ours: begin one above it
            scheduler.schedule(RETRY, () -> serial.execute(this::leadIfElected));
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
        try {
            onStore(() -> {
                long newest = newestTerm();
                serial.execute(() -> confirmed(asking, asked, newest));
            });
        } catch (EventMeshException full) {
            confirming = false;
        }
    }

    private long newestTerm() {
        try {
            return database.term();
        } catch (EventMeshException unknown) {
            return 0;
        }
    }

    private void confirmed(Board asking, long asked, long newest) {
        confirming = false;
        if (newest > asking.term() && board == asking) {
            stepDown("a later term began");
        } else if (newest == asking.term() && board == asking) {
            election.confirmed(asked);
        }
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
            if (!election.mayRenew(now)) {
                confirm();
                return; // an answer would prolong leases that another leader may already count as ended
            }
            lines.answer(report, line, board.report(report, now), definitions);
            round();
        });
    }

    /** The line broke or was closed by the runtime. */
    public void disconnected(String runtime, String incarnation, Line line) {
        serial.execute(() -> {
            if (lines.close(runtime, line) && board != null) {
                board.disconnected(runtime, incarnation, clock.nanoTime());
                round();
            }
        });
    }

    /** A runtime answers a question. Fails with NOT_LEADER here if this admin does not lead. */
    public void answered(String id, AskAnswer answer) {
        requireTerm();
        asks.answered(id, answer);
    }

    // Definitions and operators

    /** Something that people define has changed: it is read anew and told to whom it concerns. */
    public void changed() {
        onStoreOrLater(() -> {
            try {
                Loaded loaded = load();
                serial.execute(() -> take(loaded));
            } catch (EventMeshException failure) {
                scheduler.schedule(RETRY, this::changed);
            }
        });
    }

    /** Asks the board, which decides nothing meanwhile; fails with NOT_LEADER here if there is none. */
    public <T> CompletableFuture<T> ask(Function<Board, T> question) {
        CompletableFuture<T> answer = new CompletableFuture<>();
        serial.execute(() -> answer(answer, question));
        return answer;
    }

    private <T> void answer(CompletableFuture<T> answer, Function<Board, T> question) {
        if (board == null) {
            answer.completeExceptionally(notLeader());
            return;
        }
        try {
            answer.complete(question.apply(board));
        } catch (EventMeshException refused) {
            answer.completeExceptionally(refused);
        }
    }

    /** Stores a change under the term, has the board take what is stored then, and asks it. */
    <T> CompletableFuture<T> change(Consumer<Handle> step, Function<Board, T> question) {
        CompletableFuture<T> answer = new CompletableFuture<>();
        try {
            long term = requireTerm();
            onStore(() -> {
                try {
                    Loaded loaded = database.asLeader(term, handle -> {
                        step.accept(handle);
                        return load(handle);
                    });
                    serial.execute(() -> {
                        take(loaded);
                        answer(answer, question);
                    });
                } catch (RuntimeException refused) {
                    answer.completeExceptionally(EventMeshException.of(refused));
                }
            });
        } catch (EventMeshException refused) {
            answer.completeExceptionally(refused);
        }
        return answer;
    }

    /** Reads from the database, leader or not. */
    <T> CompletableFuture<T> read(Function<Handle, T> query) {
        CompletableFuture<T> answer = new CompletableFuture<>();
        try {
            onStore(() -> {
                try {
                    answer.complete(database.transaction(query));
                } catch (RuntimeException refused) {
                    answer.completeExceptionally(EventMeshException.of(refused));
                }
            });
        } catch (EventMeshException refused) {
            answer.completeExceptionally(refused);
        }
        return answer;
    }

    /** Whether a runtime can be told something now. For the serial executor. */
    boolean isConnected(String runtime) {
        return lines.isOpen(runtime);
    }

    /** Tells runtimes what is news. */
    void push() {
        serial.execute(() -> {
            if (board != null) {
                lines.push(board, definitions);
            }
        });
    }

    private Loaded load() {
        return database.transaction(Leader::load);
    }

    private static Loaded load(Handle handle) {
        return new Loaded(RuleTable.version(handle), TaskTable.all(handle), RuntimeTable.all(handle));
    }

    private void take(Loaded loaded) {
        if (board != null) {
            definitions = Math.max(definitions, loaded.definitions());
            board.load(loaded.tasks());
            board.loadRuntimes(loaded.runtimes());
            known = loaded.tasks().stream().map(TaskRow::id).collect(Collectors.toUnmodifiableSet());
            round();
        }
    }

    // Decisions

    private void tick() {
        if (!closed) {
            serial.execute(() -> {
                election.tick(clock.nanoTime());
                if (election.isInDoubt()) {
                    confirm();
                }
                if (board != null && !keys.isPublished() && meta.connected()) {
                    keys.publish();
                }
                round();
            });
            scheduler.schedule(Election.TICK, this::tick);
        }
    }

    private void round() {
        Board deciding = board;
        if (deciding == null) {
            return;
        }
        for (Write write : deciding.decide(clock.nanoTime(), meta.connected())) {
            if (write instanceof Write.Fence fence) {
                raise(deciding, fence);
            } else {
                writes.add(write);
            }
        }
        writes.pump();
        lines.push(deciding, definitions);
    }

    private void raise(Board deciding, Write.Fence fence) {
        TaskFence right = new TaskFence(fence.task(), fence.term(), fence.epoch());
        fences.raise(right)
                .whenComplete((published, failure) -> serial.execute(() -> {
                    if (board != deciding) {
                        return;
                    }
                    if (failure != null) {
                        refused(deciding, fence, EventMeshException.of(failure));
                    } else if (!published.isNewerThan(right)) {
                        deciding.applied(fence, clock.millis());
                        round();
                    } else {
                        outranked(deciding, fence, published);
                    }
                }));
    }

    /** The meta store knows a newer right than the database: the latter was restored from an older copy. */
    private void outranked(Board deciding, Write.Fence fence, TaskFence published) {
        log.warn(
                "A newer right is published than is stored, the task is given anew. task={} term={} published={}",
                fence.task(),
                deciding.term(),
                published.term());
        if (published.term() >= deciding.term()) {
            termFloor = published.term();
            stepDown("a later term was published");
        } else {
            deciding.outranked(fence);
            round();
        }
    }

    private void settled(Board deciding, List<Write> batch, List<Boolean> done, @Nullable EventMeshException failure) {
        if (board != deciding) {
            return;
        }
        if (failure != null) {
            batch.forEach(write -> refused(deciding, write, failure));
            return;
        }
        storeFails = false;
        boolean reload = false;
        for (int i = 0; i < batch.size(); i++) {
            Write write = batch.get(i);
            if (done.get(i)) {
                bury(write, deciding);
                deciding.applied(write, clock.millis());
                reload |= write instanceof Write.GiveBack;
            } else {
                deciding.refused(write);
                reload = true;
            }
        }
        if (reload) {
            changed();
        }
        round();
    }

    private void bury(Write write, Board deciding) {
        if (write instanceof Write.Remove remove) {
            fences.bury(new TaskFence(remove.task(), deciding.term(), remove.epoch()));
        } else if (write instanceof Write.Gone gone) {
            keys.forget(gone.runtime());
        }
    }

    private void refused(Board deciding, Write write, EventMeshException failure) {
        deciding.refused(write);
        if (failure.code() == ErrorCode.NOT_LEADER) {
            stepDown("a later term began");
        } else if (!storeFails) {
            storeFails = true;
            log.warn("Scheduling waits. write={} error={}", write.getClass().getSimpleName(), failure.code());
        }
    }

    /** @throws EventMeshException OVERLOADED, SHUTTING_DOWN */
    private void onStore(Runnable work) {
        try {
            store.execute(work);
        } catch (RejectedExecutionException full) {
            if (closed) {
                throw new EventMeshException(ErrorCode.SHUTTING_DOWN, "admin: closing (expected: running)", full);
            }
            throw new EventMeshException(
                    ErrorCode.OVERLOADED, "scheduler: %d waiting (expected: < %d)".formatted(MAX_WORK, MAX_WORK), full);
        }
    }

    /** What must happen: it is tried again until there is room. */
    private void onStoreOrLater(Runnable work) {
        try {
            onStore(work);
        } catch (EventMeshException full) {
            if (!closed) {
                scheduler.schedule(RETRY, () -> onStoreOrLater(work));
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
