package io.eventmesh.function.jsonata;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.node.TextNode;
import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.function.Samples;
import io.eventmesh.spi.function.EventView;
import io.eventmesh.spi.function.TransformTerms;
import io.eventmesh.spi.function.Transformer;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadInfo;
import java.lang.management.ThreadMXBean;
import java.time.Duration;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Expressions, and events for harmless ones, that would use up the runtime: each ends, says why, and leaves nothing behind. */
class JsonataBombsTest {
    private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();
    private static final Duration LIMIT = Duration.ofMillis(50);
    private static final String EVENT = "{\"qty\": 3, \"text\": \"%s!\"}".formatted("a".repeat(60));

    /** Tries about sixty to the power of eight ways. */
    private static final String REGEX = "/" + "a*".repeat(8) + "b/";

    private static Transformer transformer(String expression) {
        String spec = "{\"expression\":%s}".formatted(TextNode.valueOf(expression));
        return new JsonataTransformerProvider().compile(spec, new TransformTerms("bomb", LIMIT));
    }

    static Stream<Arguments> bombs() {
        String time = "did not end within";
        String weight = "heavier than|" + time;
        String characters = "characters|" + time;
        return Stream.of(
                Arguments.of("endless tail recursion", "($f := function($n) { $f($n + 1) }; $f(0))", time),
                Arguments.of("endless recursion", "($f := function($n) { $f($n + 1) + 1 }; $f(1))", "deeper"),
                Arguments.of(
                        "two to the power of 30 calls",
                        "($f := function($n) { $n = 0 ? 1 : $f($n - 1) + $f($n - 1) }; $f(30))",
                        time),
                Arguments.of("$pad", "$pad('x', 100000000)", "$pad"),
                Arguments.of(
                        "$pad of pads", "$map([1..100000], function($i) { $pad('x', 10000) })", "more than|" + weight),
                Arguments.of("a huge range", "[1..10000000]", weight),
                Arguments.of("a range beyond the engine's own bound", "[1..100000000]", ""),
                Arguments.of("ranges within ranges", "[1..1000].[1..1000].[1..1000]", weight),
                Arguments.of("texts that double", "$reduce([1..60], function($s, $i) { $s & $s }, 'x')", characters),
                Arguments.of(
                        "lists that double", "$reduce([1..60], function($s, $i) { $append($s, $s) }, [1])", weight),
                Arguments.of(
                        "values within themselves",
                        "$reduce([1..60], function($s, $i) { {'a': $s, 'b': $s} }, 1)",
                        "deeper|" + weight),
                Arguments.of("a builtin over everything", "$reduce([1..200000], $append)", "more than|" + time),
                Arguments.of(
                        "lists within lists", "$reduce([1..5000], function($s, $i) { [[$s]] }, 1)", "deeper|more than"),
                Arguments.of(
                        "values compared with themselves",
                        "($a := $reduce([1..50], function($s, $i) { {'a': $s, 'b': $s} }, 1);"
                                + " $b := $reduce([1..50], function($s, $i) { {'a': $s, 'b': $s} }, 1); $a = $b)",
                        "deeper|" + weight),
                Arguments.of("$join", "$join($map([1..2000], function($i) { 'x' }), $pad('y', 10000))", characters),
                Arguments.of("$replace", "$replace($pad('x', 10000, 'x'), 'x', $pad('y', 10000))", characters),
                Arguments.of(
                        "$replace by a regular expression",
                        "$replace($pad('x', 10000, 'x'), /x/, $pad('y', 10000))",
                        characters),
                Arguments.of("a regular expression that tries everything", "$match(data.text, " + REGEX + ")", time),
                Arguments.of("one in $contains", "$contains(data.text, " + REGEX + ")", time),
                Arguments.of("one in $split", "$split(data.text, " + REGEX + ")", time),
                Arguments.of("one in $replace", "$replace(data.text, " + REGEX + ", 'b')", time),
                Arguments.of("one that is called", "data.text ~> " + REGEX, time),
                Arguments.of("$round", "$round(1.5, 100000000)", "$round"),
                Arguments.of("$round to places before the point", "$round(1.5, -2000000000)", "$round"),
                Arguments.of("a long picture", "$formatInteger(1, $pad('0', 10000, '0'))", "characters"),
                Arguments.of("a wide picture", "$fromMillis(0, '[Y,9999999-9999999]')", "width"),
                Arguments.of("a wide picture of now", "$now('[Y,*-9999999]')", "width"),
                Arguments.of(
                        "a picture of many parts",
                        "$toMillis('111111111111111111111111111111x', '[Y][M][D][H][m][s][f][d][W]')",
                        "parts"),
                Arguments.of("$eval", "$eval('1 + 1')", "$eval"),
                Arguments.of(
                        "sorting that never decides", "$sort([1..100000], function($a, $b) { $random() > 0.5 })", ""),
                Arguments.of("descendants of descendants", "[1..300].{'a': {'b': $}}.**.**.**.{'x': $$.**.**}", ""),
                Arguments.of("a clone that holds itself", "$ ~> |data|{'x': [$, $]}|", "deeper|nested"));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("bombs")
    void endsAndSaysWhy(String what, String expression, String reason) {
        Transformer transformer = transformer(expression);

        assertThatThrownBy(() -> transformer.apply(Samples.json(EVENT)))
                .isInstanceOfSatisfying(EventMeshException.class, refused -> {
                    assertThat(refused.code()).isIn(ErrorCode.RULE_INVALID, ErrorCode.DEADLINE_EXCEEDED);
                    assertThat(refused.reason()).containsPattern(reason.replace("$", "\\$"));
                });

        assertNothingBurns();
    }

    static Stream<Arguments> heavyEvents() {
        String lists =
                IntStream.range(0, 60_000).mapToObj(i -> "\"k" + i + "\":[1]").collect(Collectors.joining(","));
        String objects =
                IntStream.range(0, 40_000).mapToObj(i -> "{\"a\":" + i + "}").collect(Collectors.joining(","));
        // all of these have one hash
        String alike = IntStream.range(0, 1 << 14)
                .mapToObj(i -> "{\"a\":\"%s\"}".formatted(sameHash(i)))
                .collect(Collectors.joining(","));
        String text = "\"" + "a".repeat(1_000_000) + "\"";
        return Stream.of(
                Arguments.of("a wildcard over many lists", "data.*", "{" + lists + "}"),
                Arguments.of("$spread of many objects", "$spread(data)", "[" + objects + "]"),
                Arguments.of("$distinct of what hashes alike", "$count($distinct(data))", "[" + alike + "]"),
                Arguments.of("$merge, $keys and $sort", "$sort($keys($merge(data)))", "[" + objects + "]"),
                Arguments.of("a regular expression over a long text", "$count($match(data, /a/))", text),
                Arguments.of("encoding a long text", "$encodeUrlComponent(data)", text),
                Arguments.of(
                        "an indented text of a deep value",
                        "$string($, true)",
                        "[".repeat(90) + objects + "]".repeat(90)),
                Arguments.of(
                        "a clone whose parts hold their parts twice",
                        "$ ~> |**[o]|{'x': [o, o]}|",
                        "{\"x\":1,\"o\":".repeat(60) + "1" + "}".repeat(60)),
                Arguments.of("a grouping of what was bound", "data@$x.{'k': $x.a}{'s': $sum(k)}", "[" + objects + "]"),
                Arguments.of(
                        "a join of everything with everything",
                        "data.( $a := a; $$.data[a = $a] )",
                        "[" + objects + "]"));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("heavyEvents")
    void endsForAnyEvent(String what, String expression, String data) {
        Transformer transformer = transformer(expression);
        EventView event = Samples.json(data);

        try {
            transformer.apply(event);
        } catch (EventMeshException refused) {
            assertThat(refused.code()).isIn(ErrorCode.RULE_INVALID, ErrorCode.DEADLINE_EXCEEDED);
        }

        assertNothingBurns();
    }

    private static String sameHash(int number) {
        StringBuilder text = new StringBuilder();
        for (int bit = 0; bit < 14; bit++) {
            text.append((number >> bit & 1) == 0 ? "Aa" : "BB");
        }
        return text.toString();
    }

    /** Within a moment, all threads that evaluate use no processor time any more. */
    private static void assertNothingBurns() {
        await().atMost(Duration.ofSeconds(5))
                .pollDelay(Duration.ZERO)
                .pollInterval(Duration.ofMillis(5))
                .until(() -> {
                    long before = usedNanos();
                    return before == usedNanos() && evaluating().isEmpty();
                });
    }

    private static long usedNanos() {
        long sum = 0;
        for (long id : threads()) {
            sum += Math.max(0, THREADS.getThreadCpuTime(id));
        }
        return sum;
    }

    private static Set<Long> threads() {
        return Stream.of(THREADS.getThreadInfo(THREADS.getAllThreadIds()))
                .filter(info -> info != null && info.getThreadName().startsWith("mesh-jsonata"))
                .map(ThreadInfo::getThreadId)
                .collect(Collectors.toSet());
    }

    private static Set<Long> evaluating() {
        return Stream.of(THREADS.getThreadInfo(THREADS.getAllThreadIds()))
                .filter(info -> info != null && info.getThreadName().startsWith("mesh-jsonata"))
                .filter(info -> info.getThreadState() == Thread.State.RUNNABLE)
                .map(ThreadInfo::getThreadId)
                .collect(Collectors.toSet());
    }

    @Test
    void parenthesesWithoutEndAreRefusedWhenTheExpressionIsRead() {
        for (String open : new String[] {"(", "[", "{'a':", "-", "$f(", "function($x){"}) {
            String bomb = open.repeat(8000 / open.length());
            assertThatThrownBy(() -> transformer(bomb)).isInstanceOf(EventMeshException.class);
        }
        assertThatThrownBy(() -> transformer("1" + " + 1".repeat(3000))).hasMessageContaining("characters");
    }

    @Test
    void whatTakesTooLongAgainAndAgainIsDisabled() {
        Transformer transformer = transformer("($f := function($n) { $f($n + 1) }; $f(0))");

        await().atMost(Duration.ofSeconds(30)).until(() -> {
            assertThatThrownBy(() -> transformer.apply(Samples.json(EVENT))).isInstanceOf(EventMeshException.class);
            return transformer.disabled().isPresent();
        });

        assertThat(transformer.disabled()).get().asString().contains("5 events in a row took longer than 50 ms");
        assertThatThrownBy(() -> transformer.apply(Samples.json(EVENT))).hasMessageContaining("disabled");
        assertNothingBurns();
    }
}
