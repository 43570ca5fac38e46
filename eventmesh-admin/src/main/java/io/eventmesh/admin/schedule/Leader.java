package io.eventmesh.admin.schedule;

import io.eventmesh.admin.database.Database;
import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.thread.SerialExecutor;
import io.eventmesh.common.time.MeshClock;
import io.eventmesh.common.time.Scheduler;
import io.eventmesh.spi.meta.MetaPaths;
import io.eventmesh.spi.meta.MetaStore;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jdbi.v3.core.Handle;
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
    private static final int BURIED_LEASES = 10;

    private final Database database;
    private final MetaStore meta;
    private final MeshClock clock;
    private final Scheduler scheduler;
    private final Timing timing;
    private final SerialExecutor serial;
    private final StoreThread store;
    private final LeaseKeys keys;
    private final Asks asks;
    private final Operators operators;

    // touched by the serial executor only
    private final Rounds rounds;
    private final Election election;
    private boolean elected;
    private boolean confirming;
    private long termFloor;

    private volatile Runnable somebodyLeads = () -> {};
    private volatile boolean closed;
    private volatile long leadingTerm;
    private volatile String address = "";
    private volatile Optional<String> leaderAddress = Optional.empty();
    private final List<MetaStore.Handle> handles = new ArrayList<>();

    /** @param dispatch takes over what the serial executor has left */
    public Leader(
            Database database, MetaStore meta, MeshClock clock, Scheduler scheduler, Executor dispatch, Timing timing) {
        this.database = database;
        this.meta = meta;
        this.clock = clock;
        this.scheduler = scheduler;
        this.timing = timing;
        this.serial = new SerialExecutor(dispatch, clock::nanoTime);
        this.store = new StoreThread(database, scheduler);
        this.keys = new LeaseKeys(meta, timing);
        this.asks = new Asks(scheduler);
        this.rounds = new Rounds(
                serial,
                meta,
                clock,
                new Fences(meta, scheduler, timing.lease().multipliedBy(BURIED_LEASES)),
                keys,
                new Lines(asks, keys, clock),
                new WriteLog(database, clock, timing.lease()),
                store,
                new Consequences());
        this.election = new Election(timing, clock.nanoTime());
        this.operators = new Operators(this, store, asks, clock);
    }

    private final class Consequences implements Rounds.Consequences {
        @Override
        public void overtaken(String why, long publishedTerm) {
            termFloor = Math.max(termFloor, publishedTerm);
            stepDown(why);
        }

        @Override
        public void reread() {
            changed();
        }
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
            standForTerm();
        });
    }

    @Override
    public void lost() {
        serial.execute(() -> {
            elected = false;
            Board board = rounds.board();
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
            serial.execute(rounds::publishAgain);
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
            Stored stored = database.transaction(Stored::read);
            long began = clock.nanoTime();
            serial.execute(() -> lead(term, keeps, stored, began));
        } catch (EventMeshException failure) {
            log.warn("Leadership waits for the database. error={}", failure.code());
            scheduler.schedule(RETRY, () -> serial.execute(this::leadIfElected));
        }
    }

    private void leadIfElected() {
        if (elected && rounds.board() == null) {
            standForTerm();
        }
    }

    private void standForTerm() {
        long floor = termFloor;
        store.executeOrLater(() -> becomeLeader(floor));
    }

    private void lead(long term, boolean keeps, Stored stored, long began) {
        if (!elected || closed) {
            return;
        }
        if (!keeps || rounds.board() == null) {
            rounds.begin(new Board(timing, term, began, clock.millis()));
        }
        election.begin(began);
        keys.begin(term);
        leadingTerm = term;
        somebodyLeads.run();
        log.info("Admin leads. term={} tasks={}", term, stored.tasks().size());
        rounds.take(stored);
    }

    private void stepDown(String why) {
        election.begin(clock.nanoTime());
        Board board = rounds.board();
        if (board == null) {
            return;
        }
        log.info("Admin follows. term={} why={}", board.term(), why);
        leadingTerm = 0;
        keys.end();
        EventMeshException cause = notLeader();
        rounds.end(cause);
        asks.failAll(cause);
        if (elected) {
            // the database knows a later term but the election is still ours: begin one above it
            scheduler.schedule(RETRY, () -> serial.execute(this::leadIfElected));
        }
    }

    /** Asks the database whether the term still is the newest. */
    private void confirm() {
        Board asking = rounds.board();
        if (asking == null || confirming) {
            return;
        }
        confirming = true;
        long asked = clock.nanoTime();
        store.call(database::term)
                .whenComplete((newest, unknown) ->
                        serial.execute(() -> confirmed(asking, asked, unknown == null ? newest : 0)));
    }

    private void confirmed(Board asking, long asked, long newest) {
        confirming = false;
        if (newest > asking.term() && rounds.board() == asking) {
            stepDown("a later term began");
        } else if (newest == asking.term() && rounds.board() == asking) {
            election.confirmed(asked);
        }
    }

    // Runtimes

    /** Takes a report and answers on the line. */
    public void report(Report report, Line line) {
        serial.execute(() -> {
            Board board = rounds.board();
            if (board == null) {
                line.end(notLeader());
            } else if (election.mayRenew(clock.nanoTime())) {
                rounds.report(board, report, line);
            } else {
                confirm(); // an answer would prolong leases that another leader may already count as ended
            }
        });
    }

    /** The line broke or was closed by the runtime. */
    public void disconnected(String runtime, String incarnation, Line line) {
        serial.execute(() -> rounds.disconnected(runtime, incarnation, line));
    }

    /** A runtime answers a question. Fails with NOT_LEADER here if this admin does not lead. */
    public void answered(String id, AskAnswer answer) {
        requireTerm();
        asks.answered(id, answer);
    }

    // Definitions and operators

    /** Something that people define has changed: it is read anew and told to whom it concerns. */
    public void changed() {
        store.executeOrLater(() -> {
            try {
                Stored stored = database.transaction(Stored::read);
                serial.execute(() -> rounds.take(stored));
            } catch (EventMeshException failure) {
                scheduler.schedule(RETRY, this::changed);
            }
        });
    }

    /** Asks the board, which decides nothing meanwhile; fails with NOT_LEADER here if there is none. */
    public <T> CompletableFuture<T> ask(Function<Board, T> question) {
        CompletableFuture<T> answer = new CompletableFuture<>();
        serial.execute(() -> rounds.ask(answer, question, notLeader()));
        return answer;
    }

    /** Stores a change under the term, has the board take what is stored then, and asks it. */
    <T> CompletableFuture<T> change(Consumer<Handle> step, Function<Board, T> question) {
        CompletableFuture<T> answer = new CompletableFuture<>();
        long term = leadingTerm;
        if (term == 0) {
            answer.completeExceptionally(notLeader());
            return answer;
        }
        store.call(() -> database.asLeader(term, handle -> {
                    step.accept(handle);
                    return Stored.read(handle);
                }))
                .whenComplete((stored, failure) -> {
                    if (failure != null) {
                        answer.completeExceptionally(EventMeshException.of(failure));
                        return;
                    }
                    serial.execute(() -> {
                        rounds.take(stored);
                        rounds.ask(answer, question, notLeader());
                    });
                });
        return answer;
    }

    /** Whether a runtime can be told something now. For the serial executor. */
    boolean isConnected(String runtime) {
        return rounds.isConnected(runtime);
    }

    /** Tells runtimes what is news. */
    void push() {
        serial.execute(rounds::push);
    }

    // Time

    private void tick() {
        if (!closed) {
            serial.execute(() -> {
                election.tick(clock.nanoTime());
                if (election.isInDoubt()) {
                    confirm();
                }
                if (leadingTerm != 0 && !keys.isPublished() && meta.connected()) {
                    keys.publish();
                }
                rounds.run();
            });
            scheduler.schedule(Election.TICK, this::tick);
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
        store.close();
    }
}
