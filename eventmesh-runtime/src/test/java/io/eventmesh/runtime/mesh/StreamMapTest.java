package io.eventmesh.runtime.mesh;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.eventmesh.common.config.InvalidValueException;
import io.eventmesh.common.topic.StreamName;
import io.eventmesh.common.topic.TopicName;
import io.eventmesh.common.topic.TopicPattern;
import java.util.Map;
import org.junit.jupiter.api.Test;

class StreamMapTest {
    private final StreamMap map = new StreamMap(Map.of("orders/eu", "europe", "orders/eu/big", "big"));

    private String streamOf(String topic) {
        return map.streamOf("default", TopicName.of(topic)).name();
    }

    @Test
    void theLongestPrefixOfWholeLevelsNamesTheStream() {
        assertThat(streamOf("orders/us")).isEqualTo("orders");
        assertThat(streamOf("orders/eu")).isEqualTo("europe");
        assertThat(streamOf("orders/eu/new")).isEqualTo("europe");
        assertThat(streamOf("orders/europe")).isEqualTo("orders");
        assertThat(streamOf("orders/eu/big/new")).isEqualTo("big");
        assertThat(streamOf("_t/default/orders")).isEqualTo("_t/default/orders");
    }

    @Test
    void aPatternReadsEveryStreamThatMayHoldItsTopics() {
        assertThat(map.streamsOf("default", TopicPattern.of("orders/>")))
                .extracting(StreamName::name)
                .containsExactlyInAnyOrder("orders", "europe", "big");
        assertThat(map.streamsOf("default", TopicPattern.of("orders/*")))
                .extracting(StreamName::name)
                .containsExactlyInAnyOrder("orders", "europe");
        assertThat(map.streamsOf("default", TopicPattern.of("orders/us/*")))
                .extracting(StreamName::name)
                .containsExactly("orders");
    }

    @Test
    void aReservedStreamIsRefusedInTheConfiguration() {
        assertThatThrownBy(() -> new TopicsConfig(true, 4, Map.of("a", "_dl/x")))
                .isInstanceOf(InvalidValueException.class)
                .hasMessageContaining("streams");
    }
}
