package io.eventmesh.runtime.mesh;

import static io.eventmesh.runtime.mesh.MeshFixture.CALLER;
import static io.eventmesh.runtime.mesh.MeshFixture.event;
import static io.eventmesh.runtime.mesh.MeshFixture.terms;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.thread.NamedThreads;
import io.eventmesh.common.time.MeshClock;
import io.eventmesh.common.time.Scheduler;
import io.eventmesh.common.topic.SubscriptionName;
import io.eventmesh.common.topic.TopicName;
import io.eventmesh.common.topic.TopicPattern;
import io.eventmesh.spi.mesh.Outgoing;
import io.eventmesh.spi.mesh.SubscribeTerms;
import io.eventmesh.spi.security.Authorizer;
import io.eventmesh.spi.storage.DeliveryTerms;
import io.eventmesh.spi.storage.EventRecord;
import io.eventmesh.spi.target.Destination;
import io.eventmesh.spi.target.Outcome;
import io.eventmesh.spi.target.TargetContext;
import io.eventmesh.spi.target.TargetSender;
import io.eventmesh.spi.target.TargetSenderProvider;
import io.eventmesh.storage.memory.MemoryStorage;
import io.eventmesh.storage.memory.MemoryStorageConfig;
import io.eventmesh.testkit.mesh.RecordingReceiver;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Queue;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Real threads put, delete, join and leave the same subscription while streams are made that it reads. */
class SubscriptionRaceTest {
    private static final int THREADS = 3;
    private static final int STEPS = 250;
    private static final Set<ErrorCode> EXPECTED =
            EnumSet.of(ErrorCode.ALREADY_EXISTS, ErrorCode.NOT_FOUND, ErrorCode.VERSION_CONFLICT);

    /** Remembers who got what. */
    private static final class Sent implements TargetSenderProvider {
        private final Queue<String> sent = new ConcurrentLinkedQueue<>();
        private final AtomicInteger open = new AtomicInteger();

        @Override
        public String name() {
            return "fake";
        }

        @Override
        public void validate(String namespace, String spec) {}

        @Override
        public TargetSender create(String spec, TargetContext context) {
            open.incrementAndGet();
            return new TargetSender() {
                @Override
                public CompletionStage<Outcome> send(EventRecord record, int attempt) {
                    sent.add(spec + " " + record.event().id());
                    return CompletableFuture.completedStage(new Outcome.Done());
                }

                @Override
                public void close() {
                    open.decrementAndGet();
                }
            };
        }
    }

    private final Sent sent = new Sent();
    private final ScheduledExecutorService threads =
            Executors.newScheduledThreadPool(THREADS + 1, new NamedThreads("race"));
    private final MemoryStorage storage = new MemoryStorage(MemoryStorageConfig.defaults(), MeshClock.system());
    private final LocalMesh mesh = new LocalMesh(
            storage,
            MeshSettings.defaults("r1"),
            MeshSurroundings.of(
                    MeshClock.system(),
                    scheduler(),
                    threads,
                    Authorizer.allowAll(),
                    new SimpleMeterRegistry(),
                    new FakePlugins(sent, new FakeFilters())));

    private Scheduler scheduler() {
        return (delay, task) -> {
            Future<?> scheduled = threads.schedule(task, delay.toNanos(), TimeUnit.NANOSECONDS);
            return () -> scheduled.cancel(false);
        };
    }

    @AfterEach
    void close() {
        mesh.close();
        storage.close();
        threads.shutdownNow();
    }

    private static SubscribeTerms plain() {
        return terms("g", "#");
    }

    private static SubscribeTerms push(int number) {
        return terms("g", "#", DeliveryTerms.DEFAULT.withDestination(new Destination("fake", "d" + number)));
    }

    @Test
    void whateverHappensAtOnceTheLastWordHolds() {
        storage.start();
        mesh.start();
        List<CompletableFuture<Void>> work = new ArrayList<>();
        for (int thread = 0; thread < THREADS; thread++) {
            Random random = new Random(thread);
            work.add(CompletableFuture.runAsync(
                    () -> {
                        for (int step = 0; step < STEPS; step++) {
                            step(random);
                        }
                    },
                    threads));
        }
        work.forEach(CompletableFuture::join);

        done(mesh.putSubscription(CALLER, push(-1)));
        done(mesh.publish(CALLER, new Outgoing(TopicName.of("last"), event("last"))));

        await().atMost(Duration.ofSeconds(10))
                .untilAsserted(() -> assertThat(sent.sent).contains("d-1 last"));
        assertThat(sent.sent).filteredOn(each -> each.endsWith(" last")).hasSize(1);
        await().atMost(Duration.ofSeconds(10))
                .untilAsserted(() -> assertThat(sent.open).hasValue(1));
    }

    private void step(Random random) {
        SubscriptionName name = new SubscriptionName("default", "g", TopicPattern.of("#"));
        switch (random.nextInt(6)) {
            case 0 -> tried(mesh.putSubscription(CALLER, plain()));
            case 1 -> tried(mesh.putSubscription(CALLER, push(random.nextInt(3))));
            case 2 -> tried(mesh.deleteSubscription(CALLER, name));
            case 3 ->
                tried(mesh.subscribe(CALLER, plain(), new RecordingReceiver()).thenApply(member -> {
                    member.request(10, 1 << 20);
                    member.close();
                    return member;
                }));
            case 4 ->
                tried(mesh.deliverTo(CALLER, plain(), new Destination("fake", "session"), why -> {})
                        .thenApply(member -> {
                            member.close();
                            return member;
                        }));
            default ->
                done(mesh.publish(
                        CALLER, new Outgoing(TopicName.of("t" + random.nextInt(100)), event("e" + random.nextInt()))));
        }
    }

    private static void tried(CompletionStage<?> stage) {
        try {
            done(stage);
        } catch (CompletionException failure) {
            EventMeshException why = EventMeshException.of(failure);
            assertThat(EXPECTED).as(why.reason()).contains(why.code());
        }
    }

    private static void done(CompletionStage<?> stage) {
        stage.toCompletableFuture().orTimeout(10, TimeUnit.SECONDS).join();
    }
}
