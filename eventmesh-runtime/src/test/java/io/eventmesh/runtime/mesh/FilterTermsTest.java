package io.eventmesh.runtime.mesh;

import static io.eventmesh.runtime.mesh.MeshFixture.CALLER;
import static io.eventmesh.runtime.mesh.MeshFixture.now;
import static io.eventmesh.runtime.mesh.MeshFixture.refused;
import static io.eventmesh.runtime.mesh.MeshFixture.terms;
import static org.assertj.core.api.Assertions.assertThat;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.spi.mesh.SubscribeTerms;
import io.eventmesh.spi.storage.DeliveryTerms;
import io.eventmesh.testkit.mesh.RecordingReceiver;
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
}
