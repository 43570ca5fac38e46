package io.eventmesh.runtime.mesh.peer;

import static org.assertj.core.api.Assertions.assertThat;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.topic.SubscriptionName;
import io.eventmesh.common.topic.TopicName;
import io.eventmesh.runtime.delivery.Burial;
import io.eventmesh.runtime.delivery.Cause;
import io.eventmesh.runtime.delivery.LaneMember;
import io.eventmesh.runtime.delivery.ThriftyMember;
import io.eventmesh.spi.event.Event;
import io.eventmesh.spi.mesh.Delivery;
import io.eventmesh.spi.peer.MeshPeer;
import io.eventmesh.spi.peer.Relay;
import io.eventmesh.spi.peer.RelayReceiver;
import io.eventmesh.spi.peer.RelayTerms;
import io.eventmesh.spi.storage.EventRecord;
import io.eventmesh.spi.storage.Position;
import io.eventmesh.spi.storage.StreamPartition;
import io.eventmesh.testkit.ManualTime;
import io.eventmesh.testkit.mesh.RecordingReceiver;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class SpreadMemberTest {
    private static final SubscriptionName GROUP = PeerCluster.name("g");

    private final ManualTime time = new ManualTime();
    private final Peers peers = new Peers("here", time, time, Runnable::run, Set::of);
    private final RecordingReceiver receiver = new RecordingReceiver();
    private final SpreadMember spread = peers.spread(GROUP, null, "test", receiver);
    private final Hold own = new Hold(spread.own());
    private final LaneMember member = spread.opened(own);

    /** A member's hold, here or at another runtime, that does what it is told and gives nothing back by itself. */
    private static final class Hold implements ThriftyMember, Relay {
        private final RelayReceiver receiver;
        private final List<String> told = new ArrayList<>();
        private int events;
        private long bytes;

        Hold(RelayReceiver receiver) {
            this.receiver = receiver;
        }

        void deliver(long id, int size) {
            Event event =
                    Event.builder().id(Long.toString(id)).source("/t").type("t").build();
            int rest = size - event.size();
            Event sized = Event.builder()
                    .id(Long.toString(id))
                    .source("/t")
                    .type("t")
                    .text("x".repeat(Math.max(1, rest)))
                    .build();
            EventRecord record = new EventRecord(TopicName.of("orders"), null, 0, 0, null, null, null, 0, sized);
            receiver.deliver(new Delivery(id, new Position(new StreamPartition(PeerCluster.ORDERS, 0), id), record, 1));
        }

        void giveBack() {
            receiver.returned(events, bytes);
            events = 0;
            bytes = 0;
        }

        @Override
        public SubscriptionName subscription() {
            return GROUP;
        }

        @Override
        public void request(int more, long moreBytes) {
            events += more;
            bytes += moreBytes;
        }

        @Override
        public void recall() {
            told.add("recall");
        }

        @Override
        public void finish() {
            told.add("finish");
        }

        @Override
        public void again(long delivery, Duration delay, Cause cause, int attempts) {}

        @Override
        public void bury(long delivery, Burial burial) {}

        @Override
        public void hasten(String flow) {}

        @Override
        public void ack(long delivery) {
            told.add("ack " + delivery);
        }

        @Override
        public void release(long delivery, Duration delay) {
            told.add("release " + delivery);
        }

        @Override
        public void release(long delivery, Duration delay, Cause cause) {
            told.add("release " + delivery + " " + cause.reason());
        }

        @Override
        public void release(long delivery, Duration delay, String reason, @Nullable ErrorCode code, String message) {
            told.add("release " + delivery + " " + reason);
        }

        @Override
        public void reject(long delivery, String reason) {
            told.add("reject " + delivery + " " + reason);
        }

        @Override
        public void reject(long delivery, Cause cause) {
            told.add("reject " + delivery + " " + cause.message());
        }

        @Override
        public void reject(long delivery, String reason, @Nullable ErrorCode code, String message) {
            told.add("reject " + delivery + " " + message);
        }

        @Override
        public void leave() {
            told.add("leave");
        }

        @Override
        public void close() {
            told.add("close");
        }
    }

    /** Another runtime that lets every member in. */
    private static final class Other implements MeshPeer {
        private @Nullable Hold hold;

        Hold hold() {
            return Objects.requireNonNull(hold);
        }

        @Override
        public CompletionStage<Relay> relay(RelayTerms terms, RelayReceiver receiver) {
            Hold attached = new Hold(receiver);
            hold = attached;
            return CompletableFuture.completedStage(attached);
        }

        @Override
        public CompletionStage<Set<SubscriptionName>> serving(String runtime, Set<SubscriptionName> groups) {
            return CompletableFuture.completedStage(groups);
        }

        @Override
        public CompletionStage<Void> reply(String correlation, Event reply) {
            return CompletableFuture.completedStage(null);
        }

        @Override
        public CompletionStage<Map<SubscriptionName, Duration>> away(Set<SubscriptionName> groups) {
            return CompletableFuture.completedStage(Map.of());
        }

        @Override
        public CompletionStage<Void> letGo(SubscriptionName group) {
            return CompletableFuture.completedStage(null);
        }

        @Override
        public CompletionStage<Void> goOn(SubscriptionName group) {
            return CompletableFuture.completedStage(null);
        }
    }

    private Hold reach(String runtime) {
        Other other = new Other();
        spread.reach(runtime, other);
        return other.hold();
    }

    @Test
    void whatIsSettledGoesToWhereItCameFrom() {
        Hold there = reach("there");
        member.request(10, 10_000);
        own.deliver(7, 100);
        there.deliver(7, 100);

        member.ack(receiver.deliveries().get(1).id());
        member.release(receiver.deliveries().get(0).id(), Duration.ZERO);
        member.reject(receiver.deliveries().get(0).id(), "no");

        assertThat(there.told).containsExactly("ack 7");
        assertThat(own.told).containsExactly("release 7 released", "reject 7 no");
    }

    @Test
    void theClientSeesItsBytesOverdrawnByOneEventAtMost() {
        Hold there = reach("there");
        member.request(10, 100);
        own.deliver(1, 500);
        there.deliver(2, 500);

        assertThat(receiver.deliveries()).hasSize(1);
        member.request(0, 300);
        assertThat(receiver.deliveries()).hasSize(1);
        member.request(0, 200);
        assertThat(receiver.deliveries()).hasSize(2);
    }

    @Test
    void aRuntimeThatDoesNotGiveCreditBackIsGivenUpAndTheOthersGetIt() {
        Hold there = reach("there");
        member.request(10, 10_000);
        assertThat(there.events).isEqualTo(5);
        for (int i = 0; i < 5; i++) {
            own.deliver(i, 10);
        }

        spread.own().wanting();
        assertThat(there.told).containsExactly("recall");
        time.advance(Duration.ofSeconds(4));

        assertThat(there.told).containsExactly("recall", "close");
        assertThat(own.events).isEqualTo(10);
        there.deliver(9, 10);
        assertThat(receiver.deliveries()).hasSize(5);
    }

    @Test
    void aRuntimeThatGivesCreditBackStays() {
        Hold there = reach("there");
        member.request(10, 10_000);
        for (int i = 0; i < 5; i++) {
            own.deliver(i, 10);
        }

        spread.own().wanting();
        there.giveBack();
        time.advance(Duration.ofSeconds(4));

        assertThat(there.told).containsExactly("recall");
        assertThat(own.events).isGreaterThan(5);
    }

    @Test
    void aMemberWhoseRuntimeEndsIsToldOnceTheOthersHaveWhatItSettled() {
        Hold there = reach("there");
        member.request(10, 10_000);
        there.deliver(1, 10);
        EventMeshException ending = new EventMeshException(ErrorCode.SHUTTING_DOWN, "ends");

        spread.own().closed(ending);

        assertThat(there.told).containsExactly("finish");
        assertThat(receiver.isClosed()).isFalse();
        member.ack(receiver.deliveries().get(0).id());
        there.receiver.closed(null);
        assertThat(there.told).containsExactly("finish", "ack 1");
        assertThat(receiver.isClosed()).isTrue();
        assertThat(receiver.cause()).isSameAs(ending);
    }

    @Test
    void aMemberWhoseRuntimeEndsDoesNotWaitForeverForTheOthers() {
        Hold there = reach("there");

        spread.own().closed(new EventMeshException(ErrorCode.SHUTTING_DOWN, "ends"));
        time.advance(Duration.ofSeconds(6));

        assertThat(there.told).containsExactly("finish", "close");
        assertThat(receiver.isClosed()).isTrue();
    }

    @Test
    void aNewerRightAtAnotherRuntimeEndsTheMemberEverywhere() {
        Hold there = reach("there");
        Hold elsewhere = reach("elsewhere");

        there.receiver.closed(new EventMeshException(ErrorCode.FENCED, "a newer right"));

        assertThat(own.told).containsExactly("close");
        assertThat(elsewhere.told).containsExactly("close");
        assertThat(receiver.cause()).extracting(EventMeshException::code).isEqualTo(ErrorCode.FENCED);
    }

    @Test
    void aRelayThatEndedIsMadeAgainWhenTheRuntimeReadsTheGroupAgain() {
        Hold there = reach("there");
        member.request(10, 10_000);
        there.receiver.closed(new EventMeshException(ErrorCode.NOT_FOUND, "read no more"));
        assertThat(receiver.isClosed()).isFalse();

        Hold again = reach("there");
        member.request(10, 10_000);

        assertThat(again.events).isPositive();
    }
}
