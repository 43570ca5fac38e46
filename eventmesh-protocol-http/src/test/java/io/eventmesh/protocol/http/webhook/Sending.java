package io.eventmesh.protocol.http.webhook;

import io.eventmesh.common.net.CallableAddresses;
import io.eventmesh.common.topic.TopicName;
import io.eventmesh.spi.event.Event;
import io.eventmesh.spi.storage.EventRecord;
import io.eventmesh.spi.target.Attempt;
import io.eventmesh.spi.target.Credential;
import io.eventmesh.spi.target.Outcome;
import io.eventmesh.spi.target.SecretValues;
import io.eventmesh.spi.target.SendTerms;
import io.eventmesh.spi.target.TargetContext;
import io.eventmesh.spi.target.TargetEnvironment;
import io.eventmesh.testkit.ManualTime;
import io.eventmesh.testkit.mesh.RecordingMesh;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;

/** Senders as a lane uses them, with what they are given in the hands of the test. */
final class Sending implements AutoCloseable {
    final ManualTime time = new ManualTime();
    final Map<String, Credential> credentials = new ConcurrentHashMap<>();
    volatile SecretValues secrets = SecretValues.none();
    volatile CallableAddresses addresses = new CallableAddresses(true, List.of());
    SendTerms terms = SendTerms.defaults().withTimeout(Duration.ofSeconds(5));
    private final List<WebhookSender> senders = new ArrayList<>();

    /** @param more fields besides the URL, with single quotes */
    WebhookSender to(String url, String more) {
        return to(url, more, "");
    }

    WebhookSender to(String url, String more, String credential) {
        String spec = "{\"url\": \"%s\"%s}".formatted(url, more.isEmpty() ? "" : ", " + more.replace('\'', '"'));
        TargetEnvironment environment = new TargetEnvironment(
                "runtime-1",
                new RecordingMesh(),
                time,
                time,
                (namespace, name) -> Optional.ofNullable(credentials.get(name)),
                text -> secrets.resolve(text),
                addresses);
        WebhookSender sender = new WebhookSender(
                WebhookSpec.parse(spec), new TargetContext("default", "orders/hook", terms, credential, environment));
        senders.add(sender);
        return sender;
    }

    void credential(String name, long revision, String kind, String spec) {
        credentials.put(name, new Credential(name, revision, kind, spec.replace('\'', '"')));
    }

    static EventRecord record(Event event) {
        return new EventRecord(TopicName.of("orders/eu"), null, 1, 0, null, null, null, 0, event);
    }

    static EventRecord record(String id) {
        return record(Event.builder()
                .id(id)
                .source("/shop")
                .type("t")
                .dataContentType("application/json")
                .text("{\"n\": \"%s\"}".formatted(id))
                .build());
    }

    static List<Attempt> batch(String... ids) {
        return java.util.Arrays.stream(ids)
                .map(id -> new Attempt(record(id), 1))
                .toList();
    }

    static <T> T get(CompletionStage<T> stage) {
        CompletableFuture<T> future = stage.toCompletableFuture();
        return future.orTimeout(20, TimeUnit.SECONDS).join();
    }

    static String name(Outcome outcome) {
        return outcome.getClass().getSimpleName();
    }

    @Override
    public void close() {
        senders.forEach(WebhookSender::close);
    }
}
