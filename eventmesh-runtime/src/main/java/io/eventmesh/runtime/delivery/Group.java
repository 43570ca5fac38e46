package io.eventmesh.runtime.delivery;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.thread.SerialExecutor;
import io.eventmesh.common.time.Scheduler;
import io.eventmesh.common.topic.SubscriptionName;
import io.eventmesh.spi.mesh.Receiver;
import io.eventmesh.spi.mesh.TaskFence;
import io.eventmesh.spi.peer.RelayReceiver;
import io.eventmesh.spi.storage.DeliveryTerms;
import io.eventmesh.spi.storage.GroupInfo;
import io.eventmesh.spi.storage.StreamPartition;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A group on this runtime: its state on one serial executor, its reader, its timer. NEW, then OPENING with the first
 * member, OPEN while it reads, CLOSED for good; a member that comes then needs a new one.
 *
 * <p>Thread-safe. Receivers are called from the group's serial executor.
 */
public final class Group implements GroupStorage.Steps {
    private static final Logger log = LoggerFactory.getLogger(Group.class);
    private static final Duration LAST_COMMIT = Duration.ofSeconds(5);
    private static final Duration LAST_IN_FLIGHT = Duration.ofSeconds(3);

    private static final SerialExecutor.Step<GroupMember> CREDIT =
            (member, events, bytes) -> member.group().state.credit(member.state(), (int) events, bytes);
    private static final SerialExecutor.Step<GroupMember> ACK =
            (member, delivery, unused) -> member.group().state.ack(member.state(), delivery);

    private enum Stage {
        NEW,
        OPENING,
        OPEN,
        CLOSING,
        CLOSED
    }

    /**
     * What a group is.
     *
     * @param filter of the terms, compiled
     * @param passing whether it ends with its members, leaving nothing
     */
    public record Identity(
            SubscriptionName name, DeliveryTerms terms, LaneRule lanes, EventFilter filter, boolean passing) {}

    private record Newcomer(
            @Nullable TaskFence fence,
            String client,
            Receiver receiver,
            boolean relayed,
            CompletableFuture<Optional<ThriftyMember>> answer) {}

    private final DeliveryEnvironment environment;
    private final Identity identity;
    private final Consumer<Group> onClosed;
    private final SerialExecutor serial;
    private final GroupStorage storage;
    private final DeliverySettings settings;
    private final GroupState state;
    private final CompletableFuture<Void> closed = new CompletableFuture<>();

    private final GroupTimer timer;
    private final Releases releases;

    private volatile boolean suspended;
    private Stage stage = Stage.NEW;
    private List<Newcomer> newcomers = new ArrayList<>();
    private List<Runnable> onceOpen = new ArrayList<>();
    private final List<MemberState> finishing = new ArrayList<>();
    private @Nullable GroupFeed feed;
    private Scheduler.@Nullable Timer idleTimer;
    private Scheduler.@Nullable Timer giveUpTimer;
    private Scheduler.@Nullable Timer shutTimer;
    private @Nullable EventMeshException drainCause;

    /** As they were after the last step, for whoever asks. */
    private final AtomicInteger members = new AtomicInteger();

    private final AtomicInteger inFlight = new AtomicInteger();
    private final AtomicInteger parked = new AtomicInteger();
    private volatile Relayed relayed = new Relayed(0, 0, 0);

    /** How many members of its own, offers that are not settled, and parked events there were after the last step. */
    public record Snapshot(int members, int inFlight, int parked) {}

    /** How many members of other runtimes there are, what they may be offered, and what they have been and did not settle. */
    public record Relayed(int members, long credit, int inFlight) {}

    /** @param onClosed told once, when the group takes no more members */
    public Group(DeliveryEnvironment environment, Identity identity, Consumer<Group> onClosed) {
        this.environment = environment;
        this.identity = identity;
        this.onClosed = onClosed;
        this.serial = new SerialExecutor(environment.dispatch(), environment.clock()::nanoTime, this::afterSteps);
        this.storage = new GroupStorage(environment, identity.name(), this);
        this.settings = identity.lanes().settings(environment.settings());
        this.state = new GroupState(
                new Wanted(
                        identity.name().pattern(),
                        identity.terms(),
                        identity.filter(),
                        identity.lanes().isSettledByMember()),
                identity.lanes(),
                new Surroundings(settings, storage, environment.clock(), environment.random()));
        this.releases = new Releases(state, environment.scheduler(), serial::executeLater);
        this.timer =
                new GroupTimer(environment.scheduler(), environment.clock(), () -> serial.executeLater(this::fire));
    }

    public SubscriptionName name() {
        return identity.name();
    }

    public Snapshot snapshot() {
        return new Snapshot(members.get(), inFlight.get(), parked.get());
    }

    /** As it was when this was called before; looks again. */
    public Relayed relayed() {
        serial.executeLater(() -> relayed = state.relayed());
        return relayed;
    }

    /**
     * Attaches a member. Completes empty when the group closes: the caller makes a new one. Fails with FENCED, or with
     * what keeps the group from opening.
     */
    public CompletionStage<Optional<ThriftyMember>> attach(
            @Nullable TaskFence fence, String client, Receiver receiver) {
        return attach(new Newcomer(fence, client, receiver, false, new CompletableFuture<>()));
    }

    /**
     * Attaches a member of another runtime, which neither opens the group nor keeps it open. Completes empty when the group
     * is not read here.
     */
    public CompletionStage<Optional<ThriftyMember>> attachRelayed(
            @Nullable TaskFence fence, String client, RelayReceiver receiver) {
        return attach(new Newcomer(fence, client, receiver, true, new CompletableFuture<>()));
    }

    private CompletionStage<Optional<ThriftyMember>> attach(Newcomer newcomer) {
        serial.execute(() -> {
            switch (stage) {
                case NEW -> {
                    if (newcomer.relayed()) {
                        newcomer.answer().complete(Optional.empty());
                    } else {
                        newcomers.add(newcomer);
                        open();
                    }
                }
                case OPENING -> newcomers.add(newcomer);
                case OPEN -> {
                    if (drainCause == null) {
                        admit(newcomer);
                    } else {
                        newcomer.answer().complete(Optional.empty());
                    }
                }
                case CLOSING, CLOSED -> newcomer.answer().complete(Optional.empty());
            }
        });
        return newcomer.answer();
    }

    /** Ends the members that speak under an older right of the task. */
    public void fence(TaskFence newest) {
        step(() -> TaskRights.endOlder(state, newest));
    }

    /**
     * Delivers by new terms from the next offer on: see {@link GroupState#alter}. They are stored by the caller.
     *
     * @param lanes by which what is read from now on is kept in order
     * @param filter of the terms, compiled
     */
    public void alter(DeliveryTerms terms, LaneRule lanes, EventFilter filter) {
        step(() -> state.alter(terms, lanes, filter));
    }

    /** Looks up whether the storage has it paused by now. */
    public void lookAtPause() {
        step(this::suspendIfPaused);
    }

    private void suspendIfPaused() {
        boolean paused = isPaused();
        suspended = paused;
        state.suspend(paused);
    }

    /** Whether it had it paused when it was looked up last. */
    public boolean isSuspended() {
        return suspended;
    }

    /**
     * Lets go of all that it has read, has the group moved, and reads on from there; members stay. Completes as the move
     * does, which is done also when the group closes before.
     *
     * @param move called when nothing reads the group here
     */
    public CompletionStage<Void> reread(Supplier<CompletionStage<Void>> move) {
        CompletableFuture<Void> answer = new CompletableFuture<>();
        serial.execute(() -> reread(move, answer));
        return answer;
    }

    private void reread(Supplier<CompletionStage<Void>> move, CompletableFuture<Void> answer) {
        if (stage == Stage.NEW || stage == Stage.OPENING) {
            onceOpen.add(() -> reread(move, answer));
            return;
        }
        CompletionStage<Void> moved;
        if (stage == Stage.OPEN && drainCause == null) {
            stage = Stage.OPENING;
            // where other runtimes read on until they let go, too
            state.commitNow();
            if (feed != null) {
                feed.abandon();
            }
            storage.close();
            state.forgetAll();
            moved = move.get();
            moved.whenComplete((nothing, failure) -> serial.execute(() -> {
                if (stage == Stage.OPENING) {
                    open();
                }
            }));
        } else {
            moved = closed.thenCompose(shut -> move.get());
        }
        moved.whenComplete((nothing, failure) -> {
            if (failure == null) {
                answer.complete(null);
            } else {
                answer.completeExceptionally(EventMeshException.of(failure));
            }
        });
    }

    /** Offers nothing more, ends each member once what it has in flight is settled, and closes then; completes then. */
    public CompletionStage<Void> drain(EventMeshException cause) {
        serial.execute(() -> {
            if (stage == Stage.OPEN) {
                drainCause = cause;
                state.pause();
            } else if (stage == Stage.NEW || stage == Stage.OPENING) {
                end(cause);
            }
        });
        return closed;
    }

    /** Ends all members at once and gives up the reader; completes when progress is stored. */
    public CompletionStage<Void> close(@Nullable EventMeshException cause) {
        serial.execute(() -> end(cause));
        return closed;
    }

    @Override
    public void step(Runnable step) {
        serial.execute(() -> {
            if (stage != Stage.CLOSED) {
                step.run();
            }
        });
    }

    // what happens for each event costs no object where it can be done at once; a closed group has no members, so that
    // neither credit nor ack means anything to it

    void execute(Runnable step) {
        serial.execute(step);
    }

    void credit(GroupMember member, int events, long bytes) {
        serial.execute(CREDIT, member, events, bytes);
    }

    void ack(GroupMember member, long delivery) {
        serial.execute(ACK, member, delivery, 0);
    }

    @Override
    public GroupState state() {
        return state;
    }

    /** @param lost whether a receiver broke its promise, or the connection is gone */
    void leave(GroupMember member, boolean lost) {
        step(() -> {
            state.leave(member.state(), lost);
            if (stage == Stage.OPEN && state.ownMemberCount() == 0) {
                lastMemberLeft();
            }
        });
    }

    /** The member gets nothing more and leaves when it has nothing in flight. */
    void finish(GroupMember member) {
        MemberState its = member.state();
        if (!its.finishing && !its.gone) {
            its.recall();
            its.finishing = true;
            finishing.add(its);
        }
    }

    private void lookAtFinishing() {
        for (MemberState member : List.copyOf(finishing)) {
            if (member.gone || member.inFlight == 0) {
                finishing.remove(member);
                if (!member.gone) {
                    state.leave(member, false);
                    member.receiver.closed(null);
                    if (stage == Stage.OPEN && state.ownMemberCount() == 0) {
                        lastMemberLeft();
                    }
                }
            }
        }
    }

    // opening

    private void open() {
        stage = Stage.OPENING;
        GroupFeed hears = new GroupFeed(this, environment.storage().parking());
        feed = hears;
        environment
                .storage()
                .openReader(name(), hears)
                .whenComplete((reader, failure) -> serial.execute(() -> {
                    if (stage != Stage.OPENING) {
                        if (reader != null) {
                            reader.close();
                        }
                    } else if (reader == null) {
                        end(EventMeshException.of(failure));
                    } else {
                        storage.reader(reader);
                        stage = Stage.OPEN;
                        log.info("Group opened. group={}", name());
                        opened();
                    }
                }));
    }

    private void opened() {
        suspendIfPaused();
        List<Newcomer> waiting = newcomers;
        newcomers = new ArrayList<>();
        waiting.forEach(this::admit);
        if (state.ownMemberCount() == 0) {
            lastMemberLeft();
        }
        runOnceOpen();
    }

    private void runOnceOpen() {
        List<Runnable> steps = onceOpen;
        onceOpen = new ArrayList<>();
        steps.forEach(Runnable::run);
    }

    private boolean isPaused() {
        try {
            return environment.storage().group(name()).map(GroupInfo::paused).orElse(false);
        } catch (EventMeshException closed) {
            // whoever closed the storage closes this group
            return false;
        }
    }

    private void admit(Newcomer newcomer) {
        TaskFence fence = newcomer.fence();
        if (fence != null) {
            EventMeshException refusal = TaskRights.refusal(environment.rights(), state, fence);
            if (refusal != null) {
                newcomer.answer().completeExceptionally(refusal);
                return;
            }
            TaskRights.endOlder(state, fence);
            storage.owner(fence);
        }
        if (idleTimer != null && !newcomer.relayed()) {
            idleTimer.cancel();
            idleTimer = null;
        }
        GroupMember member = new GroupMember(this, newcomer.receiver(), newcomer.relayed(), fence, newcomer.client());
        state.join(member.state());
        newcomer.answer().complete(Optional.of(member));
    }

    // closing

    private void lastMemberLeft() {
        if (identity.passing()) {
            end(null);
        } else if (idleTimer == null) {
            idleTimer = environment
                    .scheduler()
                    .schedule(
                            settings.idleClose(),
                            () -> serial.executeLater(() -> {
                                idleTimer = null;
                                if (stage == Stage.OPEN && state.ownMemberCount() == 0) {
                                    giveUp();
                                }
                            }));
        }
    }

    /** Its own members are away: what is in flight with those of other runtimes may be settled for a while. */
    private void giveUp() {
        EventMeshException cause = new EventMeshException(
                ErrorCode.SHUTTING_DOWN, "group: %s is read here no more (expected: elsewhere)".formatted(name()));
        drainCause = cause;
        state.pause();
        giveUpTimer = environment.scheduler().schedule(LAST_IN_FLIGHT, () -> serial.executeLater(() -> end(cause)));
    }

    /** Takes no more members, ends those that are there, and shuts once progress is stored. */
    void end(@Nullable EventMeshException cause) {
        if (stage == Stage.CLOSING || stage == Stage.CLOSED) {
            return;
        }
        stage = Stage.CLOSING;
        onClosed.accept(this);
        for (Newcomer newcomer : newcomers) {
            if (cause == null) {
                newcomer.answer().complete(Optional.empty());
            } else {
                newcomer.answer().completeExceptionally(cause);
            }
        }
        newcomers.clear();
        runOnceOpen();
        state.pause();
        for (MemberState member : state.members()) {
            state.leave(member, false);
            member.receiver.closed(cause);
        }
        state.commitNow();
        shutTimer = environment.scheduler().schedule(LAST_COMMIT, () -> serial.executeLater(this::shut));
    }

    private void shut() {
        if (stage == Stage.CLOSED) {
            return;
        }
        stage = Stage.CLOSED;
        timer.cancel();
        for (Scheduler.Timer each : new Scheduler.@Nullable Timer[] {idleTimer, giveUpTimer, shutTimer}) {
            if (each != null) {
                each.cancel();
            }
        }
        storage.close();
        releases.end();
        if (identity.passing()) {
            environment.storage().deleteGroup(name());
        }
        log.info("Group closed. group={}", name());
        closed.complete(null);
    }

    /** On the group's serial executor. */
    void release(StreamPartition partition, long epoch, CompletableFuture<Void> released) {
        releases.begin(partition, epoch, released);
    }

    boolean isShut() {
        return stage == Stage.CLOSED;
    }

    boolean isDeleted() {
        try {
            return environment.storage().group(name()).isEmpty();
        } catch (EventMeshException closed) {
            // a storage that is closed takes partitions away too; whoever closes it closes this group
            return false;
        }
    }

    // after each step, or the last of several

    private void afterSteps() {
        releases.look();
        if (!finishing.isEmpty()) {
            lookAtFinishing();
        }
        EventMeshException cause = drainCause;
        if (stage == Stage.OPEN && cause != null) {
            if (state.inFlightCount() == 0) {
                end(cause);
            } else {
                endIdle(cause);
            }
        }
        if (stage == Stage.CLOSING && state.isCommitted()) {
            shut();
        }
        members.setRelease(state.ownMemberCount());
        inFlight.setRelease(state.inFlightCount());
        parked.setRelease(state.parkedCount());
        if (stage != Stage.CLOSED) {
            timer.arm(state.nextDueNanos());
        }
    }

    /** Members that have nothing to settle may go on elsewhere, whatever the others still have. */
    private void endIdle(EventMeshException cause) {
        for (MemberState member : state.members()) {
            if (member.inFlight == 0) {
                state.leave(member, false);
                member.receiver.closed(cause);
            }
        }
    }

    private void fire() {
        if (stage != Stage.CLOSED) {
            timer.fired();
            state.fire();
        }
    }
}
