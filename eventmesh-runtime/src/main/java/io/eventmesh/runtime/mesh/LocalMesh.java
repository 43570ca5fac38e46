package io.eventmesh.runtime.mesh;

import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.lifecycle.Component;
import io.eventmesh.common.lifecycle.Health;
import io.eventmesh.common.topic.SubscriptionName;
import io.eventmesh.runtime.delivery.DeliveryCounters;
import io.eventmesh.runtime.delivery.DeliveryEnvironment;
import io.eventmesh.runtime.delivery.LaneRule;
import io.eventmesh.runtime.mesh.lane.Outbox;
import io.eventmesh.runtime.mesh.lane.Senders;
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
import io.eventmesh.spi.storage.Position;
import io.eventmesh.spi.storage.Storage;
import io.eventmesh.spi.target.Destination;
import io.eventmesh.spi.target.Outcome;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import java.util.function.Supplier;
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
    private final DeadLetterStreams letters;
    private final Overview overview;
    private final MeshOperators operators;
    private final Senders senders;
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
        this.groups = new LiveGroups(environment, serving, this::attached, this::closed);
        Subscriptions subscriptions = new Subscriptions(storage, map, streams, turns, wide, quotas, groups);
        this.expiry = new GroupExpiry(
                storage,
                subscriptions,
                groups::isWanted,
                settings.groupExpireAfter(),
                surroundings.clock(),
                surroundings.scheduler());
        this.senders = new Senders(
                surroundings.plugins(), settings.runtimeId(), this, surroundings.clock(), surroundings.scheduler());
        Filters filters = new Filters(surroundings.plugins());
        this.subscribing = new Subscribing(
                serving, admission, filters, quotas, rejections, subscriptions, groups, senders, settings);
        this.overview = new Overview(storage, groups, subscribing::problem);
        this.operators = new MeshOperators(
                serving,
                storage,
                streams,
                subscribing,
                subscriptions,
                overview,
                letters,
                new LetterDesk(serving, storage, letters, filters, map, streams, subscriptions, surroundings.clock()),
                surroundings.clock(),
                settings.runtimeId());
        this.gauges = new GroupGauges(storage, groups, surroundings.meters(), surroundings.scheduler());
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
        expiry.start();
        gauges.start();
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
    public Outbox outbox() {
        return subscribing::subscribe;
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

    private static <T> CompletionStage<T> answer(Supplier<T> question) {
        try {
            return CompletableFuture.completedStage(question.get());
        } catch (EventMeshException unavailable) {
            return CompletableFuture.failedStage(unavailable);
        }
    }

    // ending

    /**
     * Takes nothing new, fails the requests that wait, and ends the members as soon as what they have in flight is
     * settled. Completes when all of them have ended and progress is stored.
     */
    public CompletionStage<Void> drain() {
        serving.drain();
        expiry.close();
        requests.end(serving.refusal());
        return groups.drain(serving.refusal());
    }

    @Override
    public void close() {
        if (!serving.close()) {
            return;
        }
        expiry.close();
        gauges.close();
        requests.end(serving.refusal());
        groups.close(serving.refusal());
        subscribing.close();
        log.debug("Mesh closed.");
    }
}
