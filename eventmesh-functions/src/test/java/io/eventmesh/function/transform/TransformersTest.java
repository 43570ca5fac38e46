package io.eventmesh.function.transform;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.TextNode;
import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.topic.TopicName;
import io.eventmesh.function.Samples;
import io.eventmesh.spi.event.Event;
import io.eventmesh.spi.function.EventView;
import io.eventmesh.spi.function.InvalidSpec;
import io.eventmesh.spi.function.TransformTerms;
import io.eventmesh.spi.function.TransformerProvider;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TransformersTest {
    private static final TransformerProvider CONSTANT = new ConstantTransformerProvider();
    private static final TransformerProvider PATH = new PathTransformerProvider();
    private static final TransformerProvider TEMPLATE = new TemplateTransformerProvider();
    private static final EventView EVENT = Samples.json("{\"sku\":\"a\\\"1\",\"qty\":3,\"price\":1.10,\"ok\":true,"
            + "\"items\":[{\"n\":1},{\"n\":2}],\"odd name\":{\"x\":null},\"acc\":{\"acc_id\":\"0a78\",\"sf_id\":\"baz\"},"
            + "\"sev\":[\"HIGH\"]}");
    private static final String PATHS = "{\"sku\":\"$.data.sku\",\"qty\":\"$.data.qty\",\"price\":\"$.data.price\","
            + "\"ok\":\"$.data.ok\",\"items\":\"$.data.items\",\"acc\":\"$.data.acc\",\"sev\":\"$.data.sev\","
            + "\"none\":\"$.data.none\"}";

    @Test
    void aConstantReplacesTheDataAndKeepsTheAttributes() {
        Event result = apply(CONSTANT, "{\"value\":{\"a\":[1,null]}}");

        assertThat(Samples.data(result)).isEqualTo("{\"a\":[1,null]}");
        assertThat(result.type()).isEqualTo("order.created");
        assertThat(result.id()).isEqualTo("1");
        assertThat(result.attribute("region")).isEqualTo("eu");
    }

    @Test
    void aConstantMayBeJsonInAString() {
        assertThat(Samples.data(apply(CONSTANT, "{\"Input\":\"{\\\"a\\\":1}\"}")))
                .isEqualTo("{\"a\":1}");
        assertInvalid(CONSTANT, "{\"Input\":\"{a\"}", "/Input", "not JSON");
        assertInvalid(CONSTANT, "{\"Input\":\"1\",\"value\":1}", "/Input", "one of both");
        assertInvalid(CONSTANT, "{}", "/value", "absent");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            quoteCharacter = '`',
            value = {
                "$.data.qty; 3",
                "$.data.price; 1.10",
                "$.data.sku; \"a\\\"1\"",
                "$.data.items[1]; {\"n\":2}",
                "$.data.items[*].n; [1,2]",
                "$.data['odd name']; {\"x\":null}",
                "$.type; \"order.created\"",
            })
    void aPathSendsAPart(String path, String expected) {
        assertThat(Samples.data(apply(PATH, "{\"path\":\"%s\"}".formatted(path))))
                .isEqualTo(expected);
        assertThat(Samples.data(apply(PATH, "{\"InputPath\":\"%s\"}".formatted(path))))
                .isEqualTo(expected);
    }

    @Test
    void aPathThatFindsNothingRefusesTheEvent() {
        assertRefused(() -> apply(PATH, "{\"path\":\"$.data.absent\"}"), "$.data.absent finds nothing");
        assertInvalid(PATH, "{\"path\":\"$.data..x\"}", "/path", "'$.data..x' (expected: a path");
        assertInvalid(PATH, "{\"path\":\"$" + ".a".repeat(300) + "\"}", "/path", "at most 512");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            quoteCharacter = '`',
            value = {
                // JSON: the value as it is, or its bare text within quotes
                "{\"item\":<sku>,\"n\":<qty>}; {\"item\":\"a\\\"1\",\"n\":3}",
                "{\"at\":\"skus/<sku>\"}; {\"at\":\"skus/a\\\"1\"}",
                "{\"all\":<items>,\"p\":<price>,\"q\":\"<price>\"}; {\"all\":[{\"n\":1},{\"n\":2}],\"p\":1.10,\"q\":\"1.10\"}",
                "{\"gone\":<none>,\"q\":\"<none>\"}; {\"gone\":\"\",\"q\":\"\"}",
                "[<ok>,\"<ok>\"]; [true,\"true\"]",
                "<acc>; {\"acc_id\":\"0a78\",\"sf_id\":\"baz\"}",
                "{\"<sku>\":1}; {\"a\\\"1\":1}",
                // a path in the template itself; a bracket that is none
                "{\"n\":<$.data.items[0].n>}; {\"n\":1}",
                "{\"html\":\"\\<b\\>\",\"less\":\"1 < 2\"}; {\"html\":\"<b>\",\"less\":\"1 < 2\"}",
                // text: the outer quotes stay, those of objects do not
                "\"<qty> of <sku>\"; \"3 of a\"1\"",
                "\"<acc> <sev> <ok> <none>.\"; \"{acc_id:0a78,sf_id:baz} [HIGH] true .\"",
            })
    void aTemplateInsertsValues(String template, String expected) {
        assertThat(filled(template)).isEqualTo(expected);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            quoteCharacter = '`',
            value = {
                "mesh.rule-name; \"r1\"",
                "mesh.topic; \"orders/eu\"",
                "mesh.ingestion-time; \"2023-11-14T22:13:20Z\"",
                "mesh.attempt; 3",
                "mesh.event.data; {\"a\":1}",
                "mesh.event; {\"region\":\"eu\",\"priority\":7,\"express\":true,\"datacontenttype\":\"application/json\",\"id\":\"1\",\"source\":\"/shop\",\"specversion\":\"1.0\",\"type\":\"order.created\"}",
                "aws.events.rule-name; \"r1\"",
                "aws.events.event.ingestion-time; \"2023-11-14T22:13:20Z\"",
            })
    void someNamesAreAlwaysKnown(String name, String expected) {
        EventView plain = Samples.json("{\"a\":1}");
        EventView third = new EventView(TopicName.of("orders/eu"), plain.event(), 1_700_000_000_000L, 3);

        Event result = TEMPLATE.compile(spec("<" + name + ">"), TransformTerms.of("r1"))
                .apply(third);

        assertThat(Samples.data(result)).isEqualTo(expected);
    }

    @Test
    void theWholeEventIsItsAttributesWithTheData() {
        assertThat(filled("{\"e\":<mesh.event.json>,\"same\":<aws.events.event.json>}"))
                .contains("\"type\":\"order.created\",\"data\":{\"sku\":");
    }

    @Test
    void aTemplateMayUseTheFieldNamesOfEventBridge() {
        String spec = "{\"InputPathsMap\":%s,\"InputTemplate\":%s}".formatted(PATHS, TextNode.valueOf("{\"n\":<qty>}"));

        assertThat(Samples.data(apply(TEMPLATE, spec))).isEqualTo("{\"n\":3}");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            quoteCharacter = '`',
            value = {
                "{\"item\":${sku},\"n\":\"${qty}\"}; {\"item\":\"a\\\"1\",\"n\":\"3\"}",
                "{\"n\":${$.data.items[0].n}}; {\"n\":1}",
                "The item ${sku} costs ${price}, $${not} ${none}.; The item a\"1 costs 1.10, ${not} .",
                "[HIGH] ${sev}; [HIGH] [HIGH]",
                "${acc}; {\"acc_id\":\"0a78\",\"sf_id\":\"baz\"}",
            })
    void theOtherSpellingInsertsValuesAsWell(String template, String expected) {
        String paths = TextNode.valueOf(PATHS).toString();
        for (String value : new String[] {PATHS, paths}) {
            String spec =
                    "{\"form\":\"TEMPLATE\",\"value\":%s,\"template\":%s}".formatted(value, TextNode.valueOf(template));
            assertThat(Samples.data(apply(TEMPLATE, spec))).isEqualTo(expected);
        }
    }

    @Test
    void theOtherFormsAreKnown() {
        assertThat(apply(TEMPLATE, "{\"form\":\"ORIGINAL\"}")).isSameAs(EVENT.event());
        assertThat(Samples.data(apply(TEMPLATE, "{\"form\":\"JSONPATH\",\"value\":\"$.data.qty\"}")))
                .isEqualTo("3");
        assertThat(Samples.data(apply(TEMPLATE, "{\"form\":\"CONSTANT\",\"value\":\"{\\\"a\\\":1}\"}")))
                .isEqualTo("{\"a\":1}");
        Event text = apply(TEMPLATE, "{\"form\":\"CONSTANT\",\"value\":\"plain words\"}");
        assertThat(Samples.data(text)).isEqualTo("plain words");
        assertThat(text.dataContentType()).isEqualTo("text/plain");
        assertInvalid(TEMPLATE, "{\"form\":\"OTHER\"}", "/form", "ORIGINAL, CONSTANT, JSONPATH or TEMPLATE");
        assertInvalid(TEMPLATE, "{\"form\":\"JSONPATH\",\"value\":\"x\"}", "/value", "a path such as");
        assertInvalid(
                TEMPLATE, "{\"form\":\"CONSTANT\",\"value\":1,\"template\":\"x\"}", "/template", "expected: none");
        assertInvalid(TEMPLATE, "{\"form\":\"TEMPLATE\",\"template\":\"${x}\"}", "/template", "${x} (expected: one of");
        assertInvalid(
                TEMPLATE, "{\"form\":\"TEMPLATE\",\"template\":\"{\\\"a\\\":\"}", "/template", "begins like JSON");
    }

    @Test
    void aTemplateWithAnObjectInQuotesRefusesTheEvent() {
        assertRefused(() -> filled("{\"a\":\"<items>\"}"), "<items> is an array within quotes");
    }

    @Test
    void aTemplateThatIsNoJsonForAnEventRefusesIt() {
        assertRefused(() -> filled("{<acc>:1}"), "not JSON for this event");
    }

    @Test
    void aTemplateWithAnUnknownNameIsRefusedWhenItIsMade() {
        assertInvalid(TEMPLATE, spec("{\"a\":<b>}"), "/template", "<b> (expected: one of the paths [acc");
        assertInvalid(TEMPLATE, spec("{\"a\":<aws.events.rule-arn>}"), "/template", "mesh.rule-name");
        assertInvalid(TEMPLATE, spec("{\"a\":"), "/template", "gives no JSON");
        assertInvalid(TEMPLATE, spec("{\"a\":1} <qty>"), "/template", "gives no JSON");
        assertInvalid(TEMPLATE, "{\"tmplate\":\"x\"}", "/tmplate", "unknown field");
        assertInvalid(TEMPLATE, "{\"template\":7}", "/template", "NUMBER (expected: a string)");
        assertInvalid(TEMPLATE, "{\"paths\":{\"a\":\"data..x\"},\"template\":\"<a>\"}", "/paths/a", "'data..x'");
        assertInvalid(
                TEMPLATE, "{\"paths\":{\"mesh.topic\":\"$.x\"},\"template\":\"1\"}", "/paths/mesh.topic", "none that");
        assertInvalid(TEMPLATE, "{\"paths\":[],\"template\":\"1\"}", "/paths", "ARRAY");
        assertInvalid(TEMPLATE, "[]", "", "ARRAY (expected: a JSON object)");
        assertInvalid(TEMPLATE, "{\"template\":", "", "not JSON");
        assertInvalid(CONSTANT, "{\"value\":1e99999999999}", "", "a number beyond all bounds");
        assertInvalid(TEMPLATE, spec("{\"a\":1e99999999999}"), "/template", "gives no JSON");
    }

    @Test
    void largeTemplatesAndResultsAreRefused() {
        assertInvalid(TEMPLATE, spec("\"" + "x".repeat(1 << 20)), "", "characters");
        assertInvalid(TEMPLATE, spec("\"" + "x".repeat(1 << 16)), "/template", "at most 32768");
        String amplifying = spec("\"" + "<mesh.event.json>".repeat(1500));
        EventView large = Samples.json("\"" + "x".repeat(500_000) + "\"");
        assertRefused(
                () -> TEMPLATE.compile(amplifying, TransformTerms.of("r1")).apply(large), "expected: at most 1048576");
        StringBuilder paths = new StringBuilder("{");
        for (int i = 0; i <= 100; i++) {
            paths.append(i == 0 ? "" : ",").append("\"p%d\":\"$.data\"".formatted(i));
        }
        assertInvalid(TEMPLATE, "{\"paths\":%s},\"template\":\"1\"}".formatted(paths), "/paths", "more than 100");
    }

    @Test
    void jsonThatCannotBeReadIsNotTakenForJsonWithoutTheField() {
        EventView deep = Samples.json("[".repeat(101) + "]".repeat(101));
        EventView broken = Samples.json("{\"a\":");

        for (EventView event : new EventView[] {deep, broken}) {
            assertRefused(
                    () -> TEMPLATE.compile(spec("{\"n\":<qty>}"), TransformTerms.of("r1"))
                            .apply(event),
                    "data: the payload is");
            assertThat(Samples.data(TEMPLATE.compile(spec("{\"t\":<mesh.topic>}"), TransformTerms.of("r1"))
                            .apply(event)))
                    .isEqualTo("{\"t\":\"orders/eu\"}");
        }
    }

    private static String spec(String template) {
        return "{\"paths\":%s,\"template\":%s}".formatted(PATHS, TextNode.valueOf(template));
    }

    private static String filled(String template) {
        return Samples.data(apply(TEMPLATE, spec(template)));
    }

    private static Event apply(TransformerProvider provider, String spec) {
        return provider.compile(spec, TransformTerms.of("r1")).apply(EVENT);
    }

    private static void assertInvalid(TransformerProvider provider, String spec, String path, String reason) {
        assertThatThrownBy(() -> provider.compile(spec, TransformTerms.of("r1")))
                .isInstanceOfSatisfying(InvalidSpec.class, invalid -> {
                    assertThat(invalid.path()).isEqualTo(path);
                    assertThat(invalid.problem()).contains(reason);
                });
    }

    private static void assertRefused(ThrowingCallable call, String reason) {
        assertThatThrownBy(call)
                .isInstanceOfSatisfying(
                        EventMeshException.class,
                        refusal -> assertThat(refusal.code()).isEqualTo(ErrorCode.RULE_INVALID))
                .hasMessageContaining(reason);
    }
}
