package io.eventmesh.common.topic;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class TopicNameTest {
    @ParameterizedTest
    @ValueSource(
            strings = {
                "orders",
                "orders/eu/created",
                "a.b_c~d%2F-e",
                "_t/default/bus",
                "1/2/3/4/5/6/7/8/9/10/11/12/13/14/15/16"
            })
    void whatIsATopicIsTaken(String text) {
        assertThat(TopicName.of(text)).hasToString(text);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "/",
                "a/",
                "/a",
                "a//b",
                "a b",
                "a/*",
                "a/+",
                "a/#",
                "a/>",
                "ä",
                "a\u0000",
                "1/2/3/4/5/6/7/8/9/10/11/12/13/14/15/16/17"
            })
    void whatIsNoTopicIsRefused(String text) {
        assertThatThrownBy(() -> TopicName.of(text))
                .extracting(failure -> ((EventMeshException) failure).code())
                .isEqualTo(ErrorCode.REQUEST_INVALID);
    }

    @Test
    void lengthsAreBoundedExactly() {
        String level = "x".repeat(64);

        assertThat(TopicName.of(level).value()).hasSize(64);
        assertThatThrownBy(() -> TopicName.of(level + "x")).hasMessageContaining("at most 64 characters");
        assertThat(TopicName.of(level + "/" + level + "/" + level + "/" + "x".repeat(60))
                        .value())
                .hasSize(255);
        assertThatThrownBy(() -> TopicName.of(level + "/" + level + "/" + level + "/" + "x".repeat(61)))
                .hasMessageContaining("has 256");
    }

    @Test
    void aRefusedTopicIsShownCutAndEscaped() {
        assertThatThrownBy(() -> TopicName.of("a\nb")).hasMessageContaining("'a\\u000ab'");
        assertThatThrownBy(() -> TopicName.of("x".repeat(300)))
                .hasMessageContaining("x".repeat(80) + "…'")
                .hasMessageNotContaining("x".repeat(81));
    }

    @Test
    void theFirstLevelDecidesStreamAndReservation() {
        TopicName topic = TopicName.of("orders/eu/created");

        assertThat(topic.firstLevel()).isEqualTo("orders");
        assertThat(topic.levels()).containsExactly("orders", "eu", "created");
        assertThat(topic.isReserved()).isFalse();
        assertThat(TopicName.of("_t/default/bus").isReserved()).isTrue();
        assertThat(TopicName.of("orders/_x").isReserved()).isFalse();
    }

    @ParameterizedTest
    @CsvSource({
        "orders/eu,orders",
        "orders,orders",
        "_t/default/bus,_t/default/bus",
        "_dl/default/group/g,_dl/default/group/g",
        "_tx/a,_tx"
    })
    void aTopicBelongsToTheStreamOfItsFirstLevelOrWhollyBelowOutboxAndDeadLetter(String topic, String stream) {
        assertThat(StreamName.of("default", TopicName.of(topic))).isEqualTo(new StreamName("default", stream));
    }

    @Test
    void streamsAreOrderedByNamespaceThenName() {
        assertThat(new StreamName("a", "z")).isLessThan(new StreamName("b", "a"));
        assertThat(new StreamName("a", "a"))
                .isLessThan(new StreamName("a", "b"))
                .hasToString("a:a");
    }

    @Test
    void namesOfSingleThingsHaveNoSlashAndGroupsMay() {
        assertThat(Names.requireName("bus", "my-bus")).isEqualTo("my-bus");
        assertThatThrownBy(() -> Names.requireName("bus", "a/b")).hasMessageStartingWith("bus: 'a/b' (expected: ");
        assertThat(Names.requireGroup("_rules/default")).isEqualTo("_rules/default");
        assertThatThrownBy(() -> Names.requireGroup("a b")).hasMessageStartingWith("group: 'a b'");
        assertThat(new SubscriptionName("default", "g", TopicPattern.of("a/*"))).hasToString("default:g@a/*");
    }
}
