package io.eventmesh.common.topic;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.eventmesh.common.error.EventMeshException;
import java.util.Random;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class TopicPatternTest {
    @ParameterizedTest
    @CsvSource({
        "orders,orders,true",
        "orders,orders/eu,false",
        "orders/*,orders/eu,true",
        "orders/*,orders,false",
        "orders/*,orders/eu/created,false",
        "orders/+/created,orders/eu/created,true",
        "orders/>,orders/eu/created,true",
        "orders/>,orders/eu,true",
        "orders/>,orders,false",
        "orders/#,orders,true",
        "orders/#,orders/eu/created,true",
        "orders/#,ordersx,false",
        "*/created,orders/created,true",
        ">,orders/eu,true",
        "#,orders,true",
        "or,orders,false",
        "orders/e,orders/eu,false",
        "orders/*/x,orders/eu/xy,false",
    })
    void wildcardsStandForLevels(String pattern, String topic, boolean matches) {
        assertThat(TopicPattern.of(pattern).matches(TopicName.of(topic))).isEqualTo(matches);
    }

    @ParameterizedTest
    @ValueSource(strings = {"#", ">", "*/default/bus", "+/>"})
    void aWildcardInTheFirstLevelNeverMeetsAReservedTopic(String pattern) {
        assertThat(TopicPattern.of(pattern).matches(TopicName.of("_t/default/bus")))
                .isFalse();
    }

    @Test
    void aReservedFirstLevelThatIsSaidMeetsItsTopics() {
        assertThat(TopicPattern.of("_t/>").matches(TopicName.of("_t/default/bus")))
                .isTrue();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "a/>/b", "#/a", "a*", "a/b*", "a//b", "a b"})
    void whatIsNoPatternIsRefused(String pattern) {
        assertThatThrownBy(() -> TopicPattern.of(pattern))
                .isInstanceOf(EventMeshException.class)
                .hasMessageStartingWith("topic pattern: '" + pattern + "'");
    }

    @Test
    void aPatternWithoutWildcardsIsLiteral() {
        assertThat(TopicPattern.of("orders/eu").isLiteral()).isTrue();
        assertThat(TopicPattern.of("orders/*").isLiteral()).isFalse();
        assertThat(TopicPattern.of("*/eu").isFirstLevelWild()).isTrue();
        assertThat(TopicPattern.of("orders/*").isFirstLevelWild()).isFalse();
        assertThat(TopicPattern.exactly(TopicName.of("a/b"))).isEqualTo(TopicPattern.of("a/b"));
        assertThat(TopicPattern.of("a/*")).isNotEqualTo(TopicPattern.of("a/+"));
    }

    @Test
    void matchingAgreesWithARegularExpressionOnRandomInput() {
        Random random = new Random(42);
        String[] levels = {"a", "b", "ab", "*", "+"};
        String[] last = {"a", "b", "ab", "*", "+", ">", "#"};
        for (int i = 0; i < 20_000; i++) {
            StringBuilder pattern = new StringBuilder();
            int depth = 1 + random.nextInt(4);
            for (int level = 0; level < depth; level++) {
                String[] from = level == depth - 1 ? last : levels;
                pattern.append(level == 0 ? "" : "/").append(from[random.nextInt(from.length)]);
            }
            StringBuilder topic = new StringBuilder();
            int length = 1 + random.nextInt(5);
            for (int level = 0; level < length; level++) {
                topic.append(level == 0 ? "" : "/").append(levels[random.nextInt(3)]);
            }

            boolean expected = Pattern.matches(regex(pattern.toString()), topic);

            assertThat(TopicPattern.of(pattern.toString()).matches(TopicName.of(topic.toString())))
                    .as("%s on %s", pattern, topic)
                    .isEqualTo(expected);
        }
    }

    private static String regex(String pattern) {
        if (pattern.equals("#") || pattern.equals(">")) {
            return ".+";
        }
        String whole = pattern.replaceAll("(?<=^|/)[*+](?=/|$)", "[^/]+");
        return whole.endsWith("/#")
                ? whole.substring(0, whole.length() - 2) + "(/.+)?"
                : whole.endsWith("/>") ? whole.substring(0, whole.length() - 1) + ".+" : whole;
    }
}
