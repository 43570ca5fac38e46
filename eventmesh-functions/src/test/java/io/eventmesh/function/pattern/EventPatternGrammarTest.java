package io.eventmesh.function.pattern;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.function.JsonEvent;
import io.eventmesh.function.Samples;
import io.eventmesh.spi.function.EventView;
import io.eventmesh.spi.function.FilterRefusal;
import io.eventmesh.spi.function.RuleFilter;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** The statements of the grammar, each with examples, in {@code matching.txt} and {@code refused.txt}. */
class EventPatternGrammarTest {
    private final IndexedRuleFilters filters = new IndexedRuleFilters();

    static Stream<Arguments> matching() {
        return rows("matching.txt").map(row -> Arguments.of((Object[]) row));
    }

    static Stream<Arguments> refused() {
        return rows("refused.txt").map(row -> Arguments.of(row[0], row[1]));
    }

    /** Pattern, payload, answer and what event-ruler answers. */
    private static Stream<String[]> rows(String file) {
        try (InputStream in = EventPatternGrammarTest.class.getResourceAsStream("/pattern/" + file)) {
            String text = new String(Objects.requireNonNull(in).readAllBytes(), StandardCharsets.UTF_8);
            return text.lines()
                    .filter(line -> !line.isBlank() && !line.startsWith("#") && !line.startsWith("=="))
                    .map(line -> line.split(" \\| ", -1))
                    .map(row -> new String[] {
                        row[0], row[1], row.length > 2 ? row[2] : "", row.length > 3 ? row[3] : row[row.length - 1]
                    });
        } catch (IOException unreadable) {
            throw new UncheckedIOException(unreadable);
        }
    }

    @ParameterizedTest(name = "{0} | {1} | {2}")
    @MethodSource("matching")
    void whatTheGrammarSays(String pattern, String payload, String answer, String others)
            throws JsonProcessingException {
        String below = "{\"data\":%s}".formatted(pattern);
        EventView event = Samples.json(payload);
        boolean expected = answer.equals("yes");

        RuleFilter filter = filters.compile(below, "");
        assertThat(filter.test(event)).isEqualTo(expected);
        assertThat(filters.index(Map.of("rule", filter)).matches(Samples.json(payload)))
                .hasSize(expected ? 1 : 0);
        assertThat(filter.explain(event)).isNotEmpty();

        JsonNode root = JsonEvent.of(event).root();
        assertThat(new NaivePattern(JsonEvent.MAPPER.readTree(below)).matches(new NaivePattern.Flat(root)))
                .isEqualTo(expected);
        if (!others.equals("-")) {
            assertThat(SecondOpinion.matches(SecondOpinion.machine(below), root.toString()))
                    .isEqualTo(others.equals("yes"));
        }
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("refused")
    void whatIsNoPatternIsRefusedWithPathAndReason(String pattern, String reason) {
        assertThatThrownBy(() -> filters.compile(pattern, "")).isInstanceOfSatisfying(FilterRefusal.class, refusal -> {
            assertThat(refusal.code()).isEqualTo(ErrorCode.RULE_INVALID);
            assertThat(refusal.reason()).startsWith(reason);
            assertThat(refusal.pointer()).startsWith("/filter");
        });
    }
}
