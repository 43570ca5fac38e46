package io.eventmesh.runtime.mesh;

import static io.eventmesh.runtime.mesh.MeshFixture.CALLER;
import static io.eventmesh.runtime.mesh.MeshFixture.event;
import static io.eventmesh.runtime.mesh.MeshFixture.ids;
import static io.eventmesh.runtime.mesh.MeshFixture.now;
import static io.eventmesh.runtime.mesh.MeshFixture.refused;
import static io.eventmesh.runtime.mesh.MeshFixture.terms;
import static org.assertj.core.api.Assertions.assertThat;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.spi.mesh.Member;
import io.eventmesh.spi.mesh.SubscribeTerms;
import io.eventmesh.spi.storage.DeliveryTerms;
import io.eventmesh.spi.target.Destination;
import io.eventmesh.testkit.mesh.RecordingReceiver;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class FilterTermsTest {
    private final MeshFixture fixture = new MeshFixture();

    @AfterEach
    void close() {
        fixture.close();
    }

    private static SubscribeTerms filtered(String filter) {
        return terms("g", "orders", DeliveryTerms.DEFAULT.withFilter(filter));
    }

    @Test
    void aFilterThatIsNoneIsRefusedBeforeAnythingIsMade() {
        for (String wrong : new String[] {
            "nonsense", "{}", "[", "[] []", "[{\"exact\":{}}", "[{\"broken\":1}]", "\"text\"", "[{\"a\":1,\"a\":2}]"
        }) {
            refused(fixture.mesh.subscribe(CALLER, filtered(wrong), new RecordingReceiver()), ErrorCode.RULE_INVALID);
            refused(fixture.mesh.putSubscription(CALLER, filtered(wrong)), ErrorCode.RULE_INVALID);
        }
        assertThat(now(fixture.mesh.subscriptions())).isEmpty();
    }

    @Test
    void theSameFilterSpeltWithOtherSpacesIsTheSame() {
        now(fixture.mesh.subscribe(CALLER, filtered("[{\"exact\":{\"type\":\"t\"}}]"), new RecordingReceiver()));

        now(fixture.mesh.subscribe(
                CALLER, filtered(" [ { \"exact\" : {\n\"type\":\t\"t\"} } ] "), new RecordingReceiver()));

        refused(
                fixture.mesh.subscribe(CALLER, filtered("[{\"exact\":{\"type\":\"u\"}}]"), new RecordingReceiver()),
                ErrorCode.ALREADY_EXISTS);
    }

    @Test
    void noFiltersAreNone() {
        now(fixture.mesh.subscribe(CALLER, filtered("[]"), new RecordingReceiver()));
        now(fixture.mesh.subscribe(CALLER, filtered(" "), new RecordingReceiver()));

        assertThat(now(fixture.mesh.subscriptions()).get(0).terms().filter()).isEmpty();
        assertThat(fixture.filters.compiled()).isZero();
    }

    @Test
    void aFilterIsCompiledOnceHoweverManyMembersBringIt() {
        for (int i = 0; i < 10; i++) {
            now(fixture.mesh.subscribe(CALLER, filtered("[{\"exact\":{\"type\":\"t\"}}]"), new RecordingReceiver()));
        }
        assertThat(fixture.filters.compiled()).isOne();
    }

    @Test
    void aGroupGetsWhatItsFilterTakesAndIsDoneWithTheRest() {
        RecordingReceiver receiver = new RecordingReceiver();
        Member member = now(fixture.mesh.subscribe(CALLER, filtered("[{\"exact\":{\"id\":\"2\"}}]"), receiver));
        member.request(100, 1 << 20);
        for (int i = 1; i <= 3; i++) {
            fixture.publish("orders", event("" + i));
        }

        assertThat(ids(receiver)).containsExactly("2");
        member.ack(receiver.deliveries().get(0).id());
        fixture.time.advance(Duration.ofSeconds(1));
        assertThat(now(fixture.mesh.subscriptions()).get(0).lagEvents()).isZero();
    }

    @Test
    void aPushSubscriptionIsFilteredToo() {
        DeliveryTerms delivery = DeliveryTerms.DEFAULT
                .withFilter("[{\"exact\":{\"id\":\"2\"}}]")
                .withDestination(new Destination("fake", "{}"));
        now(fixture.mesh.putSubscription(CALLER, terms("g", "orders", delivery)));
        for (int i = 1; i <= 3; i++) {
            fixture.publish("orders", event("" + i));
        }
        assertThat(fixture.targets.sent()).containsExactly("2");

        now(fixture.mesh.putSubscription(
                CALLER, terms("g", "orders", delivery.withFilter("[{\"exact\":{\"id\":\"5\"}}]"))));
        fixture.publish("orders", event("2"));
        fixture.publish("orders", event("5"));
        assertThat(fixture.targets.sent()).containsExactly("2", "5");
    }
}
