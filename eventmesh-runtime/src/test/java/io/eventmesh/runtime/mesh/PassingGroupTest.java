package io.eventmesh.runtime.mesh;

import static io.eventmesh.runtime.mesh.MeshFixture.CALLER;
import static io.eventmesh.runtime.mesh.MeshFixture.event;
import static io.eventmesh.runtime.mesh.MeshFixture.ids;
import static io.eventmesh.runtime.mesh.MeshFixture.now;
import static org.assertj.core.api.Assertions.assertThat;

import io.eventmesh.common.topic.StreamName;
import io.eventmesh.common.topic.SubscriptionName;
import io.eventmesh.common.topic.TopicPattern;
import io.eventmesh.spi.mesh.Member;
import io.eventmesh.spi.mesh.Mode;
import io.eventmesh.spi.mesh.SubscribeTerms;
import io.eventmesh.spi.mesh.SubscriptionStatus;
import io.eventmesh.spi.security.Authorizer;
import io.eventmesh.spi.storage.DeliveryTerms;
import io.eventmesh.spi.storage.Start;
import io.eventmesh.testkit.mesh.RecordingReceiver;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class PassingGroupTest {
    private final MeshFixture fixture = new MeshFixture();

    @AfterEach
    void close() {
        fixture.close();
    }

    private static SubscribeTerms broadcasting(String pattern) {
        return new SubscribeTerms(
                "g", TopicPattern.of(pattern), Mode.BROADCASTING, Start.earliest(), DeliveryTerms.DEFAULT, "test");
    }

    private Member join(String pattern, RecordingReceiver receiver) {
        Member member = now(fixture.mesh.subscribe(CALLER, broadcasting(pattern), receiver));
        member.request(100, 1 << 20);
        return member;
    }

    @Test
    void everyMemberGetsEveryEventFromWhenItCame() {
        fixture.publish("news", event("old"));
        RecordingReceiver one = new RecordingReceiver();
        RecordingReceiver other = new RecordingReceiver();
        Member first = join("news", one);
        fixture.publish("news", event("1"));
        Member second = join("news", other);
        fixture.publish("news", event("2"));

        assertThat(ids(one)).containsExactly("1", "2");
        assertThat(ids(other)).containsExactly("2");
        assertThat(first.subscription()).isNotEqualTo(second.subscription());
    }

    @Test
    void nothingIsKeptForWhoWentAway() {
        join("news", new RecordingReceiver()).close();
        fixture.publish("news", event("missed"));
        RecordingReceiver back = new RecordingReceiver();
        join("news", back);
        fixture.publish("news", event("seen"));

        assertThat(ids(back)).containsExactly("seen");
        assertThat(now(fixture.mesh.subscriptions())).hasSize(1);
    }

    @Test
    void aPassingGroupOfAllTopicsGetsNewStreams() {
        RecordingReceiver receiver = new RecordingReceiver();
        Member member = join("#", receiver);
        fixture.publish("fresh", event("1"));
        member.close();
        fixture.publish("fresher", event("2"));

        assertThat(ids(receiver)).containsExactly("1");
    }

    @Test
    void passingGroupsOfAnEarlierProcessAreDeletedAtStartAndTheirNamesNotGivenAgain() {
        StreamName news = new StreamName("default", "news");
        for (String left : new String[] {"_passing/r1/7", "_passing/other/1", "kept"}) {
            now(fixture.storage.createGroup(
                    new SubscriptionName("default", left, TopicPattern.of("news")),
                    Set.of(news),
                    DeliveryTerms.DEFAULT,
                    Start.latest()));
        }
        fixture.mesh.close();

        try (LocalMesh next = fixture.mesh(fixture.storage, MeshSettings.defaults("r1"), Authorizer.allowAll())) {
            next.start();

            assertThat(now(next.subscriptions()))
                    .extracting(SubscriptionStatus::name)
                    .extracting(SubscriptionName::group)
                    .containsExactly("kept");
            assertThat(now(next.subscribe(CALLER, broadcasting("news"), new RecordingReceiver()))
                            .subscription()
                            .group())
                    .isEqualTo("_passing/r1/8");
        }
    }
}
