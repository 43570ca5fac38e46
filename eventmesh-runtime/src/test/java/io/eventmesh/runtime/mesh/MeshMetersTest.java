package io.eventmesh.runtime.mesh;

import static io.eventmesh.runtime.mesh.MeshFixture.CALLER;
import static io.eventmesh.runtime.mesh.MeshFixture.event;
import static io.eventmesh.runtime.mesh.MeshFixture.now;
import static io.eventmesh.runtime.mesh.MeshFixture.refused;
import static io.eventmesh.runtime.mesh.MeshFixture.terms;
import static org.assertj.core.api.Assertions.assertThat;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.topic.TopicName;
import io.eventmesh.spi.event.Event;
import io.eventmesh.spi.mesh.Outgoing;
import io.eventmesh.testkit.mesh.RecordingReceiver;
import io.eventmesh.testkit.storage.Faults;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class MeshMetersTest {
    private final MeshFixture fixture = new MeshFixture();

    @AfterEach
    void close() {
        fixture.close();
    }

    private double gauge(String name, String group) {
        return fixture.meters.get(name).tag("group", group).gauge().value();
    }

    private double rejected(String reason) {
        return fixture.meters
                .get("eventmesh.rejected")
                .tag("reason", reason)
                .counter()
                .count();
    }

    @Test
    void lagAndWhatIsInFlightAreShownForEachGroup() {
        now(fixture.mesh.subscribe(CALLER, terms("g", "a"), new RecordingReceiver()))
                .request(2, 1 << 20);
        fixture.subscribe("", "a", new RecordingReceiver());
        for (int i = 0; i < 5; i++) {
            fixture.publish("a", event("" + i));
        }
        fixture.time.advance(Duration.ofSeconds(10));

        assertThat(gauge("eventmesh.consumer.lag.events", "default:g@a")).isEqualTo(5);
        assertThat(gauge("eventmesh.consumer.inflight.events", "default:g@a")).isEqualTo(2);
        assertThat(gauge("eventmesh.consumer.inflight.events", "_other")).isEqualTo(5);
    }

    @Test
    void aGroupThatIsGoneIsShownNoMore() {
        now(fixture.mesh.deleteSubscription(
                CALLER, fixture.subscribe("g", "a", new RecordingReceiver()).subscription()));
        fixture.time.advance(Duration.ofSeconds(10));

        assertThat(fixture.meters.find("eventmesh.consumer.lag.events").gauges())
                .isEmpty();
    }

    @Test
    void thePublishTimeEndsWithTheStoragesAnswer() {
        fixture.publish("a", event("0"));
        fixture.storage.faults().delay(Faults.Operation.APPEND, 1);
        fixture.mesh.publish(CALLER, new Outgoing(TopicName.of("a"), event("1")));
        fixture.time.advance(Duration.ofMillis(30));
        fixture.storage.faults().release();

        Timer seconds =
                fixture.meters.get("eventmesh.publish").tag("protocol", "test").timer();
        assertThat(seconds.count()).isEqualTo(2);
        assertThat(seconds.totalTime(TimeUnit.MILLISECONDS)).isEqualTo(30);
    }

    @Test
    void refusalsAreCountedByWhy() {
        Event large = Event.builder()
                .id("1")
                .source("/s")
                .type("t")
                .data(new byte[1 << 20])
                .build();
        refused(fixture.mesh.publish(CALLER, new Outgoing(TopicName.of("a"), large)), ErrorCode.EVENT_TOO_LARGE);
        refused(
                fixture.mesh.publish(CALLER, new Outgoing(TopicName.of("_a"), event("1"))),
                ErrorCode.PERMISSION_DENIED);
        refused(fixture.mesh.subscribe(CALLER, terms("_g", "a"), new RecordingReceiver()), ErrorCode.PERMISSION_DENIED);

        assertThat(rejected("size")).isOne();
        assertThat(rejected("acl")).isEqualTo(2);
        assertThat(rejected("rate")).isZero();
    }
}
