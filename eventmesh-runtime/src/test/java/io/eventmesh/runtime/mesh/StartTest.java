package io.eventmesh.runtime.mesh;

import static io.eventmesh.runtime.mesh.MeshFixture.CALLER;
import static io.eventmesh.runtime.mesh.MeshFixture.event;
import static io.eventmesh.runtime.mesh.MeshFixture.ids;
import static io.eventmesh.runtime.mesh.MeshFixture.now;
import static io.eventmesh.runtime.mesh.MeshFixture.refused;
import static org.assertj.core.api.Assertions.assertThat;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.topic.StreamName;
import io.eventmesh.common.topic.TopicPattern;
import io.eventmesh.spi.mesh.SubscribeTerms;
import io.eventmesh.spi.storage.DeliveryTerms;
import io.eventmesh.spi.storage.Position;
import io.eventmesh.spi.storage.Start;
import io.eventmesh.spi.storage.StreamPartition;
import io.eventmesh.testkit.mesh.RecordingReceiver;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class StartTest {
    private final MeshFixture fixture =
            new MeshFixture(MeshSettings.defaults("r1").withTopics(new TopicsConfig(true, 1, Map.of())));

    @AfterEach
    void close() {
        fixture.close();
    }

    private List<String> from(Start start, String pattern) {
        RecordingReceiver receiver = new RecordingReceiver();
        SubscribeTerms terms = new SubscribeTerms(
                "g" + start.hashCode(), TopicPattern.of(pattern), start, DeliveryTerms.DEFAULT, "test");
        now(fixture.mesh.subscribe(CALLER, terms, receiver)).request(100, 1 << 20);
        return ids(receiver);
    }

    @Test
    void aGroupMayBeginAtATime() {
        fixture.publish("a", event("1"));
        fixture.time.advance(Duration.ofMinutes(1));
        Instant between = Instant.ofEpochMilli(fixture.time.millis());
        fixture.publish("a", event("2"));
        fixture.publish("b", event("3"));

        assertThat(from(new Start.AtTime(between), "#")).containsExactlyInAnyOrder("2", "3");
    }

    @Test
    void aGroupMayBeginAtAPosition() {
        fixture.publish("a", event("1"));
        Position second = fixture.publish("a", event("2"));
        fixture.publish("a", event("3"));

        assertThat(from(new Start.AtPosition(second), "a")).containsExactly("2", "3");
    }

    @Test
    void aPositionInNoneOfItsStreamsIsRefusedAndMakesNoGroup() {
        fixture.publish("a", event("1"));
        Position elsewhere = new Position(new StreamPartition(new StreamName("default", "z"), 0), 0);
        SubscribeTerms terms = new SubscribeTerms(
                "g", TopicPattern.of("#"), new Start.AtPosition(elsewhere), DeliveryTerms.DEFAULT, "test");

        refused(fixture.mesh.subscribe(CALLER, terms, new RecordingReceiver()), ErrorCode.REQUEST_INVALID);

        assertThat(now(fixture.mesh.subscriptions())).isEmpty();
    }
}
