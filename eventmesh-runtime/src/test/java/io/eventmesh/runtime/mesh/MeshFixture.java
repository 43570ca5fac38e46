package io.eventmesh.runtime.mesh;

import static org.assertj.core.api.Assertions.assertThat;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.topic.TopicName;
import io.eventmesh.common.topic.TopicPattern;
import io.eventmesh.spi.event.Event;
import io.eventmesh.spi.mesh.CallContext;
import io.eventmesh.spi.mesh.Member;
import io.eventmesh.spi.mesh.Outgoing;
import io.eventmesh.spi.mesh.SubscribeTerms;
import io.eventmesh.spi.security.Authorizer;
import io.eventmesh.spi.security.Principal;
import io.eventmesh.spi.storage.DeliveryTerms;
import io.eventmesh.spi.storage.Position;
import io.eventmesh.spi.storage.Start;
import io.eventmesh.spi.storage.Storage;
import io.eventmesh.storage.memory.MemoryStorage;
import io.eventmesh.storage.memory.MemoryStorageConfig;
import io.eventmesh.testkit.ManualTime;
import io.eventmesh.testkit.mesh.RecordingReceiver;
import io.eventmesh.testkit.storage.FaultyStorage;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;

/** A mesh on memory storage in which the test owns time and everything happens on its thread. */
final class MeshFixture implements AutoCloseable {
    static final CallContext CALLER = CallContext.of(Principal.ANONYMOUS, "test");
    static final CallContext RUNTIME = CallContext.of(Principal.runtime("r1"), "test");

    final ManualTime time = new ManualTime();
    final SimpleMeterRegistry meters = new SimpleMeterRegistry();
    final FakeTargets targets = new FakeTargets();
    final FakeFilters filters = new FakeFilters();
    final FaultyStorage storage;
    final LocalMesh mesh;

    MeshFixture() {
        this(MeshSettings.defaults("r1"));
    }

    MeshFixture(MeshSettings settings) {
        this(settings, Authorizer.allowAll());
    }

    MeshFixture(MeshSettings settings, Authorizer authorizer) {
        this(settings, authorizer, MemoryStorageConfig.defaults());
    }

    MeshFixture(MeshSettings settings, Authorizer authorizer, MemoryStorageConfig bounds) {
        storage = new FaultyStorage(new MemoryStorage(bounds, time));
        storage.start();
        mesh = mesh(storage, settings, authorizer);
        mesh.start();
    }

    /** Another mesh over the same storage, not started: the next process, when the first one is closed. */
    LocalMesh mesh(Storage over, MeshSettings settings, Authorizer authorizer) {
        return new LocalMesh(
                over,
                settings,
                new MeshSurroundings(
                        time,
                        time,
                        Runnable::run,
                        authorizer,
                        meters,
                        new FakePlugins(targets, filters),
                        new Random(1),
                        new Random(2),
                        Outward.local()));
    }

    @Override
    public void close() {
        mesh.close();
        storage.close();
    }

    static Event event(String id) {
        return Event.builder().id(id).source("/test").type("t").text(id).build();
    }

    static Event event(String id, String key) {
        return Event.builder()
                .id(id)
                .source("/test")
                .type("t")
                .attribute("partitionkey", key)
                .text(id)
                .build();
    }

    Position publish(String topic, Event event) {
        return now(mesh.publish(CALLER, new Outgoing(TopicName.of(topic), event)));
    }

    static SubscribeTerms terms(String group, String pattern) {
        return terms(group, pattern, DeliveryTerms.DEFAULT);
    }

    static SubscribeTerms terms(String group, String pattern, DeliveryTerms delivery) {
        return new SubscribeTerms(group, TopicPattern.of(pattern), Start.earliest(), delivery, "test");
    }

    /** A member with credit for plenty. */
    Member subscribe(String group, String pattern, RecordingReceiver receiver) {
        Member member = now(mesh.subscribe(CALLER, terms(group, pattern), receiver));
        member.request(1_000_000, 1L << 40);
        return member;
    }

    static List<String> ids(RecordingReceiver receiver) {
        return receiver.deliveries().stream()
                .map(delivery -> delivery.record().event().id())
                .toList();
    }

    /** Fails unless the call is refused, now, with the code. */
    static EventMeshException refused(CompletionStage<?> stage, ErrorCode code) {
        EventMeshException failure = failure(stage);
        assertThat(failure.code()).as(failure.reason()).isEqualTo(code);
        return failure;
    }

    private static EventMeshException failure(CompletionStage<?> stage) {
        try {
            Object answer = now(stage);
            throw new AssertionError("answered " + answer + " (expected: a refusal)");
        } catch (CompletionException refused) {
            return EventMeshException.of(refused);
        }
    }

    static <T> T now(CompletionStage<T> stage) {
        return stage.toCompletableFuture().orTimeout(5, TimeUnit.SECONDS).join();
    }
}
