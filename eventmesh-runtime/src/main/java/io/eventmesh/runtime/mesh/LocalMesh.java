package io.eventmesh.runtime.mesh;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.lifecycle.Component;
import io.eventmesh.common.lifecycle.Health;
import io.eventmesh.common.time.MeshClock;
import io.eventmesh.common.time.Scheduler;
import io.eventmesh.common.topic.StreamName;
import io.eventmesh.common.topic.SubscriptionName;
import io.eventmesh.common.topic.TopicName;
import io.eventmesh.runtime.delivery.DeliveryCounters;
import io.eventmesh.runtime.delivery.DeliveryEnvironment;
import io.eventmesh.runtime.delivery.Group;
import io.eventmesh.runtime.delivery.LaneMember;
import io.eventmesh.runtime.delivery.LaneRule;
import io.eventmesh.runtime.mesh.lane.Outbox;
import io.eventmesh.spi.event.Event;
import io.eventmesh.spi.mesh.CallContext;
import io.eventmesh.spi.mesh.Member;
import io.eventmesh.spi.mesh.Mesh;
import io.eventmesh.spi.mesh.MeshEndpoint;
import io.eventmesh.spi.mesh.Outgoing;
import io.eventmesh.spi.mesh.Receiver;
import io.eventmesh.spi.mesh.StreamStatus;
import io.eventmesh.spi.mesh.SubscribeTerms;
import io.eventmesh.spi.mesh.SubscriptionStatus;
import io.eventmesh.spi.mesh.TaskFence;
import io.eventmesh.spi.security.Authorizer;
import io.eventmesh.spi.storage.EventRecord;
import io.eventmesh.spi.storage.GroupInfo;
import io.eventmesh.spi.storage.Position;
import io.eventmesh.spi.storage.Start;
import io.eventmesh.spi.storage.Storage;
import io.eventmesh.spi.target.Destination;
import io.eventmesh.spi.target.Outcome;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The mesh of this process: admits events, appends them to a storage, and lets groups deliver them.
 *
 * <p>The storage is started before it and closed after it by whoever made both. Between start and close every method
 * may be called by any thread.
 */
public final class LocalMesh implements Mesh, Component {
    private static final Logger log = LoggerFactory.getLogger(LocalMesh.class);
    private static final String PASSING = "_passing/";

    private final Storage storage;
    private final MeshSettings settings;
    private final MeshClock clock;
    private final StreamMap streamMap;
    private final Streams streams;
    private final TaskFences fences;
    private final Admission admission;
    private final PublishCounters counters;
    private final DeliveryEnvironment environment;
    private final Map<SubscriptionName, Group> groups = new ConcurrentHashMap<>();
    private final AtomicInteger appends = new AtomicInteger();
    private final AtomicLong passing = new AtomicLong();
    private volatile Supplier<List<MeshEndpoint>> endpoints = List::of;
    private volatile State state = State.NEW;

    private enum State {
        NEW,
        SERVING,
        DRAINING,
        CLOSED
    }

    /**
     * @param scheduler fires time-outs
     * @param dispatch runs what groups do not do inline on the calling thread; must not be blocked
     */
    public LocalMesh(
            Storage storage,
            MeshSettings settings,
            MeshClock clock,
            Scheduler scheduler,
            Executor dispatch,
            Authorizer authorizer,
            MeterRegistry meters) {
        this(
                storage,
                settings,
                clock,
                scheduler,
                dispatch,
                authorizer,
                meters,
                () -> ThreadLocalRandom.current().nextLong());
    }

    LocalMesh(
            Storage storage,
            MeshSettings settings,
            MeshClock clock,
            Scheduler scheduler,
            Executor dispatch,
            Authorizer authorizer,
            MeterRegistry meters,
            RandomGenerator random) {
        this.storage = storage;
        this.settings = settings;
        this.clock = clock;
        this.streamMap = new StreamMap(settings.topics().streams());
        this.streams = new Streams(storage, settings.topics());
        this.fences = new TaskFences(this::fenceRaised);
        this.admission =
                new Admission(authorizer, fences, settings.maxEventSize().bytes());
        this.counters = new PublishCounters(meters);
        this.environment = new DeliveryEnvironment(
                storage,
                clock,
                scheduler,
                dispatch,
                settings.delivery(),
                new DeliveryCounters(meters),
                random,
                this::appendDeadLetter);
    }

    @Override
    public String name() {
        return "mesh";
    }

    @Override
    public void start() {
        state = State.SERVING;
    }

    @Override
    public Health health() {
        return switch (state) {
            case SERVING -> Health.up();
            case DRAINING -> Health.degraded("draining");
            case NEW, CLOSED -> Health.down(state == State.NEW ? "not started" : "closed");
        };
    }

    // publishing

    @Override
    public CompletionStage<Position> publish(CallContext context, Outgoing outgoing) {
        PublishCounters.Door door = counters.of(context.door());
        EventMeshException refusal = refusal(context, outgoing);
        if (refusal == null) {
            refusal = reserve(1);
        }
        if (refusal != null) {
            door.refused().increment();
            return CompletableFuture.failedStage(refusal);
        }
        StreamName stream = streamMap.streamOf(context.namespace(), outgoing.topic());
        CompletionStage<Position> answer = streams.append(
                        stream, List.of(record(context, outgoing)), context.connection())
                .get(0);
        track(stream, answer, outgoing.event().size(), door);
        return answer;
    }

    @Override
    public List<CompletionStage<Position>> publish(CallContext context, List<Outgoing> events) {
        PublishCounters.Door door = counters.of(context.door());
        List<CompletionStage<Position>> answers = new ArrayList<>(events.size());
        List<EventRecord> run = new ArrayList<>();
        StreamName runStream = null;
        for (Outgoing outgoing : events) {
            EventMeshException refusal = refusal(context, outgoing);
            if (refusal == null) {
                refusal = reserve(1);
            }
            if (refusal != null) {
                door.refused().increment();
                // what came before is appended first, so that answers stay in their order
                append(runStream, run, context, answers, door);
                runStream = null;
                answers.add(CompletableFuture.failedStage(refusal));
                continue;
            }
            StreamName stream = streamMap.streamOf(context.namespace(), outgoing.topic());
            if (runStream != null && !stream.equals(runStream)) {
                append(runStream, run, context, answers, door);
            }
            runStream = stream;
            run.add(record(context, outgoing));
        }
        append(runStream, run, context, answers, door);
        return answers;
    }

    private void append(
            @Nullable StreamName stream,
            List<EventRecord> run,
            CallContext context,
            List<CompletionStage<Position>> answers,
            PublishCounters.Door door) {
        if (stream == null || run.isEmpty()) {
            return;
        }
        List<CompletionStage<Position>> stored = streams.append(stream, List.copyOf(run), context.connection());
        for (int i = 0; i < stored.size(); i++) {
            track(stream, stored.get(i), run.get(i).event().size(), door);
        }
        answers.addAll(stored);
        run.clear();
    }

    private @Nullable EventMeshException refusal(CallContext context, Outgoing outgoing) {
        if (state != State.SERVING) {
            return notServing();
        }
        try {
            admission.checkPublish(context, outgoing);
            return null;
        } catch (EventMeshException refused) {
            return refused;
        }
    }

    private @Nullable EventMeshException reserve(int events) {
        if (appends.addAndGet(events) <= settings.maxAppends()) {
            return null;
        }
        appends.addAndGet(-events);
        return new EventMeshException(
                ErrorCode.OVERLOADED,
                "appends in flight: %d (expected: at most %d)".formatted(settings.maxAppends(), settings.maxAppends()));
    }

    /** Gives the reservation back when the storage has answered; without a callback when it has already. */
    private void track(StreamName stream, CompletionStage<Position> answer, int size, PublishCounters.Door door) {
        // a stage of another class may refuse to be asked
        if (answer.getClass() == CompletableFuture.class
                && answer.toCompletableFuture().isDone()
                && !answer.toCompletableFuture().isCompletedExceptionally()) {
            appends.decrementAndGet();
            door.stored().increment();
            door.bytes().increment(size);
            return;
        }
        answer.whenComplete((position, failure) -> {
            appends.decrementAndGet();
            if (failure == null) {
                door.stored().increment();
                door.bytes().increment(size);
                return;
            }
            door.refused().increment();
            if (EventMeshException.of(failure).code() == ErrorCode.TOPIC_NOT_FOUND) {
                streams.forget(stream);
            }
        });
    }

    private EventRecord record(CallContext context, Outgoing outgoing) {
        Event event = outgoing.event();
        return new EventRecord(
                outgoing.topic(),
                event.partitionKey(),
                clock.millis(),
                outgoing.hops(),
                outgoing.target(),
                context.principal().name(),
                context.traceparent(),
                outgoing.notBeforeMillis(),
                event);
    }

    private CompletionStage<?> appendDeadLetter(String namespace, TopicName topic, Event event, EventRecord original) {
        EventRecord record = new EventRecord(
                topic,
                original.key(),
                clock.millis(),
                original.hops(),
                original.target(),
                original.principal(),
                original.traceparent(),
                0,
                event);
        StreamName stream = streamMap.streamOf(namespace, topic);
        return streams.append(stream, List.of(record), 0).get(0).whenComplete((position, failure) -> {
            if (failure != null && EventMeshException.of(failure).code() == ErrorCode.TOPIC_NOT_FOUND) {
                streams.forget(stream);
            }
        });
    }

    // subscribing

    @Override
    public CompletionStage<Member> subscribe(CallContext context, SubscribeTerms terms, Receiver receiver) {
        LaneRule lanes = terms.delivery().ordered() ? LaneRule.BY_KEY : LaneRule.NONE;
        return subscribe(context, terms, lanes, receiver).thenApply(member -> member);
    }

    /** For groups that are kept in other lanes than those of the keys. */
    public Outbox outbox() {
        return this::subscribe;
    }

    private CompletionStage<LaneMember> subscribe(
            CallContext context, SubscribeTerms terms, LaneRule lanes, Receiver receiver) {
        if (state != State.SERVING) {
            return CompletableFuture.failedStage(notServing());
        }
        try {
            admission.checkSubscribe(context, terms);
            String group = terms.isPassing()
                    ? PASSING + settings.runtimeId() + "/" + passing.incrementAndGet()
                    : terms.group();
            SubscriptionName name = new SubscriptionName(context.namespace(), group, terms.pattern());
            Set<StreamName> sources = streamMap.streamsOf(context.namespace(), terms.pattern());
            Start start = terms.isPassing() ? Start.latest() : terms.start();
            Group.Identity identity = new Group.Identity(name, terms.delivery(), lanes, terms.isPassing());
            return streams.ready(sources)
                    .thenCompose(ready -> storage.createGroup(name, sources, terms.delivery(), start))
                    .thenCompose(made -> attach(identity, context.fence(), terms.client(), receiver));
        } catch (EventMeshException refused) {
            return CompletableFuture.failedStage(refused);
        }
    }

    private CompletionStage<LaneMember> attach(
            Group.Identity identity, @Nullable TaskFence fence, String client, Receiver receiver) {
        if (state != State.SERVING) {
            return CompletableFuture.failedStage(notServing());
        }
        Group group = groups.computeIfAbsent(
                identity.name(), name -> new Group(environment, identity, closed -> groups.remove(name, closed)));
        return group.attach(fence, client, receiver).thenCompose(member -> {
            if (member.isPresent()) {
                return CompletableFuture.completedStage(member.get());
            }
            groups.remove(identity.name(), group);
            return attach(identity, fence, client, receiver);
        });
    }

    /** Forgets the rights of tasks that are gone for good. */
    void forgetTasks(Set<String> tasks) {
        tasks.forEach(fences::forget);
    }

    /** Notes a task's right as the meta store has it. */
    void fence(TaskFence fence) {
        fences.see(fence);
    }

    private void fenceRaised(TaskFence newest) {
        groups.values().forEach(group -> group.fence(newest));
    }

    // what operators see

    @Override
    public CompletionStage<Member> deliverTo(
            CallContext context, SubscribeTerms terms, Destination destination, Consumer<Outcome.Stop> onStopped) {
        return CompletableFuture.failedFuture(new EventMeshException(ErrorCode.NOT_SUPPORTED, "not yet"));
    }

    @Override
    public CompletionStage<Boolean> putSubscription(CallContext context, SubscribeTerms terms) {
        return CompletableFuture.failedFuture(new EventMeshException(ErrorCode.NOT_SUPPORTED, "not yet"));
    }

    @Override
    public CompletionStage<Boolean> deleteSubscription(CallContext context, SubscriptionName subscription) {
        return CompletableFuture.failedFuture(new EventMeshException(ErrorCode.NOT_SUPPORTED, "not yet"));
    }

    @Override
    public CompletionStage<Event> request(CallContext context, Outgoing request, Duration timeout) {
        return CompletableFuture.failedFuture(new EventMeshException(ErrorCode.NOT_SUPPORTED, "not yet"));
    }

    @Override
    public CompletionStage<Void> reply(CallContext context, String replyTo, Event reply) {
        return CompletableFuture.failedFuture(new EventMeshException(ErrorCode.NOT_SUPPORTED, "not yet"));
    }

    @Override
    public List<MeshEndpoint> endpoints() {
        return endpoints.get();
    }

    /** Whom {@link #endpoints} asks. */
    public void announce(Supplier<List<MeshEndpoint>> source) {
        endpoints = source;
    }

    @Override
    public CompletionStage<List<StreamStatus>> streams() {
        List<StreamStatus> all = storage.streams().stream()
                .map(info -> new StreamStatus(
                        info.name(), info.settings().partitions(), info.events(), info.bytes(), storage.durability()))
                .toList();
        return CompletableFuture.completedStage(all);
    }

    @Override
    public CompletionStage<List<SubscriptionStatus>> subscriptions() {
        return CompletableFuture.completedStage(
                storage.groups().stream().map(this::status).toList());
    }

    private SubscriptionStatus status(GroupInfo info) {
        Group group = groups.get(info.name());
        Group.Snapshot now = group == null ? new Group.Snapshot(0, 0, 0) : group.snapshot();
        SubscriptionStatus.State is = info.cutOff()
                ? SubscriptionStatus.State.CUT_OFF
                : now.members() > 0 ? SubscriptionStatus.State.ACTIVE : SubscriptionStatus.State.IDLE;
        return new SubscriptionStatus(
                info.name(),
                is,
                info.terms(),
                now.members(),
                info.lagEvents(),
                now.inFlight(),
                info.parked(),
                info.gaps(),
                "");
    }

    // ending

    /**
     * Takes nothing new, and ends the members as soon as what they have in flight is settled. Completes when all of
     * them have ended and progress is stored.
     */
    public CompletionStage<Void> drain() {
        if (state == State.SERVING) {
            state = State.DRAINING;
        }
        CompletableFuture<Void> all = CompletableFuture.completedFuture(null);
        for (Group group : groups.values()) {
            all = all.thenCombine(group.drain(notServing()), (a, b) -> null);
        }
        return all;
    }

    @Override
    public void close() {
        if (state == State.CLOSED) {
            return;
        }
        state = State.CLOSED;
        groups.values().forEach(group -> group.close(notServing()));
        log.debug("Mesh closed.");
    }

    private EventMeshException notServing() {
        return new EventMeshException(
                ErrorCode.SHUTTING_DOWN,
                state == State.NEW ? "this runtime has not started yet" : "this runtime is shutting down");
    }
}
