package io.eventmesh.protocol.grpc;

import static io.eventmesh.protocol.grpc.EventMeshClient.items;
import static io.eventmesh.protocol.grpc.EventMeshClient.status;
import static io.eventmesh.protocol.grpc.EventMeshClient.subscription;
import static org.assertj.core.api.Assertions.assertThat;

import io.eventmesh.spi.event.Event;
import io.eventmesh.spi.event.EventBuilder;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Whose heartbeats mean what. */
class HeartbeatTest {
    private final DoorFixture fixture = new DoorFixture();
    private final EventMeshClient client = new EventMeshClient(fixture.channel);

    @AfterEach
    void close() {
        fixture.close();
    }

    @Test
    void aHeartbeatIsNotAnsweredByWhatAnotherProcessHas() {
        assertThat(status(client.stream()
                        .send(subscription(items("CLUSTERING", "a")))
                        .await(1)))
                .isEqualTo("0");
        String json = "[{\"topic\":\"a\",\"url\":\"grpc_stream\"}]";

        assertThat(status(client.heartbeat(subscription(json).attribute("pid", "1"))))
                .isEqualTo("30");
        assertThat(status(client.heartbeat(subscription(json).attribute("consumergroup", "other"))))
                .isEqualTo("30");
        assertThat(status(client.heartbeat(subscription(json)))).isEqualTo("0");
    }

    @Test
    void aHeartbeatOfAnySortIsAnswered() {
        EventBuilder ofAProducer = Event.builder().specVersion("").attribute("clienttype", 1);

        assertThat(status(client.heartbeat(ofAProducer))).isEqualTo("0");
        assertThat(status(client.heartbeat(subscription("{")))).isEqualTo("7");
        assertThat(status(
                        client.heartbeat(subscription(items("CLUSTERING", "a")).attribute("consumergroup", ""))))
                .isEqualTo("7");
        assertThat(status(client.heartbeat(subscription(items("CLUSTERING", "a"))
                        .attribute("ip", "")
                        .attribute("pid", ""))))
                .isEqualTo("6");
    }
}
