package io.eventmesh.runtime.delivery;

import static org.assertj.core.api.Assertions.assertThat;

import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.topic.TopicPattern;
import io.eventmesh.spi.mesh.CallContext;
import io.eventmesh.spi.mesh.Delivery;
import io.eventmesh.spi.mesh.Member;
import io.eventmesh.spi.mesh.Receiver;
import io.eventmesh.spi.mesh.SubscribeTerms;
import io.eventmesh.spi.security.Principal;
import io.eventmesh.spi.storage.DeliveryTerms;
import io.eventmesh.spi.storage.Start;
import io.eventmesh.testkit.mesh.RecordingMember;
import io.eventmesh.testkit.mesh.RecordingMesh;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class MembershipTest {
    private final RecordingMesh mesh = new RecordingMesh();

    private static final Receiver NOBODY = new Receiver() {
        @Override
        public void deliver(Delivery delivery) {}

        @Override
        public void closed(@Nullable EventMeshException cause) {}
    };

    private Membership<Member> joined(int events, long bytes) {
        Member member = mesh.subscribe(
                        CallContext.of(Principal.runtime("r1"), "test"),
                        new SubscribeTerms(
                                "g", TopicPattern.of("orders"), Start.latest(), DeliveryTerms.DEFAULT, "test"),
                        NOBODY)
                .toCompletableFuture()
                .getNow(null);
        return new Membership<>(member, events, bytes);
    }

    private RecordingMember member() {
        return mesh.members().get(0);
    }

    @Test
    void creditComesBackWhenAnEighthOfItHasComeTogether() {
        Membership<Member> membership = joined(32, 1_000_000);

        for (int i = 0; i < 3; i++) {
            membership.settled(10);
        }
        assertThat(member().eventCredit()).isZero();

        membership.settled(10);
        assertThat(member().eventCredit()).isEqualTo(4);
        assertThat(member().byteCredit()).isEqualTo(40);
    }

    @Test
    void creditOfAFewEventsComesBackWithEach() {
        Membership<Member> membership = joined(1, 1_000);

        membership.settled(10);

        assertThat(member().eventCredit()).isEqualTo(1);
    }

    @Test
    void creditOfLargeEventsComesBackByTheirBytes() {
        Membership<Member> membership = joined(1_000_000, 8_000);

        membership.settled(999);
        assertThat(member().byteCredit()).isZero();

        membership.settled(1);
        assertThat(member().eventCredit()).isEqualTo(2);
        assertThat(member().byteCredit()).isEqualTo(1_000);
    }
}
