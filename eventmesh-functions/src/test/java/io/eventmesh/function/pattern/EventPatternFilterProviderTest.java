package io.eventmesh.function.pattern;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.function.Samples;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class EventPatternFilterProviderTest {
    private final EventPatternFilterProvider patterns = new EventPatternFilterProvider();

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            quoteCharacter = '`',
            value = {
                "{\"type\":[\"order.created\"]}; true",
                "{\"type\":[\"order.deleted\"]}; false",
                "{\"region\":[\"us\",\"eu\"]}; true",
                "{\"priority\":[7]}; true",
                "{\"priority\":[\"7\"]}; false",
                "{\"data\":{\"line\":[{\"prefix\":\"Package: \"}]}}; true",
                "{\"data\":{\"line\":[{\"suffix\":\"Package: \"}]}}; false",
                "{\"data\":{\"total\":[{\"numeric\":[\">\",100]}]}}; true",
                "{\"data\":{\"total\":[{\"numeric\":[\">\",200]}]}}; false",
                "{\"data\":{\"tags\":[\"b\"]}}; true",
                "{\"data\":{\"none\":[{\"exists\":false}]}}; true",
                "{\"data\":{\"empty\":[null]}}; true",
                "{\"data\":{\"line\":[{\"anything-but\":\"x\"}]}}; true",
                "{\"data\":{\"line\":[{\"wildcard\":\"P*: z*\"}]}}; true",
                "{\"$or\":[{\"type\":[\"x\"]},{\"region\":[\"eu\"]}]}; true",
            })
    void aPatternJudgesAttributesAndData(String pattern, boolean expected) {
        var event = Samples.json("{\"line\":\"Package: zip\",\"total\":120,\"tags\":[\"a\",\"b\"],\"empty\":null}");

        assertThat(patterns.compile(pattern).test(event)).isEqualTo(expected);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "nonsense",
                "[]",
                "{}",
                "{\"type\":\"x\"}",
                "{\"type\":[]}",
                "{\"type\":[{\"NUMERIC\":[\">\",1]}]}",
                "{\"type\":[{\"numeric\":[\"<>\",1]}]}",
                "{\"type\":[{\"prefix\":5}]}",
                "{\"$or\":[{\"type\":[\"x\"]}]}"
            })
    void anInvalidPatternIsRefusedWithAReason(String pattern) {
        assertThatThrownBy(() -> patterns.compile(pattern))
                .isInstanceOfSatisfying(EventMeshException.class, refusal -> {
                    assertThat(refusal.code()).isEqualTo(ErrorCode.RULE_INVALID);
                    assertThat(refusal.reason()).startsWith("filter: ").hasSizeGreaterThan(12);
                });
    }

    @Test
    void aPatternOverTheLengthIsRefused() {
        String pattern = "{\"type\":[\"%s\"]}".formatted("x".repeat(5000));

        assertThatThrownBy(() -> patterns.compile(pattern)).hasMessageContaining("at most 4096");
    }

    @Test
    void aSetNamesEveryPatternThatMatches() {
        var set = patterns.compileAll(Map.of(
                "by-type", "{\"type\":[\"order.created\"]}",
                "by-number", "{\"data\":{\"total\":[{\"numeric\":[\">=\",10]}]}}",
                "other", "{\"type\":[\"other\"]}",
                "other-number", "{\"data\":{\"total\":[{\"numeric\":[\"<\",10]}]}}"));

        assertThat(set.matches(Samples.json("{\"total\":10}"))).containsExactlyInAnyOrder("by-type", "by-number");
    }

    @Test
    void aThousandDistinctBoundsAreBuiltAndJudged() {
        Map<String, String> many = new HashMap<>();
        for (int i = 0; i < 1000; i++) {
            many.put("r" + i, "{\"data\":{\"total\":[{\"numeric\":[\">\",%d]}]}}".formatted(i));
        }

        assertThat(patterns.compileAll(many).matches(Samples.json("{\"total\":500}")))
                .hasSize(500);
    }
}
