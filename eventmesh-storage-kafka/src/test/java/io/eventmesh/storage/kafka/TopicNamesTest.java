package io.eventmesh.storage.kafka;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import io.eventmesh.common.topic.StreamName;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.apache.kafka.common.internals.Topic;
import org.junit.jupiter.api.Test;

class TopicNamesTest {
    private final TopicNames names = names("", "prod");

    @Test
    void aUsualStreamKeepsItsName() {
        assertThat(names.stream(new StreamName("default", "orders"))).isEqualTo("prod..default..orders");
        assertThat(names.catalog()).isEqualTo("prod..catalog");
    }

    @Test
    void whatKafkaDoesNotAllowIsWrittenInHexadecimalDigits() {
        assertThat(names.stream(new StreamName("a.b", "_t/default/bus%~")))
                .isEqualTo("prod..a.2eb...5ft.2fdefault.2fbus.25.7e");
    }

    @Test
    void aPrefixThatWasConfiguredTakesTheClustersPlace() {
        assertThat(names("mesh-1", "prod").catalog()).isEqualTo("mesh-1..catalog");
        assertThat(names("", "a_b.c").catalog()).isEqualTo("a.5fb.2ec..catalog");
    }

    @Test
    void namesOfDifferentStreamsDifferAlsoAsKafkaComparesThem() {
        List<String> parts = List.of("a", "b", "a.b", "a_b", "a-b", "-", ".", "..", "2e", ".2e", "a..b", "5f", "_");
        Set<String> seen = new HashSet<>();
        for (String namespace : parts) {
            for (String stream : parts) {
                String topic = names.stream(new StreamName(namespace, stream));
                assertThatCode(() -> Topic.validate(topic)).doesNotThrowAnyException();
                assertThat(topic).doesNotContain("_");
                assertThat(seen.add(topic.replace('.', '_'))).as(topic).isTrue();
            }
        }
    }

    @Test
    void aNameThatIsTooLongEndsInAHash() {
        String levels = ("x".repeat(60) + "/").repeat(4);
        List<String> topics = new ArrayList<>();
        for (String last : List.of("a", "b", "c".repeat(10))) {
            topics.add(names.stream(new StreamName("default", levels + last)));
        }

        assertThat(topics).doesNotHaveDuplicates().allSatisfy(topic -> {
            assertThat(topic).hasSize(249).startsWith("prod..default..xxxx");
            assertThatCode(() -> Topic.validate(topic)).doesNotThrowAnyException();
        });
        assertThat(names.stream(new StreamName("default", levels + "a"))).isEqualTo(topics.get(0));
    }

    private static TopicNames names(String prefix, String cluster) {
        return new TopicNames(Storages.config("localhost:1", prefix), cluster);
    }
}
