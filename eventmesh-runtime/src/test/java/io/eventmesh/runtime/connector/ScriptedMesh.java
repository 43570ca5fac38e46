package io.eventmesh.runtime.connector;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.topic.StreamName;
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
import io.eventmesh.spi.storage.StreamPartition;
import io.eventmesh.spi.target.Destination;
import io.eventmesh.spi.target.Outcome;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;

/** A mesh whose every publish is kept for the test to answer. Thread-safe. */
final class ScriptedMesh implements Mesh {
    /** A publish and its answer. */
    record Call(CallContext context, Outgoing outgoing, CompletableFuture<Position> answer) {
        void store() {
            answer.complete(new Position(new StreamPartition(new StreamName("default", "s"), 0), 1));
        }

        void refuse(ErrorCode code) {
            answer.completeExceptionally(new EventMeshException(code, "refused"));
        }

        String text() {
            return new String(outgoing.event().data(), java.nio.charset.StandardCharsets.UTF_8);
        }
    }

    private final List<Call> calls = new ArrayList<>();

    synchronized List<Call> calls() {
        return List.copyOf(calls);
    }

    @Override
    public synchronized CompletionStage<Position> publish(CallContext context, Outgoing event) {
        Call call = new Call(context, event, new CompletableFuture<>());
        calls.add(call);
        return call.answer();
    }

    @Override
    public List<CompletionStage<Position>> publish(CallContext context, List<Outgoing> events) {
        return events.stream().map(event -> publish(context, event)).toList();
    }

    @Override
    public CompletionStage<Member> subscribe(CallContext context, SubscribeTerms terms, Receiver receiver) {
        return CompletableFuture.failedFuture(new EventMeshException(ErrorCode.NOT_SUPPORTED, "publish only"));
    }

    @Override
    public CompletionStage<Member> deliverTo(
            CallContext context, SubscribeTerms terms, Destination destination, Consumer<Outcome.Stop> onStopped) {
        return CompletableFuture.failedFuture(new EventMeshException(ErrorCode.NOT_SUPPORTED, "publish only"));
    }

    @Override
    public CompletionStage<Boolean> putSubscription(CallContext context, SubscribeTerms terms) {
        return CompletableFuture.failedFuture(new EventMeshException(ErrorCode.NOT_SUPPORTED, "publish only"));
    }

    @Override
    public CompletionStage<Boolean> deleteSubscription(CallContext context, SubscriptionName subscription) {
        return CompletableFuture.failedFuture(new EventMeshException(ErrorCode.NOT_SUPPORTED, "publish only"));
    }

    @Override
    public CompletionStage<Event> request(CallContext context, Outgoing request, Duration timeout) {
        return CompletableFuture.failedFuture(new EventMeshException(ErrorCode.NOT_SUPPORTED, "publish only"));
    }

    @Override
    public CompletionStage<Void> reply(CallContext context, String replyTo, Event reply) {
        return CompletableFuture.failedFuture(new EventMeshException(ErrorCode.NOT_SUPPORTED, "publish only"));
    }

    @Override
    public List<MeshEndpoint> endpoints() {
        return List.of();
    }

    @Override
    public CompletionStage<List<StreamStatus>> streams() {
        return CompletableFuture.completedFuture(List.of());
    }

    @Override
    public CompletionStage<List<SubscriptionStatus>> subscriptions() {
        return CompletableFuture.completedFuture(List.of());
    }
}
