package io.eventmesh.runtime.mesh;

import static io.eventmesh.runtime.mesh.MeshFixture.CALLER;
import static io.eventmesh.runtime.mesh.MeshFixture.event;
import static io.eventmesh.runtime.mesh.MeshFixture.ids;
import static io.eventmesh.runtime.mesh.MeshFixture.now;
import static io.eventmesh.runtime.mesh.MeshFixture.refused;
import static io.eventmesh.runtime.mesh.MeshFixture.terms;
import static org.assertj.core.api.Assertions.assertThat;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.topic.StreamName;
import io.eventmesh.common.topic.SubscriptionName;
import io.eventmesh.common.topic.TopicPattern;
import io.eventmesh.spi.mesh.GroupPlace;
import io.eventmesh.spi.mesh.Member;
import io.eventmesh.spi.mesh.MeshAdmin;
import io.eventmesh.spi.mesh.Mode;
import io.eventmesh.spi.mesh.StreamDetail;
import io.eventmesh.spi.mesh.SubscribeTerms;
import io.eventmesh.spi.mesh.SubscriptionDetail;
import io.eventmesh.spi.mesh.SubscriptionStatus;
import io.eventmesh.spi.security.Authorizer;
import io.eventmesh.spi.storage.DeliveryTerms;
import io.eventmesh.spi.storage.Gap;
import io.eventmesh.spi.storage.Peek;
import io.eventmesh.spi.storage.Position;
import io.eventmesh.spi.storage.Start;
import io.eventmesh.spi.storage.StreamPartition;
import io.eventmesh.testkit.mesh.RecordingReceiver;
import io.eventmesh.testkit.storage.Faults;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What operators do to streams and subscriptions. */
@NullUnmarked // a missing entry fails the test by itself
class MeshOperatorsTest {
    private static final StreamName ORDERS = new StreamName("default", "orders");
    private static final SubscriptionName GROUP = new SubscriptionName("default", "g", TopicPattern.of("orders/#"));

    private final MeshFixture fixture = new MeshFixture();
    private final MeshAdmin admin = fixture.mesh.admin();
    private final RecordingReceiver receiver = new RecordingReceiver();

    @AfterEach
    void close() {
        fixture.close();
    }

    // streams

    @Test
    void aStreamIsMadeAndShown() {
        assertThat(now(admin.createStream(ORDERS, 2))).isTrue();
        assertThat(now(admin.createStream(ORDERS, 2))).isFalse();
        fixture.subscribe("g", "orders/#", receiver);
        fixture.publish("orders/new", event("1", "k"));

        StreamDetail stream = now(admin.stream(ORDERS));

        assertThat(stream.status().events()).isOne();
        assertThat(stream.partitions()).extracting(StreamDetail.Bounds::index).containsExactly(0, 1);
        assertThat(stream.partitions().stream()
                        .mapToLong(StreamDetail.Bounds::end)
                        .sum())
                .isOne();
        assertThat(stream.groups()).containsExactly(GROUP);
    }

    @Test
    void aStreamThatCannotBeIsRefused() {
        now(admin.createStream(ORDERS, 2));

        refused(admin.createStream(ORDERS, 3), ErrorCode.ALREADY_EXISTS);
        refused(admin.createStream(new StreamName("default", "bills"), -1), ErrorCode.REQUEST_INVALID);
        refused(admin.createStream(new StreamName("default", "_dl/x"), 1), ErrorCode.REQUEST_INVALID);
        refused(admin.stream(new StreamName("default", "none")), ErrorCode.TOPIC_NOT_FOUND);
        refused(admin.purgeStream(new StreamName("default", "none")), ErrorCode.TOPIC_NOT_FOUND);
        refused(admin.peek(new StreamPartition(ORDERS, 2), 0, 1, 1), ErrorCode.REQUEST_INVALID);
    }

    @Test
    void aNewStreamIsReadByTheGroupsThatWaitedForIt() {
        fixture.subscribe("wide", "*/new", receiver);

        now(admin.createStream(ORDERS, 1));
        fixture.publish("orders/new", event("1"));

        assertThat(ids(receiver)).containsExactly("1");
    }

    @Test
    void aDeletedStreamIsMadeAnewByUse() {
        fixture.subscribe("g", "orders/#", receiver);
        fixture.publish("orders/new", event("1"));

        assertThat(now(admin.deleteStream(ORDERS))).isTrue();
        assertThat(now(admin.deleteStream(ORDERS))).isFalse();
        fixture.publish("orders/new", event("2"));

        assertThat(ids(receiver)).containsExactly("1", "2");
        assertThat(now(admin.stream(ORDERS)).status().events()).isOne();
    }

    @Test
    void aPurgedStreamIsEmptyAndItsGroupsGoOn() {
        RecordingReceiver idle = new RecordingReceiver();
        now(fixture.mesh.subscribe(CALLER, terms("g", "orders/#"), idle));
        fixture.publish("orders/new", event("1"));
        fixture.publish("orders/new", event("2"));

        assertThat(now(admin.purgeStream(ORDERS))).isEqualTo(2);
        fixture.publish("orders/new", event("3"));

        SubscriptionDetail group = now(admin.subscription(GROUP));
        assertThat(group.status().lagEvents()).isOne();
        assertThat(group.status().gaps()).extracting(Gap::count).containsExactly(2L);
        assertThat(idle.deliveries()).isEmpty();
    }

    @Test
    void eventsAreShownWithoutTakingThem() {
        fixture.publish("orders/new", event("1", "k"));
        Position second = fixture.publish("orders/old", event("2", "k"));

        Peek peek = now(admin.peek(second.partition(), second.offset(), 10, 1 << 20));

        assertThat(peek.records()).singleElement().satisfies(record -> {
            assertThat(record.record().event().id()).isEqualTo("2");
            assertThat(record.record().topic().value()).isEqualTo("orders/old");
        });
        assertThat(now(fixture.mesh.subscriptions())).isEmpty();
    }

    // subscriptions

    @Test
    void aSubscriptionSaysHowFarItIsAndHowOldWhatItHasNotDoneIs() {
        now(fixture.mesh.subscribe(CALLER, terms("g", "orders/#"), receiver));
        fixture.publish("orders/new", event("1"));
        fixture.time.advance(Duration.ofSeconds(7));
        fixture.publish("orders/new", event("2"));

        SubscriptionDetail behind = now(admin.subscription(GROUP));
        assertThat(behind.status().lagEvents()).isEqualTo(2);
        assertThat(behind.lagMillis()).isEqualTo(7_000);
        assertThat(behind.oldestAppendMillis()).isEqualTo(fixture.time.millis() - 7_000);
        assertThat(behind.places().stream().mapToLong(GroupPlace::lagEvents).sum())
                .isEqualTo(2);

        now(admin.seek(GROUP, Start.latest(), false));
        SubscriptionDetail done = now(admin.subscription(GROUP));
        assertThat(done.lagMillis()).isZero();
        assertThat(done.oldestAppendMillis()).isZero();
    }

    @Test
    void aPausedSubscriptionIsOfferedNothingUntilItIsResumed() {
        Member member = fixture.subscribe("g", "orders/#", receiver);
        fixture.publish("orders/new", event("1"));

        SubscriptionDetail paused = now(admin.pause(GROUP, true));
        fixture.publish("orders/new", event("2"));
        member.ack(receiver.deliveries().get(0).id());
        fixture.time.advance(Duration.ofMinutes(1));
        assertThat(ids(receiver)).containsExactly("1");
        assertThat(paused.paused()).isTrue();
        assertThat(paused.status().state()).isEqualTo(SubscriptionStatus.State.PAUSED);
        assertThat(receiver.isClosed()).isFalse();

        SubscriptionDetail resumed = now(admin.pause(GROUP, false));
        assertThat(ids(receiver)).containsExactly("1", "2");
        assertThat(resumed.status().state()).isEqualTo(SubscriptionStatus.State.ACTIVE);
    }

    @Test
    void aPauseHoldsForMembersThatComeLaterAndForTheNextProcess() {
        now(fixture.mesh.putSubscription(CALLER, terms("g", "orders/#")));
        now(admin.pause(GROUP, true));
        fixture.subscribe("g", "orders/#", receiver);
        fixture.publish("orders/new", event("1"));
        assertThat(ids(receiver)).isEmpty();
        fixture.mesh.close();

        try (LocalMesh next = fixture.mesh(fixture.storage, MeshSettings.defaults("r1"), Authorizer.allowAll())) {
            next.start();
            RecordingReceiver again = new RecordingReceiver();
            now(next.subscribe(CALLER, terms("g", "orders/#"), again)).request(100, 1 << 20);
            assertThat(ids(again)).isEmpty();

            now(next.admin().pause(GROUP, false));
            assertThat(ids(again)).containsExactly("1");
        }
    }

    @Test
    void aPausedSubscriptionDoesNotExpire() {
        MeshSettings settings = MeshSettings.defaults("r1");
        now(fixture.mesh.putSubscription(CALLER, terms("g", "orders/#")));
        now(fixture.mesh.putSubscription(CALLER, terms("other", "orders/#")));
        now(admin.pause(GROUP, true));

        fixture.time.advance(settings.groupExpireAfter().plus(Duration.ofDays(1)));
        fixture.time.advance(settings.groupExpireAfter().plus(Duration.ofDays(1)));

        assertThat(now(fixture.mesh.subscriptions()))
                .extracting(status -> status.name().group())
                .containsExactly("g");
    }

    @Test
    void aSubscriptionGoesBackToItsBeginningAndItsMembersStay() {
        Member member = fixture.subscribe("g", "orders/#", receiver);
        fixture.publish("orders/new", event("1"));
        fixture.publish("orders/new", event("2"));
        receiver.deliveries().forEach(delivery -> member.ack(delivery.id()));
        fixture.time.advance(Duration.ofSeconds(1));

        MeshAdmin.Seek seek = now(admin.seek(GROUP, Start.earliest(), false));

        assertThat(ids(receiver)).containsExactly("1", "2", "1", "2");
        assertThat(receiver.isClosed()).isFalse();
        assertThat(lag(seek.before())).isZero();
        assertThat(lag(seek.after())).isEqualTo(2);
        member.ack(receiver.deliveries().get(2).id());
        member.ack(receiver.deliveries().get(3).id());
        fixture.time.advance(Duration.ofSeconds(1));
        assertThat(now(admin.subscription(GROUP)).status().lagEvents()).isZero();
    }

    @Test
    void whatIsInFlightOverASeekComesToNothing() {
        Member member = fixture.subscribe("g", "orders/#", receiver);
        fixture.publish("orders/new", event("1"));
        long before = receiver.deliveries().get(0).id();

        now(admin.seek(GROUP, Start.earliest(), false));
        member.ack(before);
        fixture.time.advance(Duration.ofSeconds(1));

        assertThat(ids(receiver)).containsExactly("1", "1");
        assertThat(now(admin.subscription(GROUP)).status().lagEvents()).isOne();
    }

    @Test
    void aDryRunOfASeekSaysWhereItWouldGoAndMovesNothing() {
        now(fixture.mesh.subscribe(CALLER, terms("g", "orders/#"), receiver));
        fixture.publish("orders/new", event("1", "k"));
        fixture.time.advance(Duration.ofMinutes(1));
        Instant middle = Instant.ofEpochMilli(fixture.time.millis());
        Position second = fixture.publish("orders/new", event("2", "k"));
        fixture.publish("orders/new", event("3", "k"));

        assertThat(lag(now(admin.seek(GROUP, Start.latest(), true)).after())).isZero();
        assertThat(lag(now(admin.seek(GROUP, Start.earliest(), true)).after())).isEqualTo(3);
        assertThat(lag(now(admin.seek(GROUP, new Start.AtTime(middle), true)).after()))
                .isEqualTo(2);
        assertThat(lag(now(admin.seek(GROUP, new Start.AtPosition(second), true))
                        .after()))
                .isEqualTo(2);
        assertThat(now(admin.subscription(GROUP)).status().lagEvents()).isEqualTo(3);

        assertThat(lag(now(admin.seek(GROUP, new Start.AtTime(middle), false)).after()))
                .isEqualTo(2);
    }

    @Test
    void aSeekThatCannotBeIsRefusedAndTheGroupReadsOn() {
        fixture.subscribe("g", "orders/#", receiver);
        Position elsewhere = new Position(new StreamPartition(new StreamName("default", "bills"), 0), 1);
        refused(admin.seek(GROUP, new Start.AtPosition(elsewhere), false), ErrorCode.REQUEST_INVALID);
        refused(admin.seek(GROUP, new Start.AtPosition(elsewhere), true), ErrorCode.REQUEST_INVALID);
        fixture.storage.faults().fail(Faults.Operation.MOVE_GROUP, 1, ErrorCode.STORAGE_UNAVAILABLE);
        refused(admin.seek(GROUP, Start.earliest(), false), ErrorCode.STORAGE_UNAVAILABLE);

        fixture.publish("orders/new", event("1"));

        assertThat(ids(receiver)).containsExactly("1");
    }

    @Test
    void whatASubscriptionWithoutMembersIsToldHolds() {
        fixture.publish("orders/new", event("1"));
        SubscribeTerms latest = new SubscribeTerms(
                "g", TopicPattern.of("orders/#"), Mode.CLUSTERING, Start.latest(), DeliveryTerms.DEFAULT, "test");
        now(fixture.mesh.putSubscription(CALLER, latest));

        now(admin.seek(GROUP, Start.earliest(), false));
        fixture.subscribe("g", "orders/#", receiver);

        assertThat(ids(receiver)).containsExactly("1");
    }

    @Test
    void aSubscriptionThatIsNotThereIsRefused() {
        refused(admin.subscription(GROUP), ErrorCode.NOT_FOUND);
        refused(admin.pause(GROUP, true), ErrorCode.NOT_FOUND);
        refused(admin.seek(GROUP, Start.latest(), false), ErrorCode.NOT_FOUND);
        assertThat(now(admin.deleteSubscription(GROUP))).isFalse();
    }

    @Test
    void aDeletedSubscriptionEndsItsMembers() {
        fixture.subscribe("g", "orders/#", receiver);

        assertThat(now(admin.deleteSubscription(GROUP))).isTrue();

        assertThat(receiver.cause().code()).isEqualTo(ErrorCode.NOT_FOUND);
        assertThat(now(fixture.mesh.subscriptions())).isEmpty();
    }

    @Test
    void nothingIsDoneAfterTheEnd() {
        fixture.mesh.close();

        refused(admin.createStream(ORDERS, 1), ErrorCode.SHUTTING_DOWN);
        refused(admin.subscription(GROUP), ErrorCode.SHUTTING_DOWN);
        refused(admin.deadLetters().topics("", "", 10), ErrorCode.SHUTTING_DOWN);
    }

    private static long lag(List<GroupPlace> places) {
        return places.stream().mapToLong(GroupPlace::lagEvents).sum();
    }
}
