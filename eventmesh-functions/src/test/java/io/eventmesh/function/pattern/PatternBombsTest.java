package io.eventmesh.function.pattern;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.function.Samples;
import io.eventmesh.spi.function.EventView;
import io.eventmesh.spi.function.FilterRefusal;
import io.eventmesh.spi.function.RuleFilter;
import io.eventmesh.spi.function.RuleIndex;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.function.IntFunction;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Patterns and events made to cost much: refused with what is too much, or judged in a time that stays in proportion. */
@Timeout(60)
class PatternBombsTest {
    private final IndexedRuleFilters filters = new IndexedRuleFilters();

    @Test
    void aPatternOfAMegabyteIsRefusedByItsLength() {
        String pattern = "{\"a\":[\"%s\"]}".formatted("x".repeat(1 << 20));

        assertThatThrownBy(() -> filters.compile(pattern, ""))
                .isInstanceOf(FilterRefusal.class)
                .hasMessage("filter $: 1048586 characters (expected: at most 4096)");
    }

    @Test
    void filtersOfAMegabyteAreRefusedByTheirLength() {
        String dialects = "[{\"exact\":{\"type\":\"%s\"}}]".formatted("x".repeat(1 << 20));

        assertThatThrownBy(() -> filters.compile("", dialects))
                .isInstanceOf(FilterRefusal.class)
                .hasMessageContaining("characters (expected: at most 65536)");
    }

    @Test
    void aPatternOfAHundredLevelsIsRefusedAndOneLessIsJudged() {
        assertThatThrownBy(() -> filters.compile(nested(100, "[1]"), ""))
                .isInstanceOf(FilterRefusal.class)
                .hasMessageContaining("nesting depth (101) exceeds the maximum allowed (100");

        RuleFilter filter = filters.compile("{\"data\":%s}".formatted(nested(98, "[1]")), "");
        assertThat(filter.test(Samples.json(nested(98, "1")))).isTrue();
        assertThat(filter.test(Samples.json(nested(97, "1")))).isFalse();
    }

    @Test
    void aPayloadOfMoreThanAHundredLevelsIsNotVisibleAndTheExplanationSaysSo() {
        RuleFilter filter = filters.compile("{\"data\":{\"a\":[{\"exists\":true}]}}", "");
        EventView event = Samples.json(nested(101, "1"));

        assertThat(filter.test(event)).isFalse();
        assertThat(filter.explain(event))
                .singleElement()
                .satisfies(clause ->
                        assertThat(clause.found()).contains("payload is over a bound", "nesting depth (101)"));
    }

    @Test
    void aPayloadOfAHundredLevelsOfArraysIsJudged() {
        String payload = "{\"a\":%s1%s}".formatted("[".repeat(99), "]".repeat(99));

        assertThat(filters.compile("{\"data\":{\"a\":[1]}}", "").test(Samples.json(payload)))
                .isTrue();
    }

    private static String nested(int depth, String inner) {
        return "{\"a\":".repeat(depth) + inner + "}".repeat(depth);
    }

    @ParameterizedTest
    @ValueSource(ints = {2, 100, 1_900})
    void aWildcardOfManyStarsTakesOneLookAtTheText(int stars) {
        String pattern = "{\"data\":{\"a\":[{\"wildcard\":\"%s\"}]}}".formatted("*a".repeat(stars) + "*b");
        RuleFilter filter = filters.compile(pattern, "");
        String text = "a".repeat(1 << 20);

        assertThat(filter.test(Samples.json("{\"a\":\"%s\"}".formatted(text)))).isFalse();
        assertThat(filter.test(Samples.json("{\"a\":\"%sb\"}".formatted(text)))).isTrue();
    }

    @Test
    void aWildcardOfALongPieceTakesOneLookAtTheText() {
        String piece = "a".repeat(3_900) + "b";
        RuleFilter filter = filters.compile("{\"data\":{\"a\":[{\"wildcard\":\"*%s*\"}]}}".formatted(piece), "");
        String text = "a".repeat(1 << 20);

        assertThat(filter.test(Samples.json("{\"a\":\"%s\"}".formatted(text)))).isFalse();
        assertThat(filter.test(Samples.json("{\"a\":\"%sb\"}".formatted(text)))).isTrue();
    }

    @Test
    void aThousandWildcardsThatShareTheirLettersAreJudgedInOneIndex() {
        RuleIndex<Integer> index = index(1_000, i -> {
            String letters = Integer.toBinaryString(1_024 + i).replace('0', 'a').replace('1', 'b');
            return "{\"data\":{\"a\":[{\"wildcard\":\"*%s*\"}]}}".formatted(letters.replaceAll("(?<=.)(?=.)", "*"));
        });

        assertThat(index.matches(Samples.json("{\"a\":\"%s\"}".formatted("ba".repeat(50_000)))))
                .hasSize(1_000);
        assertThat(index.matches(Samples.json("{\"a\":\"%s\"}".formatted("a".repeat(100_000)))))
                .isEmpty();
    }

    @Test
    void productsOfAlternativesAreCountedBeforeTheyAreMade() {
        assertThatThrownBy(() -> filters.compile(product(10), ""))
                .isInstanceOf(FilterRefusal.class)
                .hasMessage("filter $: 1024 alternatives when every $or is multiplied out (expected: at most 1000)");
        assertThatThrownBy(() -> filters.compile(product(60), ""))
                .isInstanceOf(FilterRefusal.class)
                .hasMessageContaining("billions of alternatives");
        assertThat(filters.compile(product(8), "").weight()).isLessThanOrEqualTo(10_000);
    }

    @Test
    void aPatternThatWeighsTooMuchIsRefusedWithWhatItWouldCost() {
        String pattern = product(9);
        String heavier = pattern.substring(0, pattern.length() - 1)
                + IntStream.range(0, 60).mapToObj(",\"z%d\":[1]"::formatted).collect(Collectors.joining())
                + "}";

        assertThatThrownBy(() -> filters.compile(heavier, ""))
                .isInstanceOf(FilterRefusal.class)
                .hasMessageMatching(
                        "filter \\$: up to \\d{6} comparisons an event in 512 alternatives \\(expected: at most 10000\\)");
    }

    /** So many alternatives of two, nested beside each other. */
    private static String product(int factors) {
        return "{\"x\":"
                + IntStream.range(0, factors)
                        .mapToObj("{\"$or\":[{\"a%1$d\":[1]},{\"b%1$d\":[1]}],\"y\":"::formatted)
                        .collect(Collectors.joining())
                + "[1]"
                + "}".repeat(factors + 1);
    }

    @Test
    void numbersOfAnySizeAreComparedWithoutWritingThemOut() {
        RuleFilter filter = filters.compile("{\"data\":{\"a\":[{\"numeric\":[\">\",1e1000000000]}]}}", "");

        assertThat(filter.test(Samples.json("{\"a\":1e1000000001}"))).isTrue();
        assertThat(filter.test(Samples.json("{\"a\":-1e2000000000}"))).isFalse();
        assertThat(filter.test(Samples.json("{\"a\":%s}".formatted("9".repeat(1_000)))))
                .isFalse();
        assertThat(filters.compile("{\"data\":{\"a\":[1e-1000000000]}}", "")
                        .test(Samples.json("{\"a\":10e-1000000001}")))
                .isTrue();
    }

    @Test
    void aPatternMayBeSoLongAndNotLonger() {
        String pattern = "{\"a\":[\"%s\"]}".formatted("x".repeat(PatternReader.MAX_LENGTH - 10));

        assertThat(filters.compile(pattern, "").weight()).isPositive();
        assertThatThrownBy(() -> filters.compile(pattern + " ", ""))
                .hasMessage("filter $: 4097 characters (expected: at most 4096)");
    }

    @Test
    void anEventWhoseTextsTakeTooLongIsJudgedByItsAttributesAlone() {
        RuleIndex<Integer> index = index(2_000, i -> switch (i) {
            case 0 -> "{\"region\":[\"eu\"]}";
            case 1 -> "{\"data\":{\"a\":[{\"exists\":true}]}}";
            default ->
                "{\"data\":{\"a\":[{\"wildcard\":\"*%s*%sb*b\"}]}}"
                        .formatted("a".repeat(10 + i % 50), "a".repeat(10 + i / 50));
        });

        assertThat(index.matches(Samples.json("{\"a\":\"%sb\"}".formatted("a".repeat(200)))))
                .containsExactly(0, 1);
        assertThat(index.matches(Samples.json("{\"a\":\"%sb\"}".formatted("a".repeat(1 << 20)))))
                .containsExactly(0);
        assertThat(index.matches(Samples.json("{\"a\":1}"))).containsExactly(0, 1);
    }

    @Test
    void anEventWhoseArraysTakeTooLongIsJudgedByItsAttributesAlone() {
        RuleIndex<Integer> index = index(2_000, i -> switch (i) {
            case 0 -> "{\"region\":[\"eu\"]}";
            case 1 -> "{\"data\":{\"a\":[\"w1\"]}}";
            default -> "{\"data\":{\"a\":[{\"anything-but\":{\"prefix\":[\"w\",\"v%d\"]}}]}}".formatted(i);
        });
        String some = IntStream.range(0, 1_000).mapToObj("\"w%d\""::formatted).collect(Collectors.joining(","));
        String many = IntStream.range(0, 100_000).mapToObj("\"w%d\""::formatted).collect(Collectors.joining(","));

        assertThat(index.matches(Samples.json("{\"a\":[%s]}".formatted(some)))).containsExactly(0, 1);
        assertThat(index.matches(Samples.json("{\"a\":[%s]}".formatted(many)))).containsExactly(0);
    }

    @Test
    void fieldsOfManyElementsAndManyRulesAreBoundedTogether() {
        RuleIndex<Integer> index =
                index(1_000, i -> "{\"data\":{\"a\":{\"b\":[1],\"c\":[2],\"x%d\":[{\"exists\":false}]}}}".formatted(i));
        String apart = IntStream.range(0, 40_000)
                .mapToObj(i -> i % 2 == 0 ? "{\"b\":1}" : "{\"c\":2}")
                .collect(Collectors.joining(","));

        assertThat(index.matches(Samples.json("{\"a\":[%s]}".formatted(apart)))).isEmpty();
        assertThat(index.matches(Samples.json("{\"a\":[{\"b\":1,\"c\":2}]}"))).hasSize(1_000);
    }

    @Test
    void longTextsInPatternsWeighMore() {
        String pattern = "{\"data\":{\"a\":[{\"anything-but\":{\"prefix\":\"%s\"}}]}}";

        assertThat(filters.compile(pattern.formatted("x".repeat(4_000)), "").weight())
                .isGreaterThan(filters.compile(pattern.formatted("x"), "").weight() + 50);
    }

    @Test
    void aLongArrayIsJudgedByManyRules() {
        RuleIndex<Integer> index = index(2_000, i -> "{\"data\":{\"a\":[%d,{\"prefix\":\"x%d\"}]}}".formatted(i, i));
        String values = IntStream.range(0, 100_000).mapToObj(Integer::toString).collect(Collectors.joining(","));

        assertThat(index.matches(Samples.json("{\"a\":[%s]}".formatted(values))))
                .hasSize(2_000);
    }

    @Test
    void aLongArrayIsJudgedByManyRulesOfWhichEachAsksTwice() {
        String[] second = {
            "\"no\"",
            "{\"prefix\":\"y%d\"}",
            "{\"suffix\":\"z\"}",
            "{\"equals-ignore-case\":\"Y\"}",
            "{\"numeric\":[\"<\",0]}",
            "{\"cidr\":\"10.0.0.0/8\"}",
            "{\"anything-but\":{\"prefix\":\"x\"}}",
            "{\"wildcard\":\"x*y*\"}",
            "{\"$field\":\"data.b\"}"
        };
        RuleIndex<Integer> index = index(
                2_000,
                i -> "{\"data\":{\"a\":[{\"$all\":[{\"prefix\":\"x\"},%s]}]}}"
                        .formatted(second[i % second.length].formatted(i)));
        String values =
                IntStream.range(0, 100_000).mapToObj("\"x%d\""::formatted).collect(Collectors.joining(","));
        String others =
                IntStream.range(0, 100_000).mapToObj("\"w%d\""::formatted).collect(Collectors.joining(","));

        assertThat(index.matches(Samples.json("{\"a\":[%s],\"b\":[%s]}".formatted(values, others))))
                .isEmpty();
    }

    @Test
    void aFieldIsComparedWithAnotherOfManyElements() {
        RuleFilter filter = filters.compile("{\"data\":{\"a\":{\"b\":[{\"$field\":\"data.a.c\"}]}}}", "");
        String apart = IntStream.range(0, 30_000)
                .mapToObj(i -> i % 2 == 0 ? "{\"b\":1}" : "{\"c\":1}")
                .collect(Collectors.joining(","));

        assertThat(filter.test(Samples.json("{\"a\":[%s]}".formatted(apart)))).isFalse();
        assertThat(filter.test(Samples.json("{\"a\":[%s,{\"c\":1,\"b\":1}]}".formatted(apart))))
                .isTrue();
    }

    @Test
    void fieldsOfOneElementAreFoundAmongManyElements() {
        RuleFilter filter =
                filters.compile("{\"data\":{\"a\":{\"b\":[1],\"c\":[1],\"d\":[1],\"e\":[{\"exists\":false}]}}}", "");
        String[] elements = IntStream.range(0, 30_000)
                .mapToObj(i -> switch (i % 3) {
                    case 0 -> "{\"b\":1,\"c\":1,\"d\":0}";
                    case 1 -> "{\"b\":1,\"c\":0,\"d\":1}";
                    default -> "{\"b\":1,\"c\":1,\"d\":1,\"e\":1}";
                })
                .toArray(String[]::new);

        assertThat(filter.test(Samples.json("{\"a\":[%s]}".formatted(String.join(",", elements)))))
                .isFalse();
        elements[20_000] = "{\"b\":1,\"c\":1,\"d\":1}";
        assertThat(filter.test(Samples.json("{\"a\":[%s]}".formatted(String.join(",", elements)))))
                .isTrue();
    }

    @Test
    void beginningsOfBeginningsNeedNoStack() {
        RuleIndex<Integer> index =
                index(4_000, i -> "{\"data\":{\"a\":[{\"prefix\":\"%s\"}]}}".formatted("x".repeat(i)));

        assertThat(index.matches(Samples.json("{\"a\":\"%s\"}".formatted("x".repeat(2_999)))))
                .hasSize(3_000);
    }

    @Test
    void whatASetOfRulesCostsIsKnownAndTooMuchIsRefusedWithIt() {
        RuleIndex<Integer> dear = index(
                12_000,
                i -> "{\"data\":{\"a\":[{\"anything-but\":{\"prefix\":[\"a\",\"b\",\"c\",\"d\",\"e\",\"v%d\"]}}]}}"
                        .formatted(i));
        assertThatThrownBy(() -> dear.cost().requireBounded())
                .isInstanceOf(EventMeshException.class)
                .hasMessageContaining(
                        "filters of 12000 rules: up to 120000 steps an event, about 2.4 ms (expected: at most 100000");

        RuleIndex<Integer> cheap = index(12_000, i -> "{\"data\":{\"a\":[\"v%d\"]}}".formatted(i));
        cheap.cost().requireBounded();
        assertThat(cheap.cost().steps()).isLessThan(10);
    }

    private RuleIndex<Integer> index(int rules, IntFunction<String> pattern) {
        Map<Integer, RuleFilter> compiled = new LinkedHashMap<>();
        for (int i = 0; i < rules; i++) {
            compiled.put(i, filters.compile(Objects.requireNonNull(pattern.apply(i)), ""));
        }
        return filters.index(compiled);
    }
}
