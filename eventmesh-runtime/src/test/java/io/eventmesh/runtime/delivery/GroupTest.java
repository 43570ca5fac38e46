package io.eventmesh.runtime.delivery;

import static org.assertj.core.api.Assertions.assertThat;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.topic.StreamName;
import io.eventmesh.common.topic.SubscriptionName;
import io.eventmesh.common.topic.TopicName;
import io.eventmesh.common.topic.TopicPattern;
import io.eventmesh.spi.event.Event;
import io.eventmesh.spi.mesh.Delivery;
import io.eventmesh.spi.mesh.TaskFence;
import io.eventmesh.spi.peer.RelayReceiver;
import io.eventmesh.spi.storage.DeliveryTerms;
import io.eventmesh.spi.storage.EventRecord;
import io.eventmesh.spi.storage.RetryPolicy;
import io.eventmesh.spi.storage.Start;
import io.eventmesh.spi.storage.StreamSettings;
import io.eventmesh.storage.memory.MemoryStorage;
import io.eventmesh.storage.memory.MemoryStorageConfig;
import io.eventmesh.testkit.ManualTime;
import io.eventmesh.testkit.mesh.RecordingReceiver;
import io.eventmesh.testkit.storage.Faults;
import io.eventmesh.testkit.storage.FaultyStorage;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A group between a storage and its members, all on the test's thread and in the test's time. */
class GroupTest {
    private static final StreamName ORDERS = new StreamName("default", "orders");
    private static final StreamName BILLS = new StreamName("default", "bills");
    private static final SubscriptionName NAME = new SubscriptionName("default", "g", TopicPattern.of("*/new"));

    private record Dead(TopicName topic, Event event) {}

    private final ManualTime time = new ManualTime();
    private final FaultyStorage storage = new FaultyStorage(new MemoryStorage(MemoryStorageConfig.defaults(), time));
    private final Map<String, TaskFence> rights = new HashMap<>();
    private final List<Dead> dead = new ArrayList<>();
    private final RecordingReceiver receiver = new RecordingReceiver();
    private final Group group = group(DeliveryTerms.DEFAULT, EventFilter.ALL);

    @BeforeEach
    void start() {
        storage.start();
        stream(ORDERS);
        now(storage.createGroup(NAME, Set.of(ORDERS), DeliveryTerms.DEFAULT, Start.earliest()));
    }

    @AfterEach
    void stop() {
        group.close(null);
        storage.close();
    }

    private Group group(DeliveryTerms terms, EventFilter filter) {
        DeliveryEnvironment environment = new DeliveryEnvironment(
                storage,
                time,
                time,
                Runnable::run,
                DeliverySettings.defaults(),
                new DeliveryCounters(new SimpleMeterRegistry()),
                new Random(1),
                (namespace, topic, event, original) -> {
                    dead.add(new Dead(topic, event));
                    return CompletableFuture.completedFuture(null);
                },
                task -> Optional.ofNullable(rights.get(task)));
        return new Group(environment, new Group.Identity(NAME, terms, LaneRule.BY_KEY, filter, false), closed -> {});
    }

    private void stream(StreamName name) {
        now(storage.createStream(name, new StreamSettings(2)));
    }

    private LaneMember join(Group into) {
        LaneMember member = now(into.attach(null, "test", receiver)).orElseThrow();
        member.request(1_000, 1L << 40);
        return member;
    }

    private void publish(StreamName stream, String id, @Nullable String key) {
        publish(stream, id, key, 0, Map.of());
    }

    private void publish(
            StreamName stream, String id, @Nullable String key, long notBefore, Map<String, String> attributes) {
        Event event =
                Event.builder().id(id).source("/s").type("t").text(id).build().with(attributes);
        EventRecord record = new EventRecord(
                TopicName.of(stream.name() + "/new"), key, time.millis(), 0, null, null, null, notBefore, event);
        now(storage.append(stream, List.of(record), 0).get(0));
    }

    private List<String> ids() {
        return receiver.deliveries().stream()
                .map(delivery -> delivery.record().event().id())
                .toList();
    }

    private Delivery last() {
        return receiver.deliveries().get(receiver.deliveries().size() - 1);
    }

    @Test
    void aTaskThatWasLetInBeforeItsRightWasReplacedIsRefusedByTheGroup() {
        rights.put("t", new TaskFence("t", 2, 4));

        CompletableFuture<Optional<ThriftyMember>> late =
                group.attach(new TaskFence("t", 2, 3), "test", receiver).toCompletableFuture();

        assertThat(late.handle(
                        (member, failure) -> EventMeshException.of(failure).code()))
                .isCompletedWithValue(ErrorCode.FENCED);
        assertThat(now(group.attach(new TaskFence("t", 2, 4), "test", receiver)))
                .isPresent();
    }

    @Test
    void whatMembersOfOtherRuntimesHaveIsCounted() {
        now(group.attach(null, "own", receiver));
        RelayReceiver elsewhere = new RelayReceiver() {
            @Override
            public void deliver(Delivery delivery) {}

            @Override
            public void closed(@Nullable EventMeshException cause) {}

            @Override
            public void wanting() {}

            @Override
            public void returned(long events, long bytes) {}
        };
        ThriftyMember relayed =
                now(group.attachRelayed(null, "other", elsewhere)).orElseThrow();
        relayed.request(3, 1_000_000);
        publish(ORDERS, "1", "k");

        group.relayed();

        assertThat(group.relayed()).isEqualTo(new Group.Relayed(1, 2, 1));
    }

    private static <T> T now(CompletionStage<T> stage) {
        return stage.toCompletableFuture().orTimeout(5, TimeUnit.SECONDS).join();
    }

    @Test
    void aStreamThatIsAddedWhileTheGroupIsOpenIsDelivered() {
        LaneMember member = join(group);
        publish(ORDERS, "order", null);
        stream(BILLS);
        publish(BILLS, "early bill", null);

        now(storage.createGroup(NAME, Set.of(BILLS), DeliveryTerms.DEFAULT, Start.latest()));
        publish(BILLS, "late bill", null);

        assertThat(ids()).containsExactly("order", "early bill", "late bill");
        receiver.deliveries().forEach(delivery -> member.ack(delivery.id()));
        time.advance(Duration.ofSeconds(1));
        assertThat(storage.group(NAME).orElseThrow().lagEvents()).isZero();
    }

    @Test
    void aStreamThatIsMadeWhileTheGroupIsOpenIsDeliveredFromItsFirstEvent() {
        now(storage.createGroup(NAME, Set.of(BILLS), DeliveryTerms.DEFAULT, Start.latest()));
        join(group);
        stream(BILLS);

        publish(BILLS, "bill", "k");

        assertThat(ids()).containsExactly("bill");
    }

    @Test
    void aStreamThatIsDeletedTakesWhatWasParkedOfItAlong() {
        LaneMember member = join(group);
        publish(ORDERS, "a", "k");
        member.release(last().id(), Duration.ofSeconds(60));
        assertThat(group.snapshot().parked()).isEqualTo(1);

        now(storage.deleteStream(ORDERS));
        stream(ORDERS);
        publish(ORDERS, "b", "k");
        member.ack(last().id());
        time.advance(Duration.ofSeconds(61));

        assertThat(group.snapshot().parked()).isZero();
        assertThat(ids()).containsExactly("a", "b");
        assertThat(receiver.isClosed()).isFalse();
    }

    @Test
    void nothingIsReadBeforeWhatIsParkedIsKnown() {
        publish(ORDERS, "a", "k");
        storage.faults().delay(Faults.Operation.TICKETS, 1);

        join(group);
        assertThat(ids()).isEmpty();
        storage.faults().release();

        assertThat(ids()).containsExactly("a");
    }

    @Test
    void aStreamThatGoesBeforeItsParkedEventsAreKnownIsForgotten() {
        publish(ORDERS, "a", "k");
        storage.faults().delay(Faults.Operation.TICKETS, 1);
        join(group);

        now(storage.deleteStream(ORDERS));
        storage.faults().release();
        assertThat(ids()).isEmpty();
        stream(ORDERS);
        publish(ORDERS, "b", "k");

        assertThat(ids()).containsExactly("b");
    }

    @Test
    void whatIsParkedAndCannotBeReadEndsTheGroup() {
        storage.faults().fail(Faults.Operation.TICKETS, 1, ErrorCode.STORAGE_UNAVAILABLE);

        join(group);

        assertThat(receiver.isClosed()).isTrue();
        assertThat(Objects.requireNonNull(receiver.cause()).code()).isEqualTo(ErrorCode.STORAGE_UNAVAILABLE);
        assertThat(now(group.attach(null, "test", receiver))).isEqualTo(Optional.empty());
    }

    @Test
    void parkedEventsOfEveryPartitionAreThereAfterAReopening() {
        LaneMember member = join(group);
        for (String key : List.of("k1", "k2", "k3", "k4", "k5")) {
            publish(ORDERS, key, key);
            member.release(last().id(), Duration.ofSeconds(60));
        }
        member.close();
        now(group.close(null));

        Group again = group(DeliveryTerms.DEFAULT, EventFilter.ALL);
        join(again);
        assertThat(again.snapshot().parked()).isEqualTo(5);
        time.advance(Duration.ofSeconds(61));

        assertThat(ids()).hasSize(10);
        assertThat(ids().subList(5, 10)).containsExactlyInAnyOrder("k1", "k2", "k3", "k4", "k5");
        again.close(null);
    }

    @Test
    void alteredTermsHoldWhileTheGroupIsOpen() {
        LaneMember member = join(group);
        publish(ORDERS, "a", null);
        DeliveryTerms once =
                new DeliveryTerms(new RetryPolicy(1, Duration.ZERO, 1, Duration.ZERO), Duration.ofSeconds(30), true);

        group.alter(once, LaneRule.BY_KEY, record -> !record.event().id().startsWith("x"));
        publish(ORDERS, "x", null);
        publish(ORDERS, "b", null);
        member.release(last().id(), Duration.ZERO);

        assertThat(ids()).containsExactly("a", "b");
        assertThat(dead).singleElement().satisfies(letter -> {
            assertThat(letter.event().id()).isEqualTo("b");
            assertThat(letter.event().attribute("dlexhausted")).isEqualTo("attempts");
        });
        assertThat(receiver.isClosed()).isFalse();
    }

    @Test
    void aDelayedEventIsOfferedWhenItIsDue() {
        LaneMember member = join(group);
        publish(ORDERS, "late", "k", time.millis() + 60_000, Map.of());
        publish(ORDERS, "soon", "k");
        assertThat(ids()).containsExactly("soon");
        member.ack(last().id());

        time.advance(Duration.ofSeconds(60));

        assertThat(ids()).containsExactly("soon", "late");
        member.ack(last().id());
        time.advance(Duration.ofSeconds(1));
        assertThat(storage.group(NAME).orElseThrow().parked()).isZero();
        assertThat(storage.group(NAME).orElseThrow().lagEvents()).isZero();
    }

    @Test
    void anExpiredEventIsADeadLetterThatSaysSo() {
        publish(ORDERS, "a", null, 0, Map.of("expirytime", "2025-01-01T00:00:00Z"));

        join(group);

        assertThat(ids()).isEmpty();
        assertThat(dead).singleElement().satisfies(letter -> {
            assertThat(letter.topic().value()).isEqualTo("_dl/default/group/g");
            assertThat(letter.event().attribute("dlreason")).isEqualTo("expired");
            assertThat(letter.event().attribute("dlexhausted")).isEqualTo("expired");
            assertThat(letter.event().attribute("dlattempts")).isEqualTo("0");
            assertThat(letter.event().attribute("expirytime")).isEqualTo("2025-01-01T00:00:00Z");
        });
    }

    @Test
    void aFilterThatThrowsSaysNo() {
        Group filtered = group(DeliveryTerms.DEFAULT, EventFilter.by(view -> {
            if (view.event().id().equals("bad")) {
                throw new IllegalStateException("on purpose");
            }
            return view.topic().value().equals("orders/new");
        }));
        publish(ORDERS, "bad", null);
        publish(ORDERS, "good", null);

        join(filtered);

        assertThat(ids()).containsExactly("good");
        filtered.close(null);
    }
}
