package io.eventmesh.test;

import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.thread.SerialExecutor;
import io.eventmesh.common.topic.SubscriptionName;
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
import io.eventmesh.spi.storage.Position;
import io.eventmesh.spi.target.Destination;
import io.eventmesh.spi.target.Outcome;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import java.util.function.Supplier;

/** A mesh that fails when the test says so, and whose members can lose their connection. Thread-safe. */
final class ProbedMesh implements Mesh {
    private final Mesh behind;
    private final PlannedFailures failures;
    private final Supplier<SerialExecutor> serials;
    private final Set<ProbedMember> members = ConcurrentHashMap.newKeySet();

    ProbedMesh(Mesh behind, PlannedFailures failures, Supplier<SerialExecutor> serials) {
        this.behind = behind;
        this.failures = failures;
        this.serials = serials;
    }

    /** Cuts every member off and lets it attach again, as a client does that lost its connection. */
    void dropConnections() {
        members.forEach(ProbedMember::drop);
    }

    @Override
    public CompletionStage<Position> publish(CallContext context, Outgoing event) {
        EventMeshException planned = failures.next(event.topic().value());
        return planned == null ? behind.publish(context, event) : CompletableFuture.failedFuture(planned);
    }

    @Override
    public List<CompletionStage<Position>> publish(CallContext context, List<Outgoing> events) {
        List<CompletionStage<Position>> answers = new ArrayList<>(events.size());
        events.forEach(event -> answers.add(publish(context, event)));
        return answers;
    }

    @Override
    public CompletionStage<Member> subscribe(CallContext context, SubscribeTerms terms, Receiver receiver) {
        ProbedMember member = new ProbedMember(behind, context, terms, receiver, serials.get(), members::remove);
        members.add(member);
        return member.open();
    }

    @Override
    public CompletionStage<Member> deliverTo(
            CallContext context, SubscribeTerms terms, Destination destination, Consumer<Outcome.Stop> onStopped) {
        return behind.deliverTo(context, terms, destination, onStopped);
    }

    @Override
    public CompletionStage<Boolean> putSubscription(CallContext context, SubscribeTerms terms) {
        return behind.putSubscription(context, terms);
    }

    @Override
    public CompletionStage<Boolean> deleteSubscription(CallContext context, SubscriptionName subscription) {
        return behind.deleteSubscription(context, subscription);
    }

    @Override
    public CompletionStage<Event> request(CallContext context, Outgoing request, Duration timeout) {
        EventMeshException planned = failures.next(request.topic().value());
        return planned == null ? behind.request(context, request, timeout) : CompletableFuture.failedFuture(planned);
    }

    @Override
    public CompletionStage<Void> reply(CallContext context, String replyTo, Event reply) {
        return behind.reply(context, replyTo, reply);
    }

    @Override
    public List<MeshEndpoint> endpoints() {
        return behind.endpoints();
    }

    @Override
    public CompletionStage<List<StreamStatus>> streams() {
        return behind.streams();
    }

    @Override
    public CompletionStage<List<SubscriptionStatus>> subscriptions() {
        return behind.subscriptions();
    }
}
