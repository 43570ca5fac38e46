package io.eventmesh.runtime.mesh;

import static io.eventmesh.runtime.mesh.MeshFixture.CALLER;
import static io.eventmesh.runtime.mesh.MeshFixture.ids;
import static io.eventmesh.runtime.mesh.MeshFixture.now;
import static org.assertj.core.api.Assertions.assertThat;

import io.eventmesh.common.config.DataSize;
import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.topic.StreamName;
import io.eventmesh.common.topic.TopicName;
import io.eventmesh.spi.event.Event;
import io.eventmesh.spi.mesh.Delivery;
import io.eventmesh.spi.mesh.Member;
import io.eventmesh.spi.mesh.Outgoing;
import io.eventmesh.spi.mesh.Receiver;
import io.eventmesh.spi.mesh.SubscriptionStatus;
import io.eventmesh.spi.security.Authorizer;
import io.eventmesh.spi.storage.Gap;
import io.eventmesh.spi.storage.Position;
import io.eventmesh.storage.memory.MemoryStorageConfig;
import io.eventmesh.testkit.mesh.RecordingReceiver;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/**
 * What becomes of a stream at its bound when a group without members holds it: publishers hear of it, nothing that was
 * answered as stored is lost to the group that keeps up, and the group that does not is cut off and can come back.
 */
class FullStreamTest {
    private static final Duration STALL = Duration.ofSeconds(30);
    /** About three hundred events fill the stream; a lag of a hundred of them is too far. */
    private static final MemoryStorageConfig BOUNDS = new MemoryStorageConfig(
            DataSize.ofMebibytes(1),
            DataSize.ofKibibytes(300),
            1_000_000,
            DataSize.ofKibibytes(100),
            STALL,
            Duration.ZERO);

    private final MeshFixture fixture = new MeshFixture(MeshSettings.defaults("r1"), Authorizer.allowAll(), BOUNDS);
    private final Keeping healthy = new Keeping();
    private final List<String> stored = new ArrayList<>();
    private int sent;

    /** Acks whatever comes at once. */
    private static final class Keeping implements Receiver {
        private final List<String> ids = new ArrayList<>();
        private @Nullable Member member;

        @Override
        public void deliver(Delivery delivery) {
            ids.add(delivery.record().event().id());
            if (member != null) {
                member.ack(delivery.id());
            }
        }

        @Override
        public void closed(@Nullable EventMeshException cause) {
            member = null;
        }
    }

    @AfterEach
    void close() {
        fixture.close();
    }

    private void subscribeHealthy() {
        Member member = now(fixture.mesh.subscribe(CALLER, MeshFixture.terms("healthy", "orders"), healthy));
        healthy.member = member;
        member.request(1_000_000, 1L << 40);
    }

    private boolean publish() {
        String id = "e" + sent++;
        Event event = Event.builder()
                .id(id)
                .source("/test")
                .type("t")
                .text("x".repeat(900))
                .build();
        CompletableFuture<Position> answer = fixture.mesh
                .publish(CALLER, new Outgoing(TopicName.of("orders"), event))
                .toCompletableFuture();
        assertThat(answer).isDone();
        if (!answer.isCompletedExceptionally()) {
            stored.add(id);
            return true;
        }
        assertThat(answer.handle((position, failure) ->
                                EventMeshException.of(failure).code())
                        .join())
                .isEqualTo(ErrorCode.STORAGE_FULL);
        return false;
    }

    private void fill() {
        while (publish()) {
            assertThat(sent).isLessThan(1_000);
        }
    }

    private SubscriptionStatus status(String group) {
        return now(fixture.mesh.subscriptions()).stream()
                .filter(status -> status.name().group().equals(group))
                .findFirst()
                .orElseThrow();
    }

    @Test
    void publishersAreRefusedWhileAGroupWithoutMembersHoldsAndOthersMissNothing() {
        subscribeHealthy();
        fixture.subscribe("dead", "orders", new RecordingReceiver()).close();

        fill();
        for (int i = 0; i < 100; i++) {
            assertThat(publish()).isFalse();
        }
        fixture.time.advance(Duration.ofSeconds(10));

        assertThat(publish()).isFalse();
        assertThat(healthy.ids).hasSizeGreaterThan(250).isEqualTo(stored);
        assertThat(fixture.meters
                        .get("eventmesh.publish.events")
                        .tag("result", "refused")
                        .counter()
                        .count())
                .isEqualTo(sent - stored.size());
        assertThat(status("dead").state()).isEqualTo(SubscriptionStatus.State.IDLE);
        assertThat(status("dead").lagEvents()).isEqualTo(stored.size());
    }

    @Test
    void theStalledGroupIsCutOffAndEveryLaterEventReachesTheOther() {
        subscribeHealthy();
        fixture.subscribe("dead", "orders", new RecordingReceiver()).close();
        fill();
        fixture.time.advance(STALL.plusSeconds(1));

        for (int i = 0; i < 1_000; i++) {
            assertThat(publish()).isTrue();
            fixture.time.advance(Duration.ofMillis(5));
        }

        assertThat(healthy.ids).isEqualTo(stored);
        assertThat(status("dead").state()).isEqualTo(SubscriptionStatus.State.CUT_OFF);
        assertThat(status("dead").gaps()).isNotEmpty().allMatch(gap -> gap.why() == Gap.Why.CUT_OFF && gap.count() > 0);
        assertThat(status("healthy").gaps()).isEmpty();
        assertThat(status("healthy").state()).isEqualTo(SubscriptionStatus.State.ACTIVE);
    }

    @Test
    void deadLettersThatNobodyLooksAtTakeNoMoreThanTheirStreamsRoomAndTheirLossIsTold() {
        RecordingReceiver receiver = new RecordingReceiver();
        Member member = fixture.subscribe("g", "orders", receiver);

        for (int i = 0; i < 1_000; i++) {
            assertThat(publish()).as("event %d", i).isTrue();
            int last = receiver.deliveries().size() - 1;
            member.reject(receiver.deliveries().get(last).id(), "bad");
            fixture.time.advance(Duration.ofSeconds(1));
        }

        fixture.time.advance(Duration.ofSeconds(60));
        StreamName letters = new StreamName("default", "_dl/default/group/g");
        assertThat(fixture.storage.stream(letters).orElseThrow().bytes())
                .isBetween(100L << 10, BOUNDS.streamMaxBytes().bytes());
        assertThat(gauge("eventmesh.dead.letters.bytes")).isBetween(100.0 * 1024, 300.0 * 1024);
        assertThat(gauge("eventmesh.dead.letters.events")).isBetween(100.0, 400.0);
        assertThat(gauge("eventmesh.dead.letters.lost.events"))
                .isEqualTo(1_000 - gauge("eventmesh.dead.letters.events"));
    }

    private double gauge(String name) {
        return fixture.meters.get(name).gauge().value();
    }

    @Test
    void aSubscriberThatCameWhileTheStreamWasFullGetsAllThatIsStoredAfterwards() {
        fixture.subscribe("dead", "orders", new RecordingReceiver()).close();
        fill();
        stored.clear();
        RecordingReceiver dead = new RecordingReceiver();
        subscribeHealthy();
        List<String> before = List.copyOf(healthy.ids);
        fixture.time.advance(STALL.plusSeconds(1));

        for (int i = 0; i < 1_000; i++) {
            assertThat(publish()).isTrue();
            fixture.time.advance(Duration.ofMillis(5));
        }

        assertThat(before).hasSizeGreaterThan(250);
        assertThat(healthy.ids.subList(before.size(), healthy.ids.size())).isEqualTo(stored);
        fixture.subscribe("dead", "orders", dead);
        assertThat(ids(dead)).isSubsetOf(stored).hasSizeGreaterThan(200);
        assertThat(ids(dead)).endsWith(stored.get(stored.size() - 1));
    }

    @Test
    void aGroupThatWasCutOffComesBackAndHoldsAgain() {
        Member gone = fixture.subscribe("dead", "orders", new RecordingReceiver());
        gone.close();
        fill();
        fixture.time.advance(STALL.plusSeconds(1));
        assertThat(publish()).isTrue();
        assertThat(status("dead").state()).isEqualTo(SubscriptionStatus.State.CUT_OFF);

        RecordingReceiver back = new RecordingReceiver();
        Member member = fixture.subscribe("dead", "orders", back);
        back.deliveries().forEach(delivery -> member.ack(delivery.id()));
        fixture.time.advance(Duration.ofSeconds(1));

        assertThat(ids(back))
                .isEqualTo(stored.subList(stored.size() - back.deliveries().size(), stored.size()));
        assertThat(status("dead").state()).isEqualTo(SubscriptionStatus.State.ACTIVE);
        assertThat(status("dead").lagEvents()).isZero();
        int before = stored.size();
        fill();
        assertThat(stored.size() - before).isGreaterThan(250);
        assertThat(status("dead").lagEvents()).isEqualTo(stored.size() - before);
    }
}
