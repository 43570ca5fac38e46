package io.eventmesh.protocol.grpc;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.protocol.grpc.EventMeshAnswers.Operation;
import io.eventmesh.spi.event.DataKind;
import io.eventmesh.spi.event.Event;
import io.eventmesh.spi.mesh.CallContext;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;

/** The single calls of EventMesh's consumers, and which streams belong to whom. Thread-safe. */
final class EventMeshConsumers {
    private final EventMeshAnswers answers;
    private final WebhookSubscribers webhooks;
    private final Map<ClientId, List<ConsumerStream>> streams = new ConcurrentHashMap<>();

    EventMeshConsumers(Door door, EventMeshAnswers answers) {
        this.answers = answers;
        this.webhooks = new WebhookSubscribers(door);
    }

    /** The client subscribes by the stream from now on. */
    void opened(ClientId client, ConsumerStream stream) {
        streams.merge(client, List.of(stream), (known, more) -> {
            List<ConsumerStream> all = new ArrayList<>(known);
            all.addAll(more);
            return List.copyOf(all);
        });
    }

    void ended(ClientId client, ConsumerStream stream) {
        streams.computeIfPresent(client, (unused, known) -> {
            List<ConsumerStream> rest =
                    known.stream().filter(each -> each != stream).toList();
            return rest.isEmpty() ? null : rest;
        });
    }

    void subscribe(CallContext caller, byte[] message, UnaryCall<byte[], InputStream> call) {
        Event event = Event.scan(message);
        ClientId client = ClientId.required(event);
        String url = Objects.requireNonNullElse(event.attribute("url"), "");
        if (url.isEmpty()) {
            throw new EventMeshException(
                    ErrorCode.REQUEST_INVALID, "url: none (expected: where events are to be posted)");
        }
        answer(call, Operation.SUBSCRIBE, subscribeWebhook(caller, client, SubscriptionItem.parse(event.data()), url));
    }

    CompletionStage<Void> subscribeWebhook(
            CallContext caller, ClientId client, List<SubscriptionItem> items, String url) {
        WebhookSubscribers.requireUrl(url);
        return webhooks.subscribe(caller, client, items, url);
    }

    /** With a URL a webhook's, without one a stream's. What was not subscribed is unsubscribed already. */
    void unsubscribe(CallContext caller, byte[] message, UnaryCall<byte[], InputStream> call) {
        Event event = Event.scan(message);
        ClientId client = ClientId.of(event);
        List<SubscriptionItem> items = SubscriptionItem.parse(event.data());
        String url = Objects.requireNonNullElse(event.attribute("url"), "");
        if (url.startsWith("http")) {
            answer(call, Operation.UNSUBSCRIBE, webhooks.unsubscribe(client, items, url));
            return;
        }
        List<CompletableFuture<?>> done = new ArrayList<>();
        for (SubscriptionItem item : items) {
            List<ConsumerStream> subscribed = streams(caller, client).stream()
                    .filter(stream -> stream.has(client, item))
                    .toList();
            if (subscribed.size() > 1) {
                throw new EventMeshException(
                        ErrorCode.NOT_FOUND,
                        "stream: one of %d of this process (expected: the call on the stream's connection)"
                                .formatted(subscribed.size()));
            }
            subscribed.forEach(
                    stream -> done.add(stream.unsubscribe(client, List.of(item)).toCompletableFuture()));
        }
        answer(call, Operation.UNSUBSCRIBE, CompletableFuture.allOf(done.toArray(CompletableFuture[]::new)));
    }

    /** Code 30 makes the client subscribe again everything that it names. */
    void heartbeat(CallContext caller, byte[] message, UnaryCall<byte[], InputStream> call) {
        Event event = Event.scan(message);
        ClientId client = ClientId.of(event);
        List<SubscriptionItem> items = event.dataKind() == DataKind.NONE || event.data().length == 0
                ? List.of()
                : SubscriptionItem.parse(event.data());
        if (!items.isEmpty()) {
            client = ClientId.required(event);
        }
        List<SubscriptionItem> posted =
                items.stream().filter(item -> item.url().startsWith("http")).toList();
        ClientId known = client;
        List<ConsumerStream> own = streams(caller, known);
        String missing = items.stream()
                .filter(item -> !item.url().startsWith("http"))
                .filter(item -> own.stream().noneMatch(stream -> stream.has(known, item)))
                .map(item -> item.pattern().value())
                .findFirst()
                .orElse("");
        webhooks.heartbeat(known, posted).whenComplete((allPosted, failure) -> {
            if (failure != null) {
                call.fail(failure);
            } else if (!missing.isEmpty() || !allPosted) {
                call.succeed(answers.subscribeAgain(
                        missing.isEmpty() ? "not all of its webhooks are known" : "no stream has " + missing));
            } else {
                call.succeed(answers.done(Operation.HEARTBEAT));
            }
        });
    }

    /**
     * The client's streams: those of the call's own connection where there are some, since each consumer of a process has
     * one of its own; otherwise all.
     */
    private List<ConsumerStream> streams(CallContext caller, ClientId client) {
        List<ConsumerStream> all = streams.getOrDefault(client, List.of());
        List<ConsumerStream> own = all.stream()
                .filter(stream -> stream.connection() == caller.connection())
                .toList();
        return own.isEmpty() ? all : own;
    }

    private void answer(UnaryCall<byte[], InputStream> call, Operation operation, CompletionStage<Void> done) {
        call.completeWith(done.thenApply(unused -> answers.done(operation)));
    }
}
