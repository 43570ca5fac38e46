package io.eventmesh.runtime.mesh;

import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.lifecycle.Component;
import io.eventmesh.common.lifecycle.Health;
import io.eventmesh.common.topic.SubscriptionName;
import io.eventmesh.runtime.delivery.DeliveryCounters;
import io.eventmesh.runtime.delivery.DeliveryEnvironment;
import io.eventmesh.runtime.delivery.LaneRule;
import io.eventmesh.runtime.mesh.lane.Backlogs;
import io.eventmesh.runtime.mesh.lane.KnownCredentials;
import io.eventmesh.runtime.mesh.lane.LaneOutbox;
import io.eventmesh.runtime.mesh.lane.Senders;
import io.eventmesh.runtime.mesh.lane.TargetLanes;
import io.eventmesh.runtime.mesh.peer.Peers;
import io.eventmesh.spi.event.Event;
import io.eventmesh.spi.mesh.CallContext;
import io.eventmesh.spi.mesh.Member;
import io.eventmesh.spi.mesh.Mesh;
import io.eventmesh.spi.mesh.MeshAdmin;
import io.eventmesh.spi.mesh.MeshEndpoint;
import io.eventmesh.spi.mesh.Outgoing;
import io.eventmesh.spi.mesh.Receiver;
import io.eventmesh.spi.mesh.StreamStatus;
import io.eventmesh.spi.mesh.SubscribeTerms;
import io.eventmesh.spi.mesh.SubscriptionStatus;
import io.eventmesh.spi.mesh.TaskFence;
import io.eventmesh.spi.peer.MeshPeer;
import io.eventmesh.spi.peer.PeerLinks;
import io.eventmesh.spi.storage.Capability;
import io.eventmesh.spi.storage.Position;
import io.eventmesh.spi.storage.Storage;
import io.eventmesh.spi.target.Destination;
import io.eventmesh.spi.target.Outcome;
import io.eventmesh.spi.target.TargetEnvironment;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import java.util.function.Supplier;
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

    private final Storage storage;
    private final ServingState serving = new ServingState();
    private final TaskFences fences;
    private final Publishing publishing;
    private final Requests requests;
    private final WideGroups wide;
    private final LiveGroups groups;
    private final Subscribing subscribing;
    private final GroupExpiry expiry;
    private final GroupGauges gauges;
    private final @Nullable RelayGauges relayGauges;
    private final LetterGauges letterGauges;
    private final DeadLetterStreams letters;
    private final Overview overview;
    private final TargetBacklogs backlogs;
    private final MeshOperators operators;
    private final Senders senders;
    private final Peers peers;
    private final PeerDesk desk;
    private final @Nullable SharedGroups watch;
    private volatile Supplier<List<MeshEndpoint>> endpoints = List::of;

    public LocalMesh(Storage storage, MeshSettings settings, MeshSurroundings surroundings) {
        this.storage = storage;
        Rejections rejections = new Rejections(surroundings.meters());
        StreamMap map = new StreamMap(settings.topics().streams());
        Turns<SubscriptionName> turns = new Turns<>();
        Quotas quotas = new Quotas(settings.limits());
        this.wide = new WideGroups(storage, map, turns);
        this.letters = new DeadLetterStreams(storage);
        Streams streams = new Streams(
                storage,
                settings.topics(),
                quotas,
                stream -> wide.join(stream).thenCompose(joined -> letters.keep(stream)));
        boolean shared = storage.capabilities().contains(Capability.SHARED);
        this.peers = new Peers(
                settings.runtimeId(),
                surroundings.clock(),
                surroundings.scheduler(),
                surroundings.dispatch(),
                this::sharedGroups);
        this.fences = new TaskFences(this::fenceRaised, surroundings.clock());
        Admission admission = new Admission(
                surroundings.authorizer(),
                fences,
                settings.limits().maxEventSize().bytes(),
                Rates.of(settings.limits(), surroundings.clock()));
        this.publishing = new Publishing(
                serving,
                admission,
                map,
                streams,
                surroundings.clock(),
                surroundings.meters(),
                rejections,
                settings.maxAppends());
        this.requests = new Requests(
                settings,
                serving,
                admission,
                publishing,
                surroundings.scheduler(),
                surroundings.secrets(),
                peers,
                surroundings.meters());
        DeliveryEnvironment environment = new DeliveryEnvironment(
                storage,
                surroundings.clock(),
                surroundings.scheduler(),
                surroundings.dispatch(),
                settings.delivery(),
                new DeliveryCounters(surroundings.meters()),
                surroundings.random(),
                publishing::appendDeadLetter,
                fences::newest);
        this.groups = new LiveGroups(environment, serving, this::attached, this::closed, peers::lookSoon);
        Subscriptions subscriptions = new Subscriptions(storage, map, streams, turns, wide, quotas, groups, peers);
        this.backlogs = new TargetBacklogs(storage, map, streams, subscriptions, surroundings.clock());
        this.expiry = new GroupExpiry(
                storage,
                subscriptions,
                groups::isWanted,
                peers::away,
                settings.groupExpireAfter(),
                surroundings.clock(),
                surroundings.scheduler());
        this.senders = senders(settings, surroundings);
        Filters filters = new Filters(surroundings.plugins());
        this.subscribing = new Subscribing(
                serving,
                admission,
                filters,
                quotas,
                rejections,
                subscriptions,
                groups,
                senders,
                peers,
                shared,
                settings);
        this.watch = shared ? new SharedGroups(storage, subscribing, groups, wide, surroundings.scheduler()) : null;
        this.desk = new PeerDesk(groups, peers, requests, expiry);
        this.overview = new Overview(storage, groups, subscribing::problem);
        this.operators = new MeshOperators(
                serving,
                storage,
                streams,
                subscribing,
                subscriptions,
                overview,
                letters,
                new LetterDesk(serving, storage, letters, filters, map, streams, subscriptions, surroundings),
                surroundings.clock(),
                settings.runtimeId());
        this.gauges = new GroupGauges(storage, groups, surroundings.meters(), surroundings.scheduler());
        this.relayGauges =
                shared ? new RelayGauges(peers, groups, surroundings.meters(), surroundings.scheduler()) : null;
        this.letterGauges = new LetterGauges(letters, storage, surroundings.meters(), surroundings.scheduler());
    }

    private Senders senders(MeshSettings settings, MeshSurroundings surroundings) {
        KnownCredentials known = new KnownCredentials();
        TargetEnvironment environment = new TargetEnvironment(
                settings.runtimeId(),
                this,
                surroundings.clock(),
                surroundings.scheduler(),
                known,
                surroundings.outward().secrets(),
                surroundings.outward().addresses());
        return new Senders(surroundings.plugins(), environment, known);
    }

    private Set<SubscriptionName> sharedGroups() {
        return groups.shared();
    }

    private void attached(SubscriptionName name) {
        expiry.came(name);
    }

    private void closed(SubscriptionName name) {
        if (Subscribing.isPassing(name)) {
            wide.forget(name);
        }
    }

    @Override
    public String name() {
        return "mesh";
    }

    @Override
    public void start() {
        serving.serve();
        wide.load();
        letters.load();
        subscribing.resume(storage);
        if (watch != null) {
            watch.start();
        }
        expiry.start();
        gauges.start();
        letterGauges.start();
        if (relayGauges != null) {
            relayGauges.start();
        }
    }

    @Override
    public Health health() {
        return serving.health();
    }

    // publishing

    @Override
    public CompletionStage<Position> publish(CallContext context, Outgoing outgoing) {
        return publishing.publish(context, outgoing);
    }

    @Override
    public List<CompletionStage<Position>> publish(CallContext context, List<Outgoing> events) {
        return publishing.publish(context, events);
    }

    @Override
    public CompletionStage<Event> request(CallContext context, Outgoing request, Duration timeout) {
        return requests.request(context, request, timeout);
    }

    @Override
    public CompletionStage<Void> reply(CallContext context, String replyTo, Event reply) {
        return requests.reply(context, replyTo, reply);
    }

    // subscribing

    @Override
    public CompletionStage<Member> subscribe(CallContext context, SubscribeTerms terms, Receiver receiver) {
        LaneRule lanes = terms.delivery().ordered() ? LaneRule.BY_KEY : LaneRule.NONE;
        return subscribing.subscribe(context, terms, lanes, receiver).thenApply(member -> member);
    }

    /** For groups that are kept in other lanes than those of the keys. */
    public LaneOutbox outbox() {
        return subscribing::subscribeOwn;
    }

    /** Where events wait for targets that cannot take them. */
    public Backlogs backlogs() {
        return backlogs;
    }

    /** Operators are told how these are. */
    public void deliversTo(TargetLanes lanes) {
        operators.targets(lanes);
    }

    /** What sends to destinations from here. */
    public Senders senders() {
        return senders;
    }

    @Override
    public CompletionStage<Member> deliverTo(
            CallContext context, SubscribeTerms terms, Destination destination, Consumer<Outcome.Stop> onStopped) {
        return subscribing.deliverTo(context, terms, destination, onStopped);
    }

    @Override
    public CompletionStage<Boolean> putSubscription(CallContext context, SubscribeTerms terms) {
        return subscribing.put(context, terms);
    }

    @Override
    public CompletionStage<Boolean> deleteSubscription(CallContext context, SubscriptionName subscription) {
        return subscribing.delete(context, subscription);
    }

    /** These and no other tasks have a right in the meta store now. */
    void fencedTasks(Set<String> tasks) {
        fences.present(tasks);
    }

    /** @param listener told of each task whose right came by a call before it came from the meta store */
    void onTaskCalled(Consumer<String> listener) {
        fences.onCalled(listener);
    }

    /** Notes a task's right as the meta store has it. */
    void fence(TaskFence fence) {
        fences.see(fence);
    }

    private void fenceRaised(TaskFence newest) {
        groups.fence(newest);
    }

    // what operators see

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
        return answer(overview::streams);
    }

    @Override
    public CompletionStage<List<SubscriptionStatus>> subscriptions() {
        return answer(overview::subscriptions);
    }

    @Override
    public MeshAdmin admin() {
        return operators;
    }

    // among other runtimes

    @Override
    public MeshPeer peer() {
        return desk;
    }

    /** Finds the other runtimes over the same storage, as {@link #endpoints} names them. */
    public void meet(PeerLinks links) {
        peers.begin(links, this::endpoints);
    }

    /** What {@link #endpoints} names has changed. */
    void endpointsChanged() {
        peers.lookSoon();
    }

    private static <T> CompletionStage<T> answer(Supplier<T> question) {
        try {
            return CompletableFuture.completedStage(question.get());
        } catch (EventMeshException unavailable) {
            return CompletableFuture.failedStage(unavailable);
        }
    }

    // ending

    /**
     * Takes nothing new but replies, and ends each member as soon as what it has in flight is settled. Completes when all
     * of them have ended and progress is stored, and every request that waits has its reply, or has waited long enough
     * for it and been told to go elsewhere.
     */
    public CompletionStage<Void> drain() {
        serving.drain();
        stopLooking();
        CompletionStage<Void> spread = peers.drain();
        CompletionStage<Void> answered = requests.drain(serving.refusal());
        return groups.drain(serving.refusal())
                .thenCombine(answered, (settled, replied) -> null)
                .thenCombine(spread, (settled, left) -> null);
    }

    private void stopLooking() {
        expiry.close();
        if (watch != null) {
            watch.close();
        }
    }

    @Override
    public void close() {
        if (!serving.close()) {
            return;
        }
        stopLooking();
        gauges.close();
        letterGauges.close();
        if (relayGauges != null) {
            relayGauges.close();
        }
        peers.close(serving.refusal());
        requests.end(serving.refusal());
        groups.close(serving.refusal());
        subscribing.close();
        log.debug("Mesh closed.");
    }
}
