package io.eventmesh.runtime.delivery;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.thread.SerialExecutor;
import io.eventmesh.common.time.Scheduler;
import io.eventmesh.common.topic.SubscriptionName;
import io.eventmesh.spi.mesh.Receiver;
import io.eventmesh.spi.mesh.TaskFence;
import io.eventmesh.spi.storage.DeliveryTerms;
import io.eventmesh.spi.storage.Gap;
import io.eventmesh.spi.storage.GroupReader;
import io.eventmesh.spi.storage.Parking;
import io.eventmesh.spi.storage.Progress;
import io.eventmesh.spi.storage.StoredRecord;
import io.eventmesh.spi.storage.StreamPartition;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
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

    private enum Stage {
        NEW,
        OPENING,
        OPEN,
        CLOSING,
        CLOSED
    }

    /** What a group is. */
    public record Identity(SubscriptionName name, DeliveryTerms terms, LaneRule lanes, boolean passing) {}

    private record Newcomer(
            @Nullable TaskFence fence,
            String client,
            Receiver receiver,
            CompletableFuture<Optional<LaneMember>> answer) {}

    private final DeliveryEnvironment environment;
    private final Identity identity;
    private final Consumer<Group> onClosed;
    private final SerialExecutor serial;
    private final GroupStorage storage;
    private final GroupState state;
    private final CompletableFuture<Void> closed = new CompletableFuture<>();

    private Stage stage = Stage.NEW;
    private List<Newcomer> newcomers = new ArrayList<>();
    private List<Parking.Ticket> tickets = List.of();
    private Scheduler.@Nullable Timer timer;
    private long armedFor = Long.MAX_VALUE;
    private Scheduler.@Nullable Timer idleTimer;
    private Scheduler.@Nullable Timer shutTimer;
    private @Nullable EventMeshException drainCause;
    private volatile Snapshot snapshot = new Snapshot(0, 0, 0);

    /** How many members, offers that are not settled, and parked events there were after the last step. */
    public record Snapshot(int members, int inFlight, int parked) {}

    /** @param onClosed told once, when the group takes no more members */
    public Group(DeliveryEnvironment environment, Identity identity, Consumer<Group> onClosed) {
        this.environment = environment;
        this.identity = identity;
        this.onClosed = onClosed;
        this.serial = new SerialExecutor(environment.dispatch(), environment.clock()::nanoTime);
        this.storage = new GroupStorage(environment, identity.name(), this);
        this.state = new GroupState(
                identity.name().pattern(),
                identity.terms(),
                identity.lanes(),
                environment.settings(),
                storage,
                environment.clock(),
                environment.random());
    }

    public SubscriptionName name() {
        return identity.name();
    }

    public Snapshot snapshot() {
        return snapshot;
    }

    /**
     * Attaches a member. Completes empty when the group closes: the caller makes a new one. Fails with FENCED, or with
     * what keeps the group from opening.
     */
    public CompletionStage<Optional<LaneMember>> attach(@Nullable TaskFence fence, String client, Receiver receiver) {
        Newcomer newcomer = new Newcomer(fence, client, receiver, new CompletableFuture<>());
        serial.execute(() -> {
            switch (stage) {
                case NEW -> {
                    newcomers.add(newcomer);
                    open();
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
            afterStep();
        });
        return newcomer.answer();
    }

    /** Ends the members that speak under an older right of the task. */
    public void fence(TaskFence newest) {
        step(() -> endOlder(newest));
    }

    /** Offers nothing more, and closes once all that is in flight is settled; completes then. */
    public CompletionStage<Void> drain(EventMeshException cause) {
        serial.execute(() -> {
            if (stage == Stage.OPEN) {
                drainCause = cause;
                state.pause();
                afterStep();
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
                afterStep();
            }
        });
    }

    @Override
    public GroupState state() {
        return state;
    }

    /** A receiver broke its promise, or the connection is gone: the member leaves. */
    void leave(GroupMember member) {
        step(() -> {
            state.leave(member.state(), true);
            if (stage == Stage.OPEN && state.memberCount() == 0) {
                lastMemberLeft();
            }
        });
    }

    // opening

    private void open() {
        stage = Stage.OPENING;
        environment
                .storage()
                .parking()
                .tickets(name())
                .whenComplete((found, failure) -> serial.execute(() -> {
                    if (stage != Stage.OPENING) {
                        return;
                    }
                    if (failure != null) {
                        end(EventMeshException.of(failure));
                        return;
                    }
                    tickets = found;
                    openReader();
                }));
    }

    private void openReader() {
        environment
                .storage()
                .openReader(name(), new Listener())
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
                        List<Newcomer> waiting = newcomers;
                        newcomers = new ArrayList<>();
                        waiting.forEach(this::admit);
                        afterStep();
                    }
                }));
    }

    private void admit(Newcomer newcomer) {
        TaskFence fence = newcomer.fence();
        if (fence != null) {
            for (MemberState member : state.members()) {
                if (isSameTask(member, fence) && member.fence != null && member.fence.isNewerThan(fence)) {
                    newcomer.answer().completeExceptionally(fenced(fence, member.fence));
                    return;
                }
            }
            endOlder(fence);
            storage.owner(fence);
        }
        if (idleTimer != null) {
            idleTimer.cancel();
            idleTimer = null;
        }
        GroupMember member = new GroupMember(this, newcomer.receiver(), fence, newcomer.client());
        state.join(member.state());
        newcomer.answer().complete(Optional.of(member));
    }

    private void endOlder(TaskFence newest) {
        for (MemberState member : state.members()) {
            if (isSameTask(member, newest) && member.fence != null && newest.isNewerThan(member.fence)) {
                state.leave(member, false);
                member.receiver.closed(fenced(member.fence, newest));
            }
        }
    }

    private static boolean isSameTask(MemberState member, TaskFence fence) {
        return member.fence != null && member.fence.task().equals(fence.task());
    }

    private static EventMeshException fenced(TaskFence old, TaskFence newest) {
        return new EventMeshException(
                ErrorCode.FENCED,
                "task %s: (term, epoch) (%d, %d) (expected: (%d, %d) or newer)"
                        .formatted(old.task(), old.term(), old.epoch(), newest.term(), newest.epoch()));
    }

    // closing

    private void lastMemberLeft() {
        if (identity.passing()) {
            end(null);
        } else if (idleTimer == null) {
            idleTimer = environment
                    .scheduler()
                    .schedule(
                            environment.settings().idleClose(),
                            () -> serial.executeLater(() -> {
                                idleTimer = null;
                                if (stage == Stage.OPEN && state.memberCount() == 0) {
                                    end(null);
                                }
                            }));
        }
    }

    private void end(@Nullable EventMeshException cause) {
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
        state.pause();
        for (MemberState member : state.members()) {
            state.leave(member, false);
            member.receiver.closed(cause);
        }
        state.commitNow();
        shutTimer = environment.scheduler().schedule(LAST_COMMIT, () -> serial.executeLater(this::shut));
        afterStep();
    }

    private void shut() {
        if (stage == Stage.CLOSED) {
            return;
        }
        stage = Stage.CLOSED;
        for (Scheduler.Timer each : new Scheduler.@Nullable Timer[] {timer, idleTimer, shutTimer}) {
            if (each != null) {
                each.cancel();
            }
        }
        storage.close();
        if (identity.passing()) {
            environment.storage().deleteGroup(name());
        }
        log.info("Group closed. group={}", name());
        closed.complete(null);
    }

    private boolean isDeleted() {
        try {
            return environment.storage().group(name()).isEmpty();
        } catch (EventMeshException closed) {
            // a storage that is closed takes partitions away too; whoever closes it closes this group
            return false;
        }
    }

    // after each step

    private void afterStep() {
        if (stage == Stage.CLOSING && state.isCommitted()) {
            shut();
        }
        if (stage == Stage.OPEN && drainCause != null && state.inFlightCount() == 0) {
            end(drainCause);
            return;
        }
        Snapshot before = snapshot;
        int members = state.memberCount();
        int inFlight = state.inFlightCount();
        int parked = state.parkedCount();
        if (before.members() != members || before.inFlight() != inFlight || before.parked() != parked) {
            snapshot = new Snapshot(members, inFlight, parked);
        }
        if (stage != Stage.CLOSED) {
            arm();
        }
    }

    private void arm() {
        long due = state.nextDueNanos();
        if (due >= armedFor) {
            return;
        }
        if (timer != null) {
            timer.cancel();
        }
        armedFor = due;
        Duration wait = Duration.ofNanos(Math.max(0, due - environment.clock().nanoTime()));
        timer = environment
                .scheduler()
                .schedule(
                        wait,
                        () -> serial.executeLater(() -> {
                            if (stage != Stage.CLOSED) {
                                armedFor = Long.MAX_VALUE;
                                state.fire();
                                afterStep();
                            }
                        }));
    }

    private final class Listener implements GroupReader.Listener {
        @Override
        public void assigned(StreamPartition partition, long epoch, Progress progress) {
            step(() -> {
                List<Parking.Ticket> own = tickets.stream()
                        .filter(ticket -> ticket.position().partition().equals(partition))
                        .toList();
                state.assigned(partition, epoch, progress, own);
            });
        }

        @Override
        public void revoked(StreamPartition partition, long epoch) {
            step(() -> {
                state.revoked(partition, epoch);
                if (isDeleted()) {
                    end(new EventMeshException(ErrorCode.NOT_FOUND, "subscription: %s was deleted".formatted(name())));
                }
            });
        }

        @Override
        public void records(StreamPartition partition, long epoch, List<StoredRecord> records) {
            step(() -> state.records(partition, epoch, records));
        }

        @Override
        public void gap(Gap gap) {
            log.warn(
                    "Group misses events. group={} partition={} from={} to={} count={} why={}",
                    name(),
                    gap.partition(),
                    gap.from(),
                    gap.to(),
                    gap.count(),
                    gap.why());
            step(() -> state.gap(gap));
        }

        @Override
        public void failed(EventMeshException cause) {
            step(() -> end(cause));
        }
    }
}
