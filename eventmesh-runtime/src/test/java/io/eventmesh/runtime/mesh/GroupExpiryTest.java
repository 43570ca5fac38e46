package io.eventmesh.runtime.mesh;

import static io.eventmesh.runtime.mesh.MeshFixture.CALLER;
import static io.eventmesh.runtime.mesh.MeshFixture.RUNTIME;
import static io.eventmesh.runtime.mesh.MeshFixture.event;
import static io.eventmesh.runtime.mesh.MeshFixture.ids;
import static io.eventmesh.runtime.mesh.MeshFixture.now;
import static io.eventmesh.runtime.mesh.MeshFixture.terms;
import static org.assertj.core.api.Assertions.assertThat;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.topic.SubscriptionName;
import io.eventmesh.spi.mesh.Member;
import io.eventmesh.spi.mesh.SubscriptionStatus;
import io.eventmesh.spi.security.Authorizer;
import io.eventmesh.spi.storage.DeliveryTerms;
import io.eventmesh.spi.target.Destination;
import io.eventmesh.testkit.mesh.RecordingReceiver;
import io.eventmesh.testkit.storage.Faults;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class GroupExpiryTest {
    private static final MeshSettings AN_HOUR = MeshSettings.defaults("r1").withGroupExpireAfter(Duration.ofHours(1));

    private final MeshFixture fixture = new MeshFixture(AN_HOUR);

    @AfterEach
    void close() {
        fixture.close();
    }

    private List<String> groups() {
        return now(fixture.mesh.subscriptions()).stream()
                .map(SubscriptionStatus::name)
                .map(SubscriptionName::group)
                .sorted()
                .toList();
    }

    @Test
    void aGroupExpiresWhenItsLastMemberHasBeenAwayForTheTime() {
        Member member = fixture.subscribe("g", "a", new RecordingReceiver());
        fixture.time.advance(Duration.ofHours(5));
        assertThat(groups()).containsExactly("g");

        member.close();
        fixture.time.advance(Duration.ofMinutes(59));
        assertThat(groups()).containsExactly("g");

        fixture.time.advance(Duration.ofMinutes(3));
        assertThat(groups()).isEmpty();
    }

    @Test
    void aMemberThatComesBackMeanwhileStartsTheTimeAnew() {
        fixture.subscribe("g", "a", new RecordingReceiver()).close();
        fixture.time.advance(Duration.ofMinutes(50));
        fixture.subscribe("g", "a", new RecordingReceiver()).close();

        fixture.time.advance(Duration.ofMinutes(50));

        assertThat(groups()).containsExactly("g");
    }

    @Test
    void aGroupWithADestinationNeverExpires() {
        Destination dead = new Destination("nobody-serves-it-any-more", "{}");
        DeliveryTerms delivery = DeliveryTerms.DEFAULT.withDestination(dead);
        fixture.publish("a", event("1"));
        SubscriptionName name =
                new SubscriptionName("default", "g", terms("g", "a").pattern());
        now(fixture.storage.createGroup(
                name, Set.of(), delivery, terms("g", "a").start()));

        fixture.time.advance(Duration.ofDays(3));

        assertThat(groups()).containsExactly("g");
    }

    @Test
    void groupsOfTheMeshItselfExpireToo() {
        now(fixture.mesh.subscribe(RUNTIME, terms("_rules/b", "a"), new RecordingReceiver()))
                .close();

        fixture.time.advance(Duration.ofMinutes(62));

        assertThat(groups()).isEmpty();
    }

    @Test
    void theTimeOfWhatTheStorageKeptBeginsWithTheProcess() {
        fixture.subscribe("g", "a", new RecordingReceiver()).close();
        fixture.time.advance(Duration.ofMinutes(59));
        fixture.mesh.close();

        try (LocalMesh next = fixture.mesh(fixture.storage, AN_HOUR, Authorizer.allowAll())) {
            next.start();
            fixture.time.advance(Duration.ofMinutes(59));
            assertThat(now(next.subscriptions())).hasSize(1);
            fixture.time.advance(Duration.ofMinutes(3));
            assertThat(now(next.subscriptions())).isEmpty();
        }
    }

    @Test
    void zeroKeepsThemAll() {
        try (MeshFixture patient = new MeshFixture(AN_HOUR.withGroupExpireAfter(Duration.ZERO))) {
            patient.subscribe("g", "a", new RecordingReceiver()).close();
            patient.time.advance(Duration.ofDays(30));
            assertThat(now(patient.mesh.subscriptions())).hasSize(1);
        }
    }

    @Test
    void aGroupThatCannotBeDeletedIsTriedAgain() {
        fixture.subscribe("g", "a", new RecordingReceiver()).close();
        fixture.storage.faults().fail(Faults.Operation.DELETE_GROUP, 1, ErrorCode.STORAGE_UNAVAILABLE);

        fixture.time.advance(Duration.ofMinutes(70));

        assertThat(groups()).isEmpty();
    }

    @Test
    void aMemberOnItsWayKeepsTheGroup() {
        fixture.subscribe("g", "a", new RecordingReceiver()).close();
        fixture.time.advance(Duration.ofMinutes(59));
        fixture.publish("a", event("1"));
        fixture.storage.faults().delay(Faults.Operation.CREATE_GROUP, 1);
        RecordingReceiver receiver = new RecordingReceiver();
        CompletionStage<Member> joining = fixture.mesh.subscribe(CALLER, terms("g", "a"), receiver);
        fixture.time.advance(Duration.ofMinutes(5));

        fixture.storage.faults().release();
        now(joining).request(10, 1 << 20);

        assertThat(ids(receiver)).containsExactly("1");
    }
}
