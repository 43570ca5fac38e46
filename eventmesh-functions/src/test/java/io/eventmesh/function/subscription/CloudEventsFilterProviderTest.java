package io.eventmesh.function.subscription;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.function.Samples;
import io.eventmesh.spi.event.Event;
import io.eventmesh.spi.function.EventView;
import java.time.Duration;
import java.time.Instant;
import java.util.ServiceLoader;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class CloudEventsFilterProviderTest {
    private static final EventView PUSH = Samples.view(Event.builder()
            .id("7")
            .source("https://github.com/cloudevents/spec")
            .type("com.github.push")
            .subject("https://github.com/cloudevents/spec/pull")
            .timestamp("time", Instant.parse("2024-02-29T12:00:00Z"))
            .dataContentType("application/json")
            .attribute("priority", 7)
            .attribute("urgent", true)
            .attribute("region", "eu")
            .attribute("empty", "")
            .text("{\"region\":\"hidden\",\"secret\":\"hidden\"}")
            .build());

    private final CloudEventsFilterProvider filters = new CloudEventsFilterProvider();

    @Test
    void itIsFoundByItsName() {
        assertThat(ServiceLoader.load(io.eventmesh.spi.function.FilterProvider.class))
                .anySatisfy(provider -> assertThat(provider.name()).isEqualTo("cloudevents"));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            quoteCharacter = '`',
            value = {
                // Absence of a filter, or an empty array, is true.
                "``; true",
                "[]; true",
                // exact: all attributes equal, in their case; a missing one is false.
                "[{\"exact\":{\"type\":\"com.github.push\"}}]; true",
                "[{\"exact\":{\"type\":\"com.github.Push\"}}]; false",
                "[{\"exact\":{\"type\":\"com.github\"}}]; false",
                "[{\"exact\":{\"type\":\"com.github.push\",\"region\":\"eu\"}}]; true",
                "[{\"exact\":{\"type\":\"com.github.push\",\"region\":\"us\"}}]; false",
                "[{\"exact\":{\"nothere\":\"x\"}}]; false",
                "[{\"exact\":{\"secret\":\"hidden\"}}]; false",
                "[{\"exact\":{\"id\":\"7\"}}]; true",
                "[{\"exact\":{\"specversion\":\"1.0\"}}]; true",
                "[{\"exact\":{\"datacontenttype\":\"application/json\"}}]; true",
                "[{\"exact\":{\"time\":\"2024-02-29T12:00:00Z\"}}]; true",
                // Values are compared as strings, whatever their type.
                "[{\"exact\":{\"priority\":\"7\"}}]; true",
                "[{\"exact\":{\"urgent\":\"true\"}}]; true",
                // prefix
                "[{\"prefix\":{\"type\":\"com.github.\",\"subject\":\"https://github.com/cloudevents\"}}]; true",
                "[{\"prefix\":{\"type\":\"com.github.\",\"subject\":\"http://\"}}]; false",
                "[{\"prefix\":{\"type\":\"github\"}}]; false",
                "[{\"prefix\":{\"nothere\":\"x\"}}]; false",
                // suffix
                "[{\"suffix\":{\"type\":\".push\",\"subject\":\"/pull\"}}]; true",
                "[{\"suffix\":{\"type\":\".Push\"}}]; false",
                "[{\"suffix\":{\"nothere\":\"x\"}}]; false",
                // all, any, not
                "[{\"all\":[{\"exact\":{\"region\":\"eu\"}},{\"prefix\":{\"type\":\"com\"}}]}]; true",
                "[{\"all\":[{\"exact\":{\"region\":\"eu\"}},{\"prefix\":{\"type\":\"org\"}}]}]; false",
                "[{\"any\":[{\"exact\":{\"region\":\"us\"}},{\"prefix\":{\"type\":\"com\"}}]}]; true",
                "[{\"any\":[{\"exact\":{\"region\":\"us\"}},{\"prefix\":{\"type\":\"org\"}}]}]; false",
                "[{\"not\":{\"exact\":{\"region\":\"us\"}}}]; true",
                "[{\"not\":{\"exact\":{\"region\":\"eu\"}}}]; false",
                "[{\"not\":{\"exact\":{\"nothere\":\"x\"}}}]; true",
                "[{\"not\":{\"not\":{\"exact\":{\"nothere\":\"x\"}}}}]; false",
                // All filters of the array must be true.
                "[{\"exact\":{\"region\":\"eu\"}},{\"exact\":{\"id\":\"7\"}}]; true",
                "[{\"exact\":{\"region\":\"eu\"}},{\"exact\":{\"id\":\"8\"}}]; false",
            })
    void anEventIsJudgedByItsAttributes(String spec, boolean expected) {
        assertThat(filters.compile(spec).test(PUSH)).isEqualTo(expected);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            quoteCharacter = '`',
            value = {
                "source LIKE '%cloudevents%'; true",
                "source LIKE '%cloudevent_/s%'; true",
                "source NOT LIKE '%cloudevents%'; false",
                "source NOT LIKE '%other%'; true",
                "NOT (source LIKE '%other%') AND id = '7'; true",
                "region LIKE 'e_' AND type LIKE 'com.%'; true",
                "region LIKE 'e\\_'; false",
                "source = 'https://github.com/cloudevents/spec'; true",
                "type IN ('a', 'com.github.push'); true",
                "type NOT IN ('a', 'com.github.push'); false",
                "priority > 5 AND priority <= 7; true",
                "priority = 7; true",
                "priority != 7; false",
                "priority * 2 - 4 = 10; true",
                "-priority = -7; true",
                "urgent; true",
                "NOT urgent; false",
                "urgent = TRUE; true",
                "urgent XOR FALSE; true",
                "EXISTS region; true",
                "EXISTS id AND EXISTS time; true",
                "EXISTS nothere; false",
                "NOT EXISTS nothere; true",
                "EXISTS data; false",
                "LENGTH(region) = 2 AND UPPER(region) = 'EU'; true",
                "CONCAT_WS('-', region, id) = 'eu-7'; true",
                "SUBSTRING(region, 1, 1) = 'e'; true",
                "LEFT(type, 3) = \"com\"; true",
                "time LIKE '2024-02-29T%'; true",
                "(region = 'eu' OR region = 'us') AND (id = '7'); true",
                // An integer is a boolean by a plain cast.
                "NOT 10; false",
                "NOT 0; true",
                "NOT 'x'; false",
                // AND and OR judge no more than they must.
                "FALSE AND nothere = 'x'; false",
                "TRUE OR nothere = 'x'; true",
                // An error, and what is not a boolean, is a no.
                "nothere = 'x'; false",
                "nothere != 'x'; false",
                "NOT (nothere = 'x'); false",
                "region; false",
                "priority; false",
                "'true'; false",
                "priority / (priority - 7) = 0; false",
                "ABS(region) = 0; false",
                "data LIKE '%hidden%'; false",
            })
    void sqlJudgesTheAttributes(String expression, boolean expected) {
        String spec =
                "[{\"sql\":\"%s\"}]".formatted(expression.replace("\\", "\\\\").replace("\"", "\\\""));

        assertThat(filters.compile(spec).test(PUSH)).isEqualTo(expected);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            quoteCharacter = '`',
            value = {
                "nonsense; filter $: not JSON",
                "{}; filter $: {} (expected: a JSON array",
                "[] []; filter $: not JSON",
                "[7]; filter $[0]: 7 (expected: an object with one of exact, prefix",
                "[{}]; filter $[0]: 0 dialects (expected: exactly one",
                "[{\"exact\":{\"id\":\"7\"},\"prefix\":{\"id\":\"7\"}}]; filter $[0]: 2 dialects (expected: exactly one",
                "[{\"exact\":{\"id\":\"7\"},\"exact\":{\"id\":\"8\"}}]; filter $: not JSON: Duplicate field 'exact'",
                "[{\"regex\":{\"id\":\".*\"}}]; filter $[0]: 'regex' (expected: one of exact, prefix, suffix, all, any",
                "[{\"exact\":{}}]; filter $[0].exact: {} (expected: an object of attribute names and values",
                "[{\"exact\":\"id\"}]; filter $[0].exact: \"id\" (expected: an object of attribute",
                "[{\"exact\":{\"\":\"7\"}}]; filter $[0].exact: '' (expected: an attribute's name",
                "[{\"exact\":{\"Type\":\"7\"}}]; filter $[0].exact: 'Type' (expected: an attribute's name: 1 to 64 lower",
                "[{\"exact\":{\"data\":\"7\"}}]; filter $[0].exact: 'data' (expected: an attribute's name",
                "[{\"exact\":{\"id\":\"\"}}]; filter $[0].exact.id: \"\" (expected: a string that is not empty)",
                "[{\"exact\":{\"id\":7}}]; filter $[0].exact.id: 7 (expected: a string",
                "[{\"any\":[]}]; filter $[0].any: [] (expected: an array of at least one filter)",
                "[{\"all\":{\"exact\":{\"id\":\"7\"}}}]; filter $[0].all: a JSON object (expected: an array",
                "[{\"not\":[]}]; filter $[0].not: [] (expected: an object with",
                "[{\"all\":[{\"not\":{\"exact\":{\"id\":null}}}]}]; filter $[0].all[0].not.exact.id: null (expected",
                "[{\"sql\":7}]; filter $[0].sql: 7 (expected: a string)",
                "[{\"sql\":\"\"}]; filter $[0].sql: ''",
                "[{\"sql\":\"a = \"}]; filter $[0].sql: 'a = ': at line 1, column 5",
                "[{\"sql\":\"a = 'x\"}]; filter $[0].sql: 'a = 'x': at line 1, column 5",
                "[{\"sql\":\"a = 1 b\"}]; filter $[0].sql: 'a = 1 b': at line 1, column 7",
                "[{\"sql\":\"NONE(a)\"}]; filter $[0].sql: 'NONE' with 1 arguments is no function",
                "[{\"sql\":\"LENGTH(a, b)\"}]; filter $[0].sql: 'LENGTH' with 2 arguments is no function",
                "[{\"sql\":\"a = 99999999999\"}]; filter $[0].sql: 'a = 99999999999'",
            })
    void whatIsWrongIsRefusedWithItsPlaceItsValueAndWhatWasExpected(String spec, String reason) {
        assertThatThrownBy(() -> filters.compile(spec)).isInstanceOfSatisfying(EventMeshException.class, refusal -> {
            assertThat(refusal.code()).isEqualTo(ErrorCode.RULE_INVALID);
            assertThat(refusal.reason()).startsWith(reason).contains("(expected: ");
        });
    }

    @Test
    void sixteenLevelsAreTakenAndOneMoreIsRefused() {
        assertThat(filters.compile(nested(16)).test(PUSH)).isFalse();

        assertThatThrownBy(() -> filters.compile(nested(17)))
                .hasMessageContaining("nested 17 deep (expected: at most 16)");
    }

    private static String nested(int depth) {
        return "[" + "{\"not\":".repeat(depth - 1) + "{\"exact\":{\"id\":\"7\"}}" + "}".repeat(depth - 1) + "]";
    }

    @Test
    void aHundredFiltersAreTakenAndOneMoreIsRefused() {
        assertThat(filters.compile(many(100)).test(PUSH)).isTrue();

        assertThatThrownBy(() -> filters.compile(many(101)))
                .hasMessageContaining("101 filters (expected: at most 100)");
    }

    private static String many(int count) {
        return "[" + "{\"exact\":{\"id\":\"7\"}},".repeat(count - 1) + "{\"exact\":{\"id\":\"7\"}}]";
    }

    @ParameterizedTest
    @ValueSource(strings = {"(", "NOT ", "-", "ABS("})
    void sqlThatIsNestedWithoutEndIsRefused(String opening) {
        for (int depth : new int[] {100, 500, 1_000, 2_000, 100_000}) {
            String spec = "[{\"sql\":\"%s\"}]".formatted(opening.repeat(depth));

            assertThatThrownBy(() -> filters.compile(spec)).isInstanceOf(EventMeshException.class);
        }
        String balanced = "[{\"sql\":\"%sid = '7'%s\"}]".formatted("(".repeat(900), ")".repeat(900));
        assertThatThrownBy(() -> filters.compile(balanced)).hasMessageContaining("nested");
    }

    @Test
    @Timeout(10)
    void aPatternOfManyWildcardsIsJudgedQuicklyOnALongValue() {
        EventView view = Samples.view(Event.builder()
                .id("1")
                .source("/s")
                .type("t")
                .attribute("long", "a".repeat(100_000))
                .build());
        var filter = filters.compile("[{\"sql\":\"long LIKE '%s%%b'\"}]".formatted("%a".repeat(50)));

        long before = System.nanoTime();
        assertThat(filter.test(view)).isFalse();
        assertThat(Duration.ofNanos(System.nanoTime() - before)).isLessThan(Duration.ofSeconds(2));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            quoteCharacter = '`',
            value = {
                "``; ``; true",
                "``; %; true",
                "``; _; false",
                "abc; abc; true",
                "abc; ab; false",
                "ab; abc; false",
                "abc; a%; true",
                "abc; %c; true",
                "abc; %b%; true",
                "abc; a%%c; true",
                "abc; a_c; true",
                "abc; a__; true",
                "abc; a___; false",
                "a%c; a\\%c; true",
                "abc; a\\%c; false",
                "a_c; a\\_c; true",
                "a\\c; a\\c; true",
                "aXbXc; %X_; true",
                "abab; %ab; true",
                "ababa; %ab; false",
                "a\\Eb; a\\E%; true",
                "\uD83D\uDE00!; _!; true",
            })
    void aTextIsLikeAPattern(String text, String pattern, boolean expected) {
        assertThat(LikeFunction.isLike(text, pattern)).isEqualTo(expected);
    }

    @Test
    void aLineBreakIsACharacterLikeAnyOther() {
        assertThat(LikeFunction.isLike("a\nb", "a%b")).isTrue();
        assertThat(LikeFunction.isLike("a\nb", "a_b")).isTrue();
    }
}
