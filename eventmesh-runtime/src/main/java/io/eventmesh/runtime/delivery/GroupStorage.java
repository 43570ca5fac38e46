package io.eventmesh.runtime.delivery;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.topic.SubscriptionName;
import io.eventmesh.common.topic.TopicName;
import io.eventmesh.rules.TargetName;
import io.eventmesh.spi.mesh.TaskFence;
import io.eventmesh.spi.storage.GroupReader;
import io.eventmesh.spi.storage.Parking;
import io.eventmesh.spi.storage.Progress;
import java.time.Duration;
import java.util.concurrent.CompletionStage;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Does what a group's state asks of the storage, and brings the answers back to the group's own thread of steps.
 * Touched by the group's serial executor only.
 */
final class GroupStorage implements GroupEffects {
    private static final Logger log = LoggerFactory.getLogger(GroupStorage.class);
    private static final Duration UNPARK_RETRY = Duration.ofSeconds(1);

    /** Runs a step of the group; does nothing once the group is closed. */
    interface Steps {
        void step(Runnable step);

        GroupState state();
    }

    private final DeliveryEnvironment environment;
    private final SubscriptionName name;
    private final TopicName deadLetterTopic;
    private final Steps steps;
    private @Nullable GroupReader reader;
    /** The newest right of a task that is a member, for dead letters. */
    private @Nullable TaskFence owner;

    private boolean failing;

    GroupStorage(DeliveryEnvironment environment, SubscriptionName name, Steps steps) {
        this.environment = environment;
        this.name = name;
        this.deadLetterTopic = DeadLetter.topic(name);
        this.steps = steps;
    }

    void reader(GroupReader opened) {
        reader = opened;
    }

    void owner(@Nullable TaskFence fence) {
        owner = fence;
    }

    void close() {
        if (reader != null) {
            reader.close();
            reader = null;
        }
    }

    @Override
    public void request(PartitionWindow window, long bytes) {
        if (reader != null) {
            reader.request(window.partition, bytes);
        }
    }

    @Override
    public void commit(PartitionWindow window, Progress progress) {
        if (reader == null) {
            return;
        }
        answer(
                reader.commit(window.partition, window.epoch, progress),
                "progress",
                (nothing, failure) -> steps.state().committed(window, failure));
    }

    @Override
    public void park(Entry entry) {
        Parking.Ticket ticket = new Parking.Ticket(
                entry.position,
                entry.laneName,
                entry.failures,
                entry.firstOfferMillis,
                entry.dueMillis,
                entry.cause.text());
        Parking parking = environment.storage().parking();
        long epoch = entry.window.epoch;
        answer(
                entry.parked
                        ? parking.repark(name, epoch, ticket)
                        : parking.park(name, epoch, ticket, entry.requireRecord()),
                "parking",
                (nothing, failure) -> steps.state().parked(entry, failure));
    }

    @Override
    public void unpark(Entry entry) {
        environment
                .storage()
                .parking()
                .remove(name, entry.window.epoch, entry.position)
                .whenComplete((nothing, failure) -> {
                    if (failure != null
                            && mayPass(EventMeshException.of(failure).code())) {
                        environment.scheduler().schedule(UNPARK_RETRY, () -> steps.step(() -> unpark(entry)));
                    }
                });
    }

    @Override
    public void load(Entry entry) {
        answer(
                environment.storage().parking().read(name, entry.position),
                "parked event",
                (record, failure) -> steps.state().loaded(entry, record, failure));
    }

    @Override
    public void bury(Entry entry) {
        Burial burial = entry.burial;
        answer(
                environment
                        .deadLetters()
                        .append(
                                name.namespace(),
                                deadLetterTopic(entry),
                                DeadLetter.event(
                                        entry, owner, environment.clock().millis()),
                                burial == null
                                        ? entry.requireRecord()
                                        : entry.requireRecord().withTarget(burial.target())),
                "dead letter",
                (nothing, failure) -> {
                    if (failure != null && burial != null && !failure.code().retryable()) {
                        // the topic that was wished for does not take it: better where others go than nowhere
                        entry.burial = burial.on(DeadLetter.ofTarget(name.namespace(), burial.owner()));
                    }
                    steps.state().buried(entry, failure);
                });
    }

    @Override
    public void count(Happening what) {
        environment.counters().count(what);
    }

    private TopicName deadLetterTopic(Entry entry) {
        if (entry.burial != null) {
            return entry.burial.topic();
        }
        String target = entry.requireRecord().target();
        return target != null && name.group().startsWith(DeadLetter.TARGETS)
                ? DeadLetter.ofTarget(name.namespace(), TargetName.path(target))
                : deadLetterTopic;
    }

    private <T> void answer(
            CompletionStage<T> stage, String what, BiConsumer<@Nullable T, @Nullable EventMeshException> then) {
        stage.whenComplete((value, thrown) -> steps.step(() -> {
            EventMeshException failure = thrown == null ? null : EventMeshException.of(thrown);
            note(what, failure);
            then.accept(value, failure);
        }));
    }

    /** Whether what failed so is worth another try by this owner. */
    private static boolean mayPass(ErrorCode code) {
        return code != ErrorCode.FENCED && code != ErrorCode.NOT_FOUND;
    }

    /** Says when the storage begins to refuse and when that is over, not each time. */
    private void note(String what, @Nullable EventMeshException failure) {
        boolean fails = failure != null && mayPass(failure.code());
        if (fails && failure != null && !failing) {
            log.warn(
                    "Storage refuses a group, trying again. group={} what={} code={} error={}",
                    name,
                    what,
                    failure.code(),
                    failure.reason());
        } else if (failing && failure == null) {
            log.info("Storage serves the group again. group={}", name);
        }
        failing = fails || (failing && failure != null);
    }
}
