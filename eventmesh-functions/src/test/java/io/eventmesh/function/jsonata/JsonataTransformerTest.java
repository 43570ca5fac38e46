package io.eventmesh.function.jsonata;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.TextNode;
import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.function.Samples;
import io.eventmesh.spi.function.EventView;
import io.eventmesh.spi.function.InvalidSpec;
import io.eventmesh.spi.function.TransformTerms;
import io.eventmesh.spi.function.Transformer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class JsonataTransformerTest {
    private static final EventView EVENT = Samples.json(
            "{\"sku\":\"a\\\"1\",\"qty\":3,\"price\":1.10,\"gone\":null,"
                    + "\"items\":[{\"n\":1,\"t\":\"x\"},{\"n\":2,\"t\":\"y\"},{\"n\":2,\"t\":\"x\"}],\"text\":\"one two  three\"}");

    private static Transformer transformer(String expression) {
        return new JsonataTransformerProvider()
                .compile("{\"expression\":%s}".formatted(TextNode.valueOf(expression)), TransformTerms.of("r1"));
    }

    private static String result(String expression) {
        return Samples.data(transformer(expression).apply(EVENT));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            quoteCharacter = '`',
            value = {
                "{'sum': $sum(data.items.n), 't': type}; {\"sum\":5,\"t\":\"order.created\"}",
                "data.price; 1.1",
                "data.price * 2; 2.2",
                "data.gone; null",
                "{'a': data.gone, 'b': [null]}; {\"a\":null,\"b\":[null]}",
                "data.items[n = 2].t; [\"y\",\"x\"]",
                "data.items^(>n, t).(n & t); [\"2x\",\"2y\",\"1x\"]",
                "data.items{t: $sum(n)}; {\"x\":3,\"y\":2}",
                "data.items@$i.{'n': $i.n}[0]; {\"n\":1}",
                "data.items#$p.($p); [0,1,2]",
                "(data.items.n)[1]; 2",
                "$map(data.items, function($i) { $i.n * 2 }); [2,4,4]",
                "$map(['a','b'], $uppercase); [\"A\",\"B\"]",
                "data.items.n ~> $sum; 5",
                "$map(['abc'], $substring(?, 0, 2)); \"ab\"",
                "$reduce([1..4], function($a, $i) { $a * $i }); 24",
                "(data ~> |items|{'n': n + 1}, ['t']|).items.n; [2,3,3]",
                "$filter(data.items, function($i) { $i.n > 1 }).t; [\"y\",\"x\"]",
                "$type(/a/); \"function\"",
                "[1..3]; [1,2,3]",
                "$string({'a': [1, 2.5, null]}); \"{\\\"a\\\":[1,2.5,null]}\"",
                "data.**.n; [1,2,2]",
                "data.items.*; [1,\"x\",2,\"y\",2,\"x\"]",
            })
    void computes(String expression, String expected) {
        assertThat(result(expression)).isEqualTo(expected);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            quoteCharacter = '`',
            value = {
                "$pad('x', -3, '#'); \"##x\"",
                "$pad('x', 3, 'ab'); \"xab\"",
                "$join(['a','b','c'], '-'); \"a-b-c\"",
                "$join(['a']); \"a\"",
                "$contains(data.text, /t[wh]/); true",
                "$contains(data.text, 'four'); false",
                "$match('ab12cd3', /([a-z]+)(\\d)/).(match & ':' & index & ':' & groups[1]); [\"ab1:0:1\",\"cd3:4:3\"]",
                "$count($match('aaa', /a/, 2)); 2",
                "$split('a, b,c', /,\\s*/); [\"a\",\"b\",\"c\"]",
                "$split('a.b.c', '.', 2); [\"a\",\"b\"]",
                "$split('abc', ''); [\"a\",\"b\",\"c\"]",
                "$split('abc', 'b'); [\"a\",\"c\"]",
                "$replace('a.b.c', '.', '-'); \"a-b-c\"",
                "$replace('a.b.c', '.', '-', 1); \"a-b.c\"",
                "$replace('John Smith', /(\\w+)\\s(\\w+)/, '$2, $1 ($0) $$1'); \"Smith, John (John Smith) $1\"",
                "$replace('a1b2', /\\d/, function($m) { '<' & $m.match & '>' }); \"a<1>b<2>\"",
                "$replace('abc', /b/i, 'x$'); \"ax$c\"",
                "('abc' ~> /b/).start; 1",
                "$spread({'a':1,'b':2}); [{\"a\":1},{\"b\":2}]",
                "$distinct([1, 1.0, 'a', 'a', {'x':1,'y':2}, {'y':2,'x':1}, [1], [1]]); [1,\"a\",{\"x\":1,\"y\":2},[1]]",
                "$round(2.5); 2",
                "$round(1.256, 2); 1.26",
                "$formatNumber(1234.5, '#,##0.00'); \"1,234.50\"",
                "$formatInteger(7, '000'); \"007\"",
                "$fromMillis(0, '[Y0001]-[M01]-[D01]'); \"1970-01-01\"",
                "$toMillis('1970-01-02', '[Y0001]-[M01]-[D01]'); 86400000",
                "$string({'a': 1}, true); \"{\\n  \\\"a\\\": 1\\n}\"",
                "$encodeUrlComponent('a b'); \"a%20b\"",
            })
    void functionsThatWereReplacedDoWhatTheyDid(String expression, String expected) {
        assertThat(result(expression)).isEqualTo(expected);
    }

    @Test
    void anEventJudgedTwiceGivesOneResult() {
        String expression = "[$now(), $millis(), $random(), $shuffle([1..20])]";

        assertThat(result(expression))
                .isEqualTo(result(expression))
                .startsWith("[\"2023-11-14T22:13:20.000Z\",1700000000000,0.");
    }

    @Test
    void whatFindsNothingOrFailsRefusesTheEvent() {
        for (String expression : List.of(
                "data.absent",
                "data.sku + 1",
                "$uppercase",
                "{'f': $uppercase}",
                "1 / 0",
                "$nothing(1)",
                "$match('a', 'a')",
                "$error('no')")) {
            assertThatThrownBy(() -> result(expression))
                    .as(expression)
                    .isInstanceOfSatisfying(
                            EventMeshException.class,
                            refused -> assertThat(refused.code()).isEqualTo(ErrorCode.RULE_INVALID));
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            quoteCharacter = '`',
            value = {
                "{{; /expression; ``",
                "a[; /expression; ``",
                "/a(/; /expression; ``",
                "function($x)<n:n>{ $x }; /expression; signature",
            })
    void whatIsNoExpressionIsRefusedWhenItIsRead(String expression, String path, String reason) {
        assertThatThrownBy(() -> transformer(expression)).isInstanceOfSatisfying(InvalidSpec.class, invalid -> {
            assertThat(invalid.path()).isEqualTo(path);
            assertThat(invalid.problem()).contains(reason);
        });
    }

    @Test
    void manyThreadsMayUseIt() throws Exception {
        Transformer transformer = transformer(
                "{'n': data.n, 'r': $replace(data.t, /x/, $string(data.n)), 'u': data.t ~> ($uppercase ~> $trim), 't': $fromMillis(data.n)}");
        ExecutorService callers = Executors.newFixedThreadPool(8);
        try {
            List<Callable<String>> calls = new ArrayList<>();
            for (int i = 0; i < 200; i++) {
                EventView event = Samples.json("{\"n\":%d,\"t\":\"axa\"}".formatted(i));
                calls.add(() -> Samples.data(transformer.apply(event)));
            }

            List<Future<String>> results = callers.invokeAll(calls);

            for (int i = 0; i < 200; i++) {
                assertThat(results.get(i).get())
                        .isEqualTo("{\"n\":%d,\"r\":\"a%da\",\"u\":\"AXA\",\"t\":\"1970-01-01T00:00:00.%03dZ\"}"
                                .formatted(i, i, i));
            }
        } finally {
            callers.shutdownNow();
        }
    }

    @Test
    void numbersThatNoDoubleHoldsAreRefused() {
        assertThatThrownBy(() -> transformer("data").apply(Samples.json("1e999")))
                .isInstanceOf(EventMeshException.class)
                .hasMessageContaining("out of range");
    }
}
