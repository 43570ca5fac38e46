package io.eventmesh.function.transform;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.function.Samples;
import io.eventmesh.spi.event.Event;
import io.eventmesh.spi.function.EventView;
import io.eventmesh.spi.function.TransformerProvider;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TransformersTest {
    private static final EventView EVENT =
            Samples.json("{\"sku\":\"a\\\"1\",\"qty\":3,\"items\":[{\"n\":1},{\"n\":2}],\"odd name\":{\"x\":null}}");

    @Test
    void aConstantReplacesTheDataAndKeepsTheAttributes() {
        Event result = apply(new ConstantTransformerProvider(), "{\"value\":{\"a\":[1,null]}}");

        assertThat(Samples.data(result)).isEqualTo("{\"a\":[1,null]}");
        assertThat(result.type()).isEqualTo("order.created");
        assertThat(result.attribute("region")).isEqualTo("eu");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            quoteCharacter = '`',
            value = {
                "$.data.qty; 3",
                "$.data.sku; \"a\\\"1\"",
                "$.data.items[1]; {\"n\":2}",
                "$.data.items[*].n; [1,2]",
                "$.data['odd name']; {\"x\":null}",
                "$.type; \"order.created\"",
            })
    void aPathSendsAPart(String path, String expected) {
        Event result = apply(new PathTransformerProvider(), "{\"path\":\"%s\"}".formatted(path));

        assertThat(Samples.data(result)).isEqualTo(expected);
    }

    @Test
    void aPathThatFindsNothingRefusesTheEvent() {
        assertRefused(
                () -> apply(new PathTransformerProvider(), "{\"path\":\"$.data.absent\"}"),
                "$.data.absent finds nothing");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            quoteCharacter = '`',
            value = {
                "{\\\"item\\\":<sku>,\\\"n\\\":<qty>}; {\"item\":\"a\\\"1\",\"n\":3}",
                "{\\\"at\\\":\\\"skus/<sku>\\\"}; {\"at\":\"skus/a\\\"1\"}",
                "{\\\"all\\\":<items>}; {\"all\":[{\"n\":1},{\"n\":2}]}",
                "{\\\"gone\\\":<none>,\\\"q\\\":\\\"<none>\\\"}; {\"gone\":\"\",\"q\":\"\"}",
                "{\\\"rule\\\":<mesh.rule-name>,\\\"topic\\\":<mesh.topic>}; {\"rule\":\"r1\",\"topic\":\"orders/eu\"}",
                "\\\"<qty> of <sku>\\\"; \"3 of a\"1\"",
            })
    void aTemplateInsertsValues(String template, String expected) {
        Event result = apply(
                new TemplateTransformerProvider(),
                ("{\"paths\":{\"sku\":\"$.data.sku\",\"qty\":\"$.data.qty\",\"items\":\"$.data.items\","
                                + "\"none\":\"$.data.none\"},\"template\":\"%s\"}")
                        .formatted(template));

        assertThat(Samples.data(result)).isEqualTo(expected);
    }

    @Test
    void aTemplateWithAnObjectInQuotesRefusesTheEvent() {
        assertRefused(
                () -> apply(
                        new TemplateTransformerProvider(),
                        "{\"paths\":{\"items\":\"$.data.items\"},\"template\":\"{\\\"a\\\":\\\"<items>\\\"}\"}"),
                "<items> is an array within quotes");
    }

    @Test
    void aTemplateWithAnUnknownNameIsRefusedWhenItIsMade() {
        assertRefused(
                () -> new TemplateTransformerProvider().compile("{\"template\":\"{\\\"a\\\":<b>}\"}", "r1"),
                "transform.spec.template: <b>");
        assertRefused(
                () -> new TemplateTransformerProvider().compile("{\"template\":\"{\\\"a\\\":\"}", "r1"),
                "gives no JSON");
        assertRefused(
                () -> new TemplateTransformerProvider().compile("{\"tmplate\":\"x\"}", "r1"), "tmplate: unknown field");
        assertRefused(
                () -> new TemplateTransformerProvider()
                        .compile("{\"paths\":{\"a\":\"data..x\"},\"template\":\"{\\\"a\\\":<a>}\"}", "r1"),
                "paths.a: 'data..x'");
    }

    @Test
    void jsonataComputes() {
        Event result = apply(
                new JsonataTransformerProvider(),
                "{\"expression\":\"{\\\"sum\\\": $sum(data.items.n), \\\"t\\\": type}\"}");

        assertThat(Samples.data(result)).isEqualTo("{\"sum\":3,\"t\":\"order.created\"}");
    }

    @Test
    void jsonataThatFindsNothingOrFailsRefusesTheEvent() {
        assertRefused(() -> apply(new JsonataTransformerProvider(), "{\"expression\":\"data.absent\"}"), "nothing");
        assertRefused(() -> apply(new JsonataTransformerProvider(), "{\"expression\":\"data.sku + 1\"}"), "jsonata");
        assertRefused(() -> new JsonataTransformerProvider().compile("{\"expression\":\"{{\"}", "r1"), "expression");
    }

    @Test
    void jsonataPadsAsBeforeButNotWithoutBound() {
        assertThat(Samples.data(apply(new JsonataTransformerProvider(), "{\"expression\":\"$pad('x', -3, '#')\"}")))
                .isEqualTo("\"##x\"");
        assertRefused(
                () -> apply(new JsonataTransformerProvider(), "{\"expression\":\"$pad('x', 100000000)\"}"), "at most");
    }

    @Test
    void endlessRecursionInJsonataIsStopped() {
        assertThatThrownBy(() -> apply(
                        new JsonataTransformerProvider(),
                        "{\"expression\":\"($f := function($n) { $f($n + 1) + 1 }; $f(1))\"}"))
                .isInstanceOf(EventMeshException.class);
    }

    private static Event apply(TransformerProvider provider, String spec) {
        return provider.compile(spec, "r1").apply(EVENT);
    }

    private static void assertRefused(ThrowingCallable call, String reason) {
        assertThatThrownBy(call)
                .isInstanceOfSatisfying(
                        EventMeshException.class,
                        refusal -> assertThat(refusal.code()).isEqualTo(ErrorCode.RULE_INVALID))
                .hasMessageContaining(reason);
    }
}
