package io.eventmesh.runtime.admin;

import com.google.protobuf.ByteString;
import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.thread.SerialExecutor;
import io.eventmesh.common.time.Scheduler.Timer;
import io.eventmesh.proto.v1.AdminDirective;
import io.eventmesh.proto.v1.AdminServiceGrpc.AdminServiceStub;
import io.eventmesh.proto.v1.CommitPositionsRequest;
import io.eventmesh.proto.v1.Definitions;
import io.eventmesh.proto.v1.GetPositionsAnswer;
import io.eventmesh.proto.v1.GetPositionsRequest;
import io.eventmesh.proto.v1.GetTaskRequest;
import io.eventmesh.proto.v1.Position;
import io.eventmesh.proto.v1.RuntimeReport;
import io.eventmesh.proto.v1.TaskAssignment;
import io.eventmesh.proto.v1.TaskDefinition;
import io.eventmesh.spi.mesh.TaskFence;
import io.eventmesh.spi.meta.MetaStore;
import io.eventmesh.spi.role.RoleContext;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * This process's stream with the leading admin, shared by its roles: reports how the process is every 2 s, oftener under a
 * short lease, or at once on a change, and tells tasks, definitions and questions.
 *
 * <p>It follows the leader that the meta store names, keeps the last one while the meta store is away, and connects again
 * with a back-off. The last definitions lie on disk, so that a process that starts without an admin has them.
 *
 * <p>Thread-safe, never blocks after its creation. Listeners are called one at a time and must not block.
 */
public final class AdminLink implements TaskRecords, AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(AdminLink.class);
    /** Changes closer together come in one report. */
    private static final Duration SETTLING = Duration.ofMillis(50);

    private final RoleContext context;
    private final SerialExecutor steps;
    private final KnownDefinitions definitions;
    private final ProcessLoad load = new ProcessLoad();
    private final LeaderView leader;
    private final Asks asks;

    private volatile ByteString leaseToken = ByteString.EMPTY;
    private volatile @Nullable AdminChannel channel;
    private volatile boolean closed;

    // touched in steps only
    private @Nullable TaskHost host;
    private final List<ReportPart> parts = new ArrayList<>();
    private @Nullable String address;
    private final Unanswered unanswered = new Unanswered();
    private Rhythm rhythm = Rhythm.UNKNOWN;
    private long reportedNanos;
    private boolean reportWaits;
    private long seq;
    private long term;
    private long observedVersion;
    private boolean firstOfStream;
    private boolean pluginsTold;
    private long heardNanos;
    private int failures;
    private boolean reconnecting;
    private boolean lost;
    private String refusal = "";
    private @Nullable Timer beat;

    /** The link of this process, made at the first call. */
    public static AdminLink of(RoleContext context) {
        return context.shared(AdminLink.class, () -> new AdminLink(context));
    }

    private AdminLink(RoleContext context) {
        this.context = context;
        this.steps = new SerialExecutor(context.dispatch(), context.clock()::nanoTime);
        this.definitions = new KnownDefinitions(context, this::later);
        this.leader = new LeaderView(context.meta(), context.clock(), this::leaderNamed);
        this.asks = new Asks(context.runtimeId(), answer -> ask(AdminServiceStub::answerAsk, answer));
        steps.execute(this::beat);
    }

    /** Names who runs tasks in this process; it is asked and told from now on. */
    public void host(TaskHost tasks) {
        steps.execute(() -> {
            host = tasks;
            observedVersion = 0;
            pluginsTold = false;
            report();
        });
    }

    /** Names who has something to say in every report; it hears the answers. */
    public void part(ReportPart part) {
        steps.execute(() -> parts.add(part));
    }

    /** Tells the definitions as they are now, unless there never were any, and after each change. */
    public MetaStore.Handle definitions(Consumer<Definitions> listener) {
        steps.execute(() -> definitions.tell(listener));
        return () -> definitions.forget(listener);
    }

    /** Something that a report shows has changed: reports at once. */
    public void changed() {
        later(this::reportSoon);
    }

    /** Other plugins than before can be run: they are reported at once. */
    public void pluginsChanged() {
        later(() -> {
            pluginsTold = false;
            reportSoon();
        });
    }

    /**
     * Reports at once and waits for the answer, so that the admin knows of what has ended before the process does.
     *
     * @return whether it came within the bound
     */
    public boolean confirmed(Duration bound) throws InterruptedException {
        CountDownLatch answered = new CountDownLatch(1);
        later(() -> {
            if (channel == null) {
                answered.countDown();
                return;
            }
            report();
            unanswered.confirm(seq, answered);
        });
        return answered.await(bound.toMillis(), TimeUnit.MILLISECONDS);
    }

    /** What the meta store shows of the leading admin now. */
    public LeaderPresence leader() {
        return leader.presence();
    }

    /** The newest proof that this process has its lease, as the leader signed it; empty before the first. */
    public ByteString leaseToken() {
        return leaseToken;
    }

    @Override
    public CompletionStage<TaskDefinition> definition(String task, long configRev) {
        GetTaskRequest question = GetTaskRequest.newBuilder()
                .setTaskId(task)
                .setConfigRev(configRev)
                .build();
        return ask(AdminServiceStub::getTask, question);
    }

    @Override
    public CompletionStage<List<Position>> positions(TaskFence fence) {
        GetPositionsRequest question = GetPositionsRequest.newBuilder()
                .setTaskId(fence.task())
                .setTerm(fence.term())
                .setEpoch(fence.epoch())
                .build();
        return ask(AdminServiceStub::getPositions, question).thenApply(GetPositionsAnswer::getPositionsList);
    }

    @Override
    public CompletionStage<Void> commit(TaskFence fence, List<Position> positions) {
        CommitPositionsRequest question = CommitPositionsRequest.newBuilder()
                .setTaskId(fence.task())
                .setTerm(fence.term())
                .setEpoch(fence.epoch())
                .addAllPositions(positions)
                .build();
        return ask(AdminServiceStub::commitPositions, question).thenAccept(answer -> {});
    }

    /** Ends the stream. What waits for an answer fails. */
    @Override
    public void close() {
        closed = true;
        leader.close();
        steps.execute(() -> {
            if (beat != null) {
                beat.cancel();
            }
            AdminChannel open = channel;
            if (open != null) {
                open.close();
            }
            channel = null;
        });
    }

    /** Callbacks of the connection come late, when the threads of the process are gone already. */
    private void later(Runnable step) {
        if (!closed) {
            steps.executeLater(step);
        }
    }

    private <Q, A> CompletionStage<A> ask(AdminChannel.Unary<Q, A> method, Q question) {
        AdminChannel open = channel;
        if (open == null) {
            return CompletableFuture.failedFuture(
                    new EventMeshException(ErrorCode.META_UNAVAILABLE, "admin: none reachable (expected: a leader)"));
        }
        return open.call(method, question);
    }

    private void leaderNamed(String named) {
        // a leader that is gone from the meta store may only have lost its session: its stream stands until it breaks
        later(() -> {
            boolean other = !named.equals(address);
            address = named;
            if (other || channel == null) {
                failures = 0;
                connect();
            }
        });
    }

    private void beat() {
        if (closed) {
            return;
        }
        long now = context.clock().nanoTime();
        AdminChannel open = channel;
        if (open != null && now - heardNanos > rhythm.silenceNanos()) {
            ended(open, new EventMeshException(ErrorCode.META_UNAVAILABLE, "admin: silent (expected: an answer)"));
        } else {
            report();
        }
        nextBeat();
    }

    private void nextBeat() {
        if (beat != null) {
            beat.cancel();
        }
        beat = context.scheduler().schedule(rhythm.beat(), () -> later(this::beat));
    }

    private void reportSoon() {
        if (reportWaits) {
            return;
        }
        Duration since = Duration.ofNanos(context.clock().nanoTime() - reportedNanos);
        if (since.compareTo(SETTLING) >= 0) {
            report();
            return;
        }
        reportWaits = true;
        context.scheduler()
                .schedule(
                        SETTLING.minus(since),
                        () -> later(() -> {
                            reportWaits = false;
                            report();
                        }));
    }

    private void connect() {
        String target = address;
        if (closed || target == null) {
            return;
        }
        AdminChannel old = channel;
        AdminChannel next = new AdminChannel(target, context.clusterKey().reveal(), context.runtimeId());
        channel = next;
        if (old != null) {
            old.close();
        }
        unanswered.clear();
        observedVersion = 0;
        firstOfStream = true;
        pluginsTold = false;
        heardNanos = context.clock().nanoTime();
        next.open(directive -> later(() -> directed(next, directive)), failure -> later(() -> ended(next, failure)));
        report();
    }

    private void ended(AdminChannel which, @Nullable Throwable failure) {
        if (which != channel || closed) {
            return;
        }
        which.close();
        channel = null;
        if (!lost) {
            lost = true;
            log.warn(
                    "Admin lost, connecting again. address={} error={}",
                    which.address(),
                    failure == null ? "ended" : AdminErrors.of(failure).reason());
        }
        if (failure != null) {
            AdminErrors.leader(failure).ifPresent(named -> address = named);
        }
        definitions.interrupted();
        if (reconnecting) {
            return;
        }
        reconnecting = true;
        long ceiling = Math.min(rhythm.beat().toMillis(), 100L << Math.min(failures++, 5));
        long delay = ceiling / 2 + ThreadLocalRandom.current().nextLong(ceiling / 2 + 1);
        context.scheduler()
                .schedule(
                        Duration.ofMillis(delay),
                        () -> later(() -> {
                            reconnecting = false;
                            if (channel == null) {
                                connect();
                            }
                        }));
    }

    private void report() {
        AdminChannel open = channel;
        if (open == null || closed) {
            return;
        }
        RuntimeReport.Builder report = RuntimeReport.newBuilder()
                .setRuntimeId(context.runtimeId())
                .setIncarnation(context.incarnation())
                .setSeq(++seq)
                .addAllRoles(context.roles())
                .setCpu(load.cpu())
                .setCpuMs(load.cpuMillis(context.clock().nanoTime()))
                .setHeapUsed(load.heapUsed())
                .setObservedAssignmentVersion(observedVersion)
                .setDefinitionsVersion(definitions.version());
        TaskHost tasks = host;
        if (tasks != null) {
            TaskHost.Standing standing = tasks.standing();
            report.setSlots(standing.slots())
                    .setDraining(standing.draining())
                    .setRestartExpectedMs(standing.restartExpected().toMillis())
                    .putAllLabels(standing.labels())
                    .setTrouble(standing.trouble())
                    .addAllTasks(standing.tasks());
            if (!pluginsTold) {
                report.addAllPlugins(tasks.plugins());
                pluginsTold = true;
            }
        }
        parts.forEach(part -> part.tell(report));
        if (firstOfStream) {
            // whoever holds the lock of the runtime's directory knows that the process before it is gone
            report.setRestarted(true);
            firstOfStream = false;
        }
        reportedNanos = context.clock().nanoTime();
        unanswered.sent(seq, reportedNanos);
        open.report(report.build());
    }

    private void directed(AdminChannel from, AdminDirective directive) {
        if (from != channel || directive.getTerm() < term) {
            return;
        }
        if (lost || failures > 0) {
            log.info("Admin found. address={} term={}", from.address(), directive.getTerm());
        }
        lost = false;
        failures = 0;
        if (term != directive.getTerm()) {
            term = directive.getTerm();
            observedVersion = 0;
        }
        heardNanos = context.clock().nanoTime();
        if (!directive.getRefuseReason().equals(refusal)) {
            refusal = directive.getRefuseReason();
            if (!refusal.isEmpty()) {
                log.warn("Admin gives this runtime no tasks. reason={}", refusal);
            }
        }
        if (!directive.getLeaseToken().isEmpty()) {
            leaseToken = directive.getLeaseToken();
        }
        Optional<Long> sent = unanswered.answered(directive.getEchoSeq());
        TaskHost tasks = host;
        if (tasks != null) {
            sent.ifPresent(nanos -> handOn(from, tasks, directive, nanos));
            asks.heard(tasks, directive.getAsksList());
        }
        parts.forEach(part -> part.told(directive));
        unanswered.release(directive.getEchoSeq());
        keepTime(Duration.ofMillis(directive.getLeaseMs()));
        definitions.follow(from, directive.getDefinitionsVersion());
    }

    /** The set counts as observed only once the host shows it: in between it would seem not to run its tasks. */
    private void handOn(AdminChannel from, TaskHost tasks, AdminDirective directive, long sentNanos) {
        Optional<List<TaskAssignment>> set =
                directive.hasTasks() ? Optional.of(directive.getTasks().getTasksList()) : Optional.empty();
        Directive word = new Directive(
                sentNanos, Duration.ofMillis(directive.getLeaseMs()).toNanos(), set);
        tasks.directed(
                word,
                () -> later(() -> {
                    if (from == channel && tasks == host && directive.hasTasks() && directive.getTerm() == term) {
                        observedVersion = directive.getAssignmentVersion();
                    }
                }));
    }

    private void keepTime(Duration lease) {
        Rhythm wanted = Rhythm.of(lease);
        if (!wanted.equals(rhythm)) {
            rhythm = wanted;
            nextBeat();
        }
    }
}
