package io.eventmesh.runtime.mesh;

import static io.eventmesh.runtime.mesh.MeshFixture.CALLER;
import static io.eventmesh.runtime.mesh.MeshFixture.RUNTIME;
import static io.eventmesh.runtime.mesh.MeshFixture.event;
import static io.eventmesh.runtime.mesh.MeshFixture.ids;
import static io.eventmesh.runtime.mesh.MeshFixture.now;
import static io.eventmesh.runtime.mesh.MeshFixture.refused;
import static io.eventmesh.runtime.mesh.MeshFixture.terms;
import static org.assertj.core.api.Assertions.assertThat;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.topic.StreamName;
import io.eventmesh.common.topic.TopicName;
import io.eventmesh.common.topic.TopicPattern;
import io.eventmesh.spi.mesh.Member;
import io.eventmesh.spi.mesh.Outgoing;
import io.eventmesh.spi.mesh.SubscribeTerms;
import io.eventmesh.spi.security.Authorizer;
import io.eventmesh.spi.storage.DeliveryTerms;
import io.eventmesh.spi.storage.Position;
import io.eventmesh.spi.storage.Start;
import io.eventmesh.spi.storage.StreamSettings;
import io.eventmesh.testkit.mesh.RecordingReceiver;
import io.eventmesh.testkit.storage.Faults;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class WildcardTest {
    private final MeshFixture fixture = new MeshFixture();
    private final RecordingReceiver receiver = new RecordingReceiver();

    @AfterEach
    void close() {
        fixture.close();
    }

    private static SubscribeTerms latest(String group, String pattern) {
        return new SubscribeTerms(group, TopicPattern.of(pattern), Start.latest(), DeliveryTerms.DEFAULT, "test");
    }

    @Test
    void aWildcardInTheFirstLevelMeetsStreamsOfBeforeAndAfter() {
        fixture.publish("before/created", event("1"));
        fixture.publish("before/deleted", event("-"));

        fixture.subscribe("g", "*/created", receiver);
        fixture.publish("after/created", event("2"));
        fixture.publish("after", event("-"));
        fixture.publish("before/created", event("3"));

        assertThat(ids(receiver)).containsExactly("1", "2", "3");
    }

    @Test
    void everyWildcardOfTheFirstLevelDoesAndNoneMeetsWhatIsReserved() {
        for (String pattern : new String[] {"#", ">", "+", "*"}) {
            RecordingReceiver each = new RecordingReceiver();
            fixture.subscribe("g-" + pattern.hashCode(), pattern, each);
            now(fixture.mesh.publish(RUNTIME, new Outgoing(TopicName.of("_own"), event("r" + pattern))));
            fixture.publish("new" + pattern.hashCode(), event(pattern));

            assertThat(ids(each)).as(pattern).contains(pattern).noneMatch(id -> id.startsWith("r"));
        }
    }

    @Test
    void aGroupThatBeginsAtTheLatestGetsTheFirstEventOfANewStreamAndNoOldOne() {
        fixture.publish("old", event("1"));

        now(fixture.mesh.subscribe(CALLER, latest("g", "#"), receiver)).request(100, 1 << 20);
        fixture.publish("fresh", event("2"));
        fixture.publish("old", event("3"));

        assertThat(ids(receiver)).containsExactly("2", "3");
    }

    @Test
    void aGroupWithoutMembersGetsNewStreamsToo() {
        fixture.subscribe("g", "#", receiver).close();
        fixture.publish("fresh", event("1"));

        RecordingReceiver again = new RecordingReceiver();
        fixture.subscribe("g", "#", again);

        assertThat(ids(again)).containsExactly("1");
    }

    @Test
    void anotherNamespaceIsNotMet() {
        fixture.subscribe("g", "#", receiver);

        now(fixture.mesh.publish(CALLER.inNamespace("other"), new Outgoing(TopicName.of("orders"), event("1"))));

        assertThat(receiver.deliveries()).isEmpty();
    }

    @Test
    void aMappedStreamIsMetThroughItsPrefix() {
        TopicsConfig mapped = new TopicsConfig(true, 2, Map.of("orders/eu", "europe"));
        try (MeshFixture other = new MeshFixture(MeshSettings.defaults("r1").withTopics(mapped))) {
            other.subscribe("g", "*/eu/*", receiver);
            other.publish("orders/eu/new", event("1"));
            other.publish("orders/us/new", event("-"));
            other.publish("europe/eu/new", event("2"));

            assertThat(ids(receiver)).containsExactly("1", "2");
        }
    }

    @Test
    void theDeadLettersOfANamespaceAreOnePattern() {
        now(fixture.mesh.subscribe(RUNTIME, terms("look", "_dl/default/#"), receiver))
                .request(100, 1 << 20);
        for (String group : new String[] {"a", "b"}) {
            RecordingReceiver unhappy = new RecordingReceiver();
            Member member = fixture.subscribe(group, "orders", unhappy);
            fixture.publish("orders", event(group));
            unhappy.deliveries().forEach(delivery -> member.reject(delivery.id(), "no"));
        }

        assertThat(receiver.deliveries())
                .extracting(delivery -> delivery.record().topic().value())
                .contains("_dl/default/group/a", "_dl/default/group/b");
    }

    // races and faults

    @Test
    void aStreamThatIsBeingMadeWhileAGroupSubscribesIsRead() {
        fixture.storage.faults().delay(Faults.Operation.CREATE_STREAM, 1);
        CompletionStage<Position> published =
                fixture.mesh.publish(CALLER, new Outgoing(TopicName.of("fresh"), event("1")));

        now(fixture.mesh.subscribe(CALLER, latest("g", "#"), receiver)).request(100, 1 << 20);
        fixture.storage.faults().release();
        now(published);

        assertThat(ids(receiver)).containsExactly("1");
    }

    @Test
    void theFirstEventOfAStreamWaitsForAGroupThatIsBeingMade() {
        fixture.storage.faults().delay(Faults.Operation.CREATE_GROUP, 1);
        CompletionStage<Member> subscribed = fixture.mesh.subscribe(CALLER, latest("g", "#"), receiver);
        CompletionStage<Position> published =
                fixture.mesh.publish(CALLER, new Outgoing(TopicName.of("fresh"), event("1")));
        assertThat(published.toCompletableFuture()).isNotDone();

        fixture.storage.faults().release();
        now(subscribed).request(100, 1 << 20);
        now(published);

        assertThat(ids(receiver)).containsExactly("1");
    }

    @Test
    void aStreamThatCannotBeAddedTakesNoEventUntilItCan() {
        fixture.subscribe("g", "#", receiver);
        fixture.storage.faults().failAll(Faults.Operation.CREATE_GROUP, ErrorCode.STORAGE_UNAVAILABLE);

        refused(
                fixture.mesh.publish(CALLER, new Outgoing(TopicName.of("fresh"), event("1"))),
                ErrorCode.STORAGE_UNAVAILABLE);
        fixture.storage.faults().heal();
        fixture.publish("fresh", event("2"));

        assertThat(ids(receiver)).containsExactly("2");
    }

    @Test
    void aStreamMadeJustBeforeACrashIsAddedAtItsFirstUse() {
        fixture.subscribe("g", "#", receiver);
        now(fixture.storage.createStream(new StreamName("default", "fresh"), new StreamSettings(4)));
        fixture.mesh.close();

        try (LocalMesh next = fixture.mesh(fixture.storage, MeshSettings.defaults("r1"), Authorizer.allowAll())) {
            next.start();
            now(next.publish(CALLER, new Outgoing(TopicName.of("fresh"), event("1"))));
            RecordingReceiver again = new RecordingReceiver();
            now(next.subscribe(CALLER, terms("g", "#"), again)).request(100, 1 << 20);

            assertThat(ids(again)).containsExactly("1");
        }
    }

    @Test
    void aGroupWhoseMakingFailedHoldsNoStream() {
        fixture.storage.faults().fail(Faults.Operation.CREATE_GROUP, 1, ErrorCode.STORAGE_UNAVAILABLE);
        refused(fixture.mesh.subscribe(CALLER, terms("g", "#"), receiver), ErrorCode.STORAGE_UNAVAILABLE);

        fixture.publish("fresh", event("1"));

        assertThat(now(fixture.mesh.subscriptions())).isEmpty();
    }

    @Test
    void aDeletedGroupGetsNoStreamAndDoesNotComeBack() {
        Member member = fixture.subscribe("g", "#", receiver);
        assertThat(now(fixture.mesh.deleteSubscription(CALLER, member.subscription())))
                .isTrue();

        fixture.publish("fresh", event("1"));

        assertThat(now(fixture.mesh.subscriptions())).isEmpty();
        assertThat(receiver.isClosed()).isTrue();
        assertThat(receiver.deliveries()).isEmpty();
    }

    @Test
    void eventsThatWaitForTheirStreamKeepTheirOrder() {
        fixture.storage.faults().delay(Faults.Operation.CREATE_STREAM, 1);
        List<CompletionStage<Position>> answers = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            Outgoing outgoing = new Outgoing(TopicName.of("fresh"), event("" + i, "k"));
            answers.add(fixture.mesh.publish(CALLER, outgoing));
        }

        fixture.storage.faults().release();

        assertThat(answers)
                .extracting(answer -> now(answer).offset())
                .containsExactlyElementsOf(LongStream.range(0, 20).boxed().toList());
    }
}
