package io.eventmesh.runtime.mesh.peer;

import static io.eventmesh.runtime.mesh.peer.PeerCluster.CALLER;
import static io.eventmesh.runtime.mesh.peer.PeerCluster.event;
import static io.eventmesh.runtime.mesh.peer.PeerCluster.name;
import static io.eventmesh.runtime.mesh.peer.PeerCluster.now;
import static io.eventmesh.runtime.mesh.peer.PeerDeliveryTest.eventually;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.topic.TopicName;
import io.eventmesh.common.topic.TopicPattern;
import io.eventmesh.runtime.mesh.MeshSettings;
import io.eventmesh.spi.event.Event;
import io.eventmesh.spi.event.ReservedAttributes;
import io.eventmesh.spi.mesh.CallContext;
import io.eventmesh.spi.mesh.Delivery;
import io.eventmesh.spi.mesh.Member;
import io.eventmesh.spi.mesh.Mode;
import io.eventmesh.spi.mesh.Outgoing;
import io.eventmesh.spi.mesh.SubscribeTerms;
import io.eventmesh.spi.mesh.TaskFence;
import io.eventmesh.spi.security.Principal;
import io.eventmesh.spi.storage.DeliveryTerms;
import io.eventmesh.spi.storage.RetryPolicy;
import io.eventmesh.spi.storage.Start;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletionStage;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(120)
class PeerCallsTest {
    private final PeerCluster cluster = new PeerCluster();

    @AfterEach
    void close() {
        cluster.close();
    }

    private static Worker join(PeerCluster.Node node, boolean acks, int window) {
        Worker worker = new Worker(acks, window);
        return worker.at(node.subscribe("g", worker));
    }

    private static ErrorCode refusal(CompletionStage<?> stage) {
        return EventMeshException.of(Objects.requireNonNull(catchThrowable(() -> now(stage))))
                .code();
    }

    private static String replyTo(Delivery request) {
        return Objects.requireNonNull(request.record().event().attribute(ReservedAttributes.REPLY_TO));
    }

    // requests

    @Test
    void aReplyFindsTheRuntimeThatWaitsForItEitherWay() {
        cluster.stream(1);
        PeerCluster.Node one = cluster.node("one");
        PeerCluster.Node two = cluster.node("two");
        for (PeerCluster.Node asking : List.of(one, two)) {
            PeerCluster.Node answering = asking == one ? two : one;
            Worker worker = new Worker(true, 10);
            worker.at(answering.subscribe("of-" + answering.id, worker));
            CompletionStage<Event> answer = asking.mesh.request(
                    CALLER,
                    new Outgoing(TopicName.of("orders"), event("question of " + asking.id, "k")),
                    Duration.ofSeconds(30));
            eventually(() -> assertThat(worker.ids()).contains("question of " + asking.id));
            Delivery question = worker.got.get(worker.got.size() - 1);

            now(answering.mesh.reply(CALLER, replyTo(question), event("answer", "k")));

            assertThat(now(answer).id()).isEqualTo("answer");
            assertThat(refusal(answering.mesh.reply(CALLER, replyTo(question), event("again", "k"))))
                    .isEqualTo(ErrorCode.NOT_FOUND);
        }
    }

    @Test
    void aReplyToARuntimeThatIsGoneIsNotFound() {
        PeerCluster.Node one = cluster.node("one");
        String nobody = "gone/0123456789abcdef0123456789abcdef";

        assertThat(refusal(one.mesh.reply(CALLER, nobody, event("answer", "k"))))
                .isEqualTo(ErrorCode.NOT_FOUND);
    }

    // what operators do at another runtime

    @Test
    void aGroupThatBothReadIsMovedFromOneOfThemAndItsMembersStay() {
        cluster.stream(4);
        PeerCluster.Node one = cluster.node("one");
        PeerCluster.Node two = cluster.node("two");
        Worker first = join(one, true, 100);
        Worker second = join(two, true, 100);
        eventually(() -> assertThat(Math.min(one.owned("g"), two.owned("g"))).isEqualTo(2));
        for (int i = 0; i < 20; i++) {
            one.publish(Integer.toString(i), "k" + i);
        }
        eventually(() -> assertThat(first.got.size() + second.got.size()).isEqualTo(20));

        now(one.mesh.admin().seek(name("g"), Start.earliest(), false));

        eventually(() -> {
            List<String> all = new ArrayList<>(first.ids());
            all.addAll(second.ids());
            IntStream.range(0, 20)
                    .forEach(i -> assertThat(Collections.frequency(all, Integer.toString(i)))
                            .isGreaterThan(1));
        });
        eventually(() ->
                assertThat(one.view.group(name("g")).orElseThrow().lagEvents()).isZero());
        assertThat(first.closed || second.closed).isFalse();
    }

    @Test
    void aGroupThatIsPausedAtOneRuntimeIsPausedEverywhere() {
        cluster.stream(2);
        PeerCluster.Node one = cluster.node("one");
        PeerCluster.Node two = cluster.node("two");
        Worker first = join(one, true, 100);
        Worker second = join(two, true, 100);
        eventually(() -> assertThat(Math.min(one.owned("g"), two.owned("g"))).isEqualTo(1));
        eventually(() ->
                assertThat(two.view.group(name("g")).orElseThrow().paused()).isFalse());

        now(one.mesh.admin().pause(name("g"), true));
        PeerCluster.Node three = cluster.node("three");
        eventually(() -> {
            int before = first.got.size() + second.got.size();
            for (int i = 0; i < 8; i++) {
                three.publish("p" + i, "k" + i);
            }
            assertThat(first.got.size() + second.got.size()).isEqualTo(before);
        });
        now(two.mesh.admin().pause(name("g"), false));

        eventually(() ->
                assertThat(two.view.group(name("g")).orElseThrow().lagEvents()).isZero());
    }

    @Test
    void aGroupThatIsDeletedAtOneRuntimeEndsItsMembersEverywhere() {
        cluster.stream(2);
        PeerCluster.Node one = cluster.node("one");
        PeerCluster.Node two = cluster.node("two");
        Worker first = join(one, true, 100);
        Worker second = join(two, true, 100);
        eventually(() -> assertThat(Math.min(one.owned("g"), two.owned("g"))).isEqualTo(1));

        now(two.mesh.admin().deleteSubscription(name("g")));

        eventually(() -> assertThat(first.closed && second.closed).isTrue());
        assertThat(first.cause).extracting(EventMeshException::code).isEqualTo(ErrorCode.NOT_FOUND);
        assertThat(second.cause).extracting(EventMeshException::code).isEqualTo(ErrorCode.NOT_FOUND);
    }

    @Test
    void termsThatChangeAtOneRuntimeEndTheMembersOfTheOther() {
        cluster.stream(2);
        PeerCluster.Node one = cluster.node("one");
        PeerCluster.Node two = cluster.node("two");
        Worker first = join(one, true, 100);
        DeliveryTerms other = new DeliveryTerms(RetryPolicy.DEFAULT, Duration.ofSeconds(7), true);

        now(two.mesh.putSubscription(
                CALLER, new SubscribeTerms("g", TopicPattern.of("orders"), Start.earliest(), other, "test")));

        eventually(() -> assertThat(first.closed).isTrue());
        assertThat(first.cause).extracting(EventMeshException::code).isEqualTo(ErrorCode.VERSION_CONFLICT);
    }

    @Test
    void aGroupDoesNotExpireAsLongAsItHasMembersAtAnotherRuntime() {
        cluster.stream(2);
        Duration expiry = Duration.ofMillis(400);
        PeerCluster.Node one = cluster.node(MeshSettings.defaults("one").withGroupExpireAfter(expiry));
        PeerCluster.Node two = cluster.node(MeshSettings.defaults("two").withGroupExpireAfter(expiry));
        Worker second = join(two, true, 100);
        // asks until the way to the other runtime stands, and some expiries more
        eventually(() -> {
            two.publish("x", "k");
            assertThat(second.got).hasSizeGreaterThan(40);
        });
        assertThat(one.view.group(name("g"))).isPresent();
        assertThat(second.closed).isFalse();

        second.leave();

        eventually(() -> assertThat(one.view.group(name("g"))).isEmpty());
    }

    // members

    @Test
    void aBroadcastsMembersGetEveryEventWhereverTheyAre() {
        cluster.stream(3);
        PeerCluster.Node one = cluster.node("one");
        PeerCluster.Node two = cluster.node("two");
        SubscribeTerms terms = new SubscribeTerms(
                "g", TopicPattern.of("orders"), Mode.BROADCASTING, Start.latest(), DeliveryTerms.DEFAULT, "test");
        Worker first = new Worker(true, 100);
        first.at(now(one.mesh.subscribe(CALLER, terms, first)));
        Worker second = new Worker(true, 100);
        Member member = now(two.mesh.subscribe(CALLER, terms, second));
        second.at(member);

        for (int i = 0; i < 10; i++) {
            one.publish(Integer.toString(i), "k" + i);
        }

        eventually(() -> {
            assertThat(first.got).hasSize(10);
            assertThat(second.got).hasSize(10);
        });
        assertThat(one.view.group(member.subscription())).isEmpty();
    }

    @Test
    void aTasksNewerRightEndsItsOlderOneAtAnotherRuntime() {
        cluster.stream(1);
        PeerCluster.Node one = cluster.node("one");
        PeerCluster.Node two = cluster.node("two");
        Worker old = new Worker(true, 10);
        Worker newer = new Worker(true, 10);
        SubscribeTerms terms = new SubscribeTerms(
                "_connectors/c", TopicPattern.of("orders"), Start.earliest(), DeliveryTerms.DEFAULT, "test");
        old.at(now(one.mesh.subscribe(
                CallContext.of(Principal.runtime("c"), "test").withFence(new TaskFence("t", 1, 1)), terms, old)));

        newer.at(now(two.mesh.subscribe(
                CallContext.of(Principal.runtime("c"), "test").withFence(new TaskFence("t", 1, 2)), terms, newer)));

        eventually(() -> assertThat(old.closed).isTrue());
        assertThat(old.cause).extracting(EventMeshException::code).isEqualTo(ErrorCode.FENCED);
        for (int i = 0; i < 10; i++) {
            one.publish(Integer.toString(i), "k" + i);
        }
        eventually(() -> assertThat(newer.got).hasSize(10));
    }

    @Test
    void whatAMemberRejectsFromAnotherRuntimeBecomesADeadLetter() {
        cluster.stream(1);
        PeerCluster.Node one = cluster.node("one");
        PeerCluster.Node two = cluster.node("two");
        Worker first = join(one, false, 1);
        Worker second = join(two, false, 1);
        one.publish("1", "a");
        one.publish("2", "b");
        eventually(() -> assertThat(first.got.size() + second.got.size()).isEqualTo(2));

        first.reject("broken");
        second.reject("broken");

        eventually(() -> assertThat(now(one.mesh.admin().deadLetters().topics("", "", 10)))
                .singleElement()
                .satisfies(topic -> assertThat(topic.events()).isEqualTo(2)));
    }
}
