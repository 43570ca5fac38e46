package io.eventmesh.runtime.admin;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.thread.SerialExecutor;
import io.eventmesh.common.time.Scheduler.Timer;
import io.eventmesh.proto.v1.AdminDirective;
import io.eventmesh.proto.v1.AdminServiceGrpc.AdminServiceStub;
import io.eventmesh.proto.v1.CommitPositionsRequest;
import io.eventmesh.proto.v1.Definitions;
import io.eventmesh.proto.v1.GetDefinitionsRequest;
import io.eventmesh.proto.v1.GetPositionsAnswer;
import io.eventmesh.proto.v1.GetPositionsRequest;
import io.eventmesh.proto.v1.GetTaskRequest;
import io.eventmesh.proto.v1.Position;
import io.eventmesh.proto.v1.RuntimeReport;
import io.eventmesh.proto.v1.TaskAssignment;
import io.eventmesh.proto.v1.TaskDefinition;
import io.eventmesh.spi.mesh.TaskFence;
import io.eventmesh.spi.meta.MetaPaths;
import io.eventmesh.spi.meta.MetaStore;
import io.eventmesh.spi.role.RoleContext;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * This process's stream with the leading admin, shared by its roles: reports how the process is every 2 s or at once on a
 * change, and tells tasks and definitions.
 *
 * <p>It follows the leader that the meta store names, keeps the last one while the meta store is away, and connects again
 * with a back-off. The last definitions lie on disk, so that a process that starts without an admin has them.
 *
 * <p>Thread-safe, never blocks after its creation. Listeners are called one at a time and must not block.
 */
public final class AdminLink implements TaskRecords, AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(AdminLink.class);
    private static final Duration BEAT = Duration.ofSeconds(2);
    private static final long SILENCE_NANOS = Duration.ofSeconds(6).toNanos();
    private static final long MAX_BACK_OFF_MILLIS = 2_000;
    private static final int MAX_UNANSWERED = 64;

    private final RoleContext context;
    private final SerialExecutor steps;
    private final DefinitionsFile file;
    private final ProcessLoad load = new ProcessLoad();
    private final MetaStore.Handle connectionWatch;
    private final MetaStore.Handle leaderWatch;
    private final List<Consumer<Definitions>> definitionListeners = new CopyOnWriteArrayList<>();

    private volatile boolean metaConnected;
    private volatile @Nullable Boolean leaderShown;
    private volatile @Nullable AdminChannel channel;
    private volatile boolean closed;

    // touched in steps only
    private @Nullable TaskHost host;
    private @Nullable String address;
    private Definitions definitions;
    private boolean definitionsAsked;
    private final List<Confirmation> confirmations = new ArrayList<>();
    private final Map<Long, Long> sentNanos = new LinkedHashMap<>();
    private long seq;
    private long term;
    private long observedVersion;
    private boolean firstOfStream;
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
        this.file = new DefinitionsFile(context.runtimeDirectory().resolve("definitions.bin"));
        this.definitions = file.read();
        this.connectionWatch = context.meta().watchConnection(up -> metaConnected = up);
        this.leaderWatch = context.meta().watchLeader(MetaPaths.ADMIN_LEADER, this::leaderChanged);
        steps.execute(this::beat);
    }

    /** Names who runs tasks in this process; it is asked and told from now on. */
    public void host(TaskHost tasks) {
        steps.execute(() -> {
            host = tasks;
            observedVersion = 0;
            firstOfStream = true;
            report();
        });
    }

    /** Tells the definitions as they are now, unless there never were any, and after each change. */
    public MetaStore.Handle definitions(Consumer<Definitions> listener) {
        steps.execute(() -> {
            definitionListeners.add(listener);
            if (definitions.getVersion() > 0) {
                listener.accept(definitions);
            }
        });
        return () -> definitionListeners.remove(listener);
    }

    /** Something that a report shows has changed: reports at once. */
    public void changed() {
        later(this::report);
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
            confirmations.add(new Confirmation(seq, answered));
        });
        return answered.await(bound.toMillis(), TimeUnit.MILLISECONDS);
    }

    /** What the meta store shows of the leading admin now. */
    public LeaderPresence leader() {
        Boolean shown = leaderShown;
        if (!metaConnected || shown == null) {
            return LeaderPresence.UNKNOWN;
        }
        return shown ? LeaderPresence.PRESENT : LeaderPresence.ABSENT;
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
        leaderWatch.close();
        connectionWatch.close();
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

    private void leaderChanged(Optional<byte[]> value) {
        leaderShown = value.isPresent();
        // a leader that is gone from the meta store may only have lost its session: its stream stands until it breaks
        value.map(bytes -> new String(bytes, StandardCharsets.UTF_8))
                .ifPresent(named -> later(() -> {
                    boolean other = !named.equals(address);
                    address = named;
                    if (other || channel == null) {
                        failures = 0;
                        connect();
                    }
                }));
    }

    private void beat() {
        if (closed) {
            return;
        }
        long now = context.clock().nanoTime();
        AdminChannel open = channel;
        if (open != null && now - heardNanos > SILENCE_NANOS) {
            ended(open, new EventMeshException(ErrorCode.META_UNAVAILABLE, "admin: silent (expected: an answer)"));
        } else {
            report();
        }
        if (beat != null) {
            beat.cancel();
        }
        beat = context.scheduler().schedule(BEAT, () -> later(this::beat));
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
        sentNanos.clear();
        observedVersion = 0;
        firstOfStream = true;
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
        definitionsAsked = false;
        if (reconnecting) {
            return;
        }
        reconnecting = true;
        long ceiling = Math.min(MAX_BACK_OFF_MILLIS, 100L << Math.min(failures++, 5));
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
                .setHeapUsed(load.heapUsed())
                .setObservedAssignmentVersion(observedVersion)
                .setDefinitionsVersion(definitions.getVersion());
        TaskHost tasks = host;
        if (tasks != null) {
            TaskHost.Standing standing = tasks.standing();
            report.setSlots(standing.slots()).setDraining(standing.draining()).addAllTasks(standing.tasks());
        }
        if (firstOfStream) {
            // whoever holds the lock of the runtime's directory knows that the process before it is gone
            report.setRestarted(true);
            if (tasks != null) {
                report.addAllPlugins(tasks.plugins());
            }
            firstOfStream = false;
        }
        sentNanos.put(seq, context.clock().nanoTime());
        if (sentNanos.size() > MAX_UNANSWERED) {
            sentNanos.remove(sentNanos.keySet().iterator().next());
        }
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
        term = directive.getTerm();
        heardNanos = context.clock().nanoTime();
        if (!directive.getRefuseReason().equals(refusal)) {
            refusal = directive.getRefuseReason();
            if (!refusal.isEmpty()) {
                log.warn("Admin gives this runtime no tasks. reason={}", refusal);
            }
        }
        Long sent = sentNanos.get(directive.getEchoSeq());
        sentNanos.keySet().removeIf(older -> older < directive.getEchoSeq());
        if (sent != null && host != null) {
            Optional<List<TaskAssignment>> tasks =
                    directive.hasTasks() ? Optional.of(directive.getTasks().getTasksList()) : Optional.empty();
            host.directed(new Directive(
                    sent, Duration.ofMillis(directive.getLeaseMs()).toNanos(), tasks));
            observedVersion = directive.hasTasks() ? directive.getAssignmentVersion() : observedVersion;
        }
        confirmations.removeIf(waiting -> waiting.answeredBy(directive.getEchoSeq()));
        askDefinitions(from, directive.getDefinitionsVersion());
    }

    private void askDefinitions(AdminChannel from, long newest) {
        if (newest == definitions.getVersion() || definitionsAsked) {
            return;
        }
        definitionsAsked = true;
        GetDefinitionsRequest question =
                GetDefinitionsRequest.newBuilder().addAllRoles(context.roles()).build();
        from.call(AdminServiceStub::getDefinitions, question)
                .whenComplete((found, failure) -> later(() -> {
                    definitionsAsked = false;
                    if (failure != null) {
                        log.debug("Definitions not fetched, asking again. error={}", failure.toString());
                    } else if (found.getVersion() != definitions.getVersion()) {
                        definitionsFetched(found);
                    }
                }));
    }

    private void definitionsFetched(Definitions found) {
        definitions = found;
        log.info(
                "Definitions taken. version={} buses={} rules={}",
                found.getVersion(),
                found.getBusesCount(),
                found.getRulesCount());
        definitionListeners.forEach(listener -> listener.accept(found));
        try {
            context.blocking().execute(() -> file.write(found));
        } catch (EventMeshException busy) {
            log.warn("Definitions not kept on disk. version={} error={}", found.getVersion(), busy.reason());
        }
    }

    private record Confirmation(long seq, CountDownLatch answered) {
        private boolean answeredBy(long echo) {
            if (echo < seq) {
                return false;
            }
            answered.countDown();
            return true;
        }
    }
}
