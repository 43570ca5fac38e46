package io.eventmesh.testkit.mesh;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.topic.StreamName;
import io.eventmesh.common.topic.SubscriptionName;
import io.eventmesh.spi.event.Event;
import io.eventmesh.spi.event.ReservedAttributes;
import io.eventmesh.spi.mesh.CallContext;
import io.eventmesh.spi.mesh.Delivery;
import io.eventmesh.spi.mesh.Member;
import io.eventmesh.spi.mesh.Mesh;
import io.eventmesh.spi.mesh.MeshEndpoint;
import io.eventmesh.spi.mesh.Outgoing;
import io.eventmesh.spi.mesh.Receiver;
import io.eventmesh.spi.mesh.StreamStatus;
import io.eventmesh.spi.mesh.SubscribeTerms;
import io.eventmesh.spi.mesh.SubscriptionStatus;
import io.eventmesh.spi.storage.Position;
import io.eventmesh.spi.storage.StreamPartition;
import io.eventmesh.spi.target.Destination;
import io.eventmesh.spi.target.Outcome;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A {@link Mesh} that stores nothing, remembers what it was asked, and answers as the test says.
 *
 * <p>Unless told otherwise it accepts: a publish that meets the event's rules completes at once, a subscription makes
 * a {@link RecordingMember} through which the test delivers. Thread-safe.
 */
public final class RecordingMesh implements Mesh {
    /** One publish as it came. */
    public record Published(CallContext context, Outgoing outgoing) {}

    /** A member of the mesh's own as it was asked for. */
    public record DeliveredTo(RecordingMember member, Destination destination, Consumer<Outcome.Stop> onStopped) {}

    /** A subscription that was put. */
    public record Put(CallContext context, SubscribeTerms terms) {}

    /** A request as it came. */
    public record Requested(CallContext context, Outgoing outgoing, Duration timeout) {}

    /** A reply as it came. */
    public record Replied(CallContext context, String replyTo, Event reply) {}

    private final List<DeliveredTo> deliveredTo = new CopyOnWriteArrayList<>();
    private final Map<SubscriptionName, Put> puts = new ConcurrentHashMap<>();
    private final List<Replied> replied = new CopyOnWriteArrayList<>();
    private final List<Requested> requested = new CopyOnWriteArrayList<>();
    private volatile Function<Outgoing, CompletionStage<Event>> replier =
            request -> CompletableFuture.failedStage(new EventMeshException(ErrorCode.DEADLINE_EXCEEDED, "no reply"));
    private final List<Published> published = new CopyOnWriteArrayList<>();
    private final List<RecordingMember> members = new CopyOnWriteArrayList<>();
    private final List<CompletableFuture<Position>> held = new ArrayList<>();
    private final AtomicLong nextOffset = new AtomicLong();
    private final AtomicInteger passing = new AtomicInteger();
    private volatile @Nullable EventMeshException refusal;
    private volatile boolean holding;
    private volatile List<MeshEndpoint> endpoints = List.of();
    private volatile List<StreamStatus> streams = List.of();
    private volatile List<SubscriptionStatus> subscriptions = List.of();
    private final FakeMeshAdmin admin = new FakeMeshAdmin();

    /** From now on every publish and subscribe fails with the code; null accepts again. */
    public void refuseWith(@Nullable ErrorCode code) {
        refusal = code == null ? null : new EventMeshException(code, "value: x (expected: y)");
    }

    @Override
    public FakeMeshAdmin admin() {
        return admin;
    }

    /** From now on publishes are answered only by {@link #release}. */
    public void hold() {
        holding = true;
    }

    /** Answers what was held, in order, and holds no more. */
    public void release() {
        List<CompletableFuture<Position>> ready;
        synchronized (held) {
            holding = false;
            ready = List.copyOf(held);
            held.clear();
        }
        ready.forEach(answer -> answer.complete(position("held")));
    }

    /** How many publishes wait for {@link #release}. */
    public int heldCount() {
        synchronized (held) {
            return held.size();
        }
    }

    /** What {@link #endpoints} answers from now on. */
    public void answerEndpoints(List<MeshEndpoint> answer) {
        endpoints = List.copyOf(answer);
    }

    /** What {@link #streams} answers from now on. */
    public void answerStreams(List<StreamStatus> answer) {
        streams = List.copyOf(answer);
    }

    /** What {@link #subscriptions} answers from now on. */
    public void answerSubscriptions(List<SubscriptionStatus> answer) {
        subscriptions = List.copyOf(answer);
    }

    /** What was accepted, in order. */
    public List<Published> published() {
        return List.copyOf(published);
    }

    /** How {@link #request} is answered from now on; until then every request runs out of time. */
    public void answerRequests(Function<Outgoing, CompletionStage<Event>> answer) {
        replier = answer;
    }

    /** The members of the mesh's own, in order, those that left among them. */
    public List<DeliveredTo> deliveredTo() {
        return List.copyOf(deliveredTo);
    }

    /** The subscriptions that were put and not deleted. */
    public Map<SubscriptionName, Put> puts() {
        return Map.copyOf(puts);
    }

    /** The requests, in order, those that were refused among them. */
    public List<Requested> requested() {
        return List.copyOf(requested);
    }

    /** The replies, in order. */
    public List<Replied> replied() {
        return List.copyOf(replied);
    }

    /** The members that attached, in order, those that left among them. */
    public List<RecordingMember> members() {
        return List.copyOf(members);
    }

    /** As a mesh sees it that lets runtimes say why an event is a dead letter. */
    private static Event bare(CallContext context, Outgoing outgoing) {
        if (outgoing.topic().isReserved()) {
            return outgoing.event().without(ReservedAttributes::isReserved);
        }
        return context.fence() == null && outgoing.target() == null
                ? outgoing.event()
                : outgoing.event().without(ReservedAttributes.DEAD_LETTER);
    }

    @Override
    public CompletionStage<Position> publish(CallContext context, Outgoing outgoing) {
        EventMeshException no = refusal;
        if (no != null) {
            return CompletableFuture.failedFuture(no);
        }
        try {
            bare(context, outgoing).requirePublishable();
        } catch (EventMeshException invalid) {
            return CompletableFuture.failedFuture(invalid);
        }
        published.add(new Published(context, outgoing));
        synchronized (held) {
            if (holding) {
                CompletableFuture<Position> answer = new CompletableFuture<>();
                held.add(answer);
                return answer;
            }
        }
        return CompletableFuture.completedFuture(position(outgoing.topic().firstLevel()));
    }

    @Override
    public List<CompletionStage<Position>> publish(CallContext context, List<Outgoing> events) {
        List<CompletionStage<Position>> answers = new ArrayList<>();
        events.forEach(event -> answers.add(publish(context, event)));
        return answers;
    }

    @Override
    public CompletionStage<Member> subscribe(CallContext context, SubscribeTerms terms, Receiver receiver) {
        EventMeshException no = refusal;
        if (no != null) {
            return CompletableFuture.failedFuture(no);
        }
        String group = terms.isPassing() ? "passing-" + passing.incrementAndGet() : terms.group();
        SubscriptionName name = new SubscriptionName(context.namespace(), group, terms.pattern());
        RecordingMember member = new RecordingMember(name, context, terms, receiver);
        members.add(member);
        return CompletableFuture.completedFuture(member);
    }

    @Override
    public CompletionStage<Member> deliverTo(
            CallContext context, SubscribeTerms terms, Destination destination, Consumer<Outcome.Stop> onStopped) {
        return subscribe(context, terms, NOBODY).thenApply(member -> {
            deliveredTo.add(new DeliveredTo((RecordingMember) member, destination, onStopped));
            return member;
        });
    }

    @Override
    public CompletionStage<Boolean> putSubscription(CallContext context, SubscribeTerms terms) {
        EventMeshException no = refusal;
        if (no != null) {
            return CompletableFuture.failedFuture(no);
        }
        SubscriptionName name = new SubscriptionName(context.namespace(), terms.group(), terms.pattern());
        return CompletableFuture.completedFuture(puts.put(name, new Put(context, terms)) == null);
    }

    @Override
    public CompletionStage<Boolean> deleteSubscription(CallContext context, SubscriptionName subscription) {
        EventMeshException no = refusal;
        if (no != null) {
            return CompletableFuture.failedFuture(no);
        }
        return CompletableFuture.completedFuture(puts.remove(subscription) != null);
    }

    @Override
    public CompletionStage<Event> request(CallContext context, Outgoing request, Duration timeout) {
        requested.add(new Requested(context, request, timeout));
        return publish(context, request).thenCompose(position -> replier.apply(request));
    }

    @Override
    public CompletionStage<Void> reply(CallContext context, String replyTo, Event reply) {
        EventMeshException no = refusal;
        if (no != null) {
            return CompletableFuture.failedFuture(no);
        }
        replied.add(new Replied(context, replyTo, reply));
        return CompletableFuture.completedFuture(null);
    }

    @Override
    public List<MeshEndpoint> endpoints() {
        return endpoints;
    }

    @Override
    public CompletionStage<List<StreamStatus>> streams() {
        return CompletableFuture.completedFuture(streams);
    }

    @Override
    public CompletionStage<List<SubscriptionStatus>> subscriptions() {
        return CompletableFuture.completedFuture(subscriptions);
    }

    private static final Receiver NOBODY = new Receiver() {
        @Override
        public void deliver(Delivery delivery) {}

        @Override
        public void closed(@Nullable EventMeshException cause) {}
    };

    private Position position(String stream) {
        return new Position(new StreamPartition(new StreamName("default", stream), 0), nextOffset.getAndIncrement());
    }
}
