package io.eventmesh.runtime.mesh;

import static io.eventmesh.runtime.mesh.MeshFixture.event;
import static io.eventmesh.runtime.mesh.MeshFixture.ids;
import static io.eventmesh.runtime.mesh.MeshFixture.now;
import static io.eventmesh.runtime.mesh.MeshFixture.terms;
import static org.assertj.core.api.Assertions.assertThat;

import io.eventmesh.spi.mesh.Member;
import io.eventmesh.testkit.mesh.RecordingReceiver;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class LocalMeshTest {
    private final MeshFixture fixture = new MeshFixture();

    @AfterEach
    void close() {
        fixture.close();
    }

    @Test
    void whatIsPublishedIsDeliveredAckedAndCommitted() {
        RecordingReceiver receiver = new RecordingReceiver();
        Member member = fixture.subscribe("g", "orders/created", receiver);

        fixture.publish("orders/created", event("1"));
        fixture.publish("orders/created", event("2"));

        assertThat(ids(receiver)).containsExactly("1", "2");
        receiver.deliveries().forEach(delivery -> member.ack(delivery.id()));
        fixture.time.advance(Duration.ofMillis(200));
        assertThat(now(fixture.mesh.subscriptions()).get(0).lagEvents()).isZero();
    }

    @Test
    void aGroupThatComesBackGoesOnWhereItWas() {
        RecordingReceiver first = new RecordingReceiver();
        Member member = fixture.subscribe("g", "orders", first);
        fixture.publish("orders", event("1"));
        member.ack(first.deliveries().get(0).id());
        member.close();
        fixture.time.advance(Duration.ofMinutes(1));

        fixture.publish("orders", event("2"));
        RecordingReceiver second = new RecordingReceiver();
        fixture.subscribe("g", "orders", second);

        assertThat(ids(second)).containsExactly("2");
    }

    @Test
    void nothingIsDeliveredBeyondTheCredit() {
        RecordingReceiver receiver = new RecordingReceiver();
        Member member = now(fixture.mesh.subscribe(MeshFixture.CALLER, terms("g", "orders"), receiver));
        fixture.publish("orders", event("1"));
        fixture.publish("orders", event("2"));
        assertThat(receiver.deliveries()).isEmpty();

        member.request(1, 1);
        assertThat(ids(receiver)).containsExactly("1");

        member.request(5, 0);
        assertThat(ids(receiver)).hasSize(1);
        member.request(0, 1_000);
        assertThat(ids(receiver)).containsExactly("1", "2");
    }
}
