package io.eventmesh.function.transform;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.function.Samples;
import io.eventmesh.spi.event.Event;
import io.eventmesh.spi.function.EventView;
import io.eventmesh.spi.function.InvalidSpec;
import io.eventmesh.spi.function.TransformTerms;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AttributesTransformerTest {
    private static final EventView EVENT = Samples.json(
            "{\"kind\":\"paid\",\"n\":7,\"big\":5000000000,\"ok\":true,\"o\":{},\"t\":\"2026-01-02T03:04:05Z\"}");

    private static Event apply(String spec) {
        return new AttributesTransformerProvider()
                .compile(spec, TransformTerms.of("r1"))
                .apply(EVENT);
    }

    @Test
    void attributesAreSetToTextsWithVariables() {
        Event result =
                apply("{\"paths\":{\"kind\":\"$.data.kind\"},\"set\":{\"type\":\"order.<kind>\",\"source\":\"/rules/"
                        + "<mesh.rule-name>\",\"subject\":\"<$.data.n>\",\"tenant\":\"<region>-1\"}}"
                                .replace("<region>", "<$.region>"));

        assertThat(result.type()).isEqualTo("order.paid");
        assertThat(result.source()).isEqualTo("/rules/r1");
        assertThat(result.subject()).isEqualTo("7");
        assertThat(result.attribute("tenant")).isEqualTo("eu-1");
        assertThat(result.id()).isEqualTo("1");
        assertThat(Samples.data(result)).isEqualTo(Samples.data(EVENT.event()));
        assertThat(result.dataContentType()).isEqualTo("application/json");
    }

    @Test
    void valuesKeepTheirTypes() {
        Event result = apply("{\"set\":{\"a\":7,\"b\":false,\"c\":\"<$.data.n>\",\"d\":\"<$.data.ok>\","
                + "\"e\":\"<$.data.big>\",\"f\":\"n<$.data.n>\",\"time\":\"<$.data.t>\"}}");

        assertThat(result.typedAttribute("a")).isEqualTo(7);
        assertThat(result.typedAttribute("b")).isEqualTo(false);
        assertThat(result.typedAttribute("c")).isEqualTo(7);
        assertThat(result.typedAttribute("d")).isEqualTo(true);
        assertThat(result.typedAttribute("e")).isEqualTo("5000000000");
        assertThat(result.typedAttribute("f")).isEqualTo("n7");
        assertThat(result.parse().getAttributesOrThrow("time").hasCeTimestamp()).isTrue();
    }

    @Test
    void whatIsNotThereIsNotSet() {
        Event result = apply("{\"set\":{\"region\":\"<$.data.absent>\",\"other\":\"<$.data.absent>\"}}");

        assertThat(result.attribute("region")).isEqualTo("eu");
        assertThat(result.attribute("other")).isNull();
    }

    @Test
    void renamesComeFirstAndKeepTheType() {
        Event result = apply("{\"rename\":{\"priority\":\"level\",\"region\":\"area\",\"absent\":\"there\"},"
                + "\"remove\":[\"express\",\"nothing\"],\"set\":{\"region\":\"<$.region>/<$.priority>\"}}");

        assertThat(result.typedAttribute("level")).isEqualTo(7);
        assertThat(result.attribute("priority")).isNull();
        assertThat(result.attribute("area")).isEqualTo("eu");
        assertThat(result.attribute("region")).isEqualTo("eu/7");
        assertThat(result.attribute("express")).isNull();
        assertThat(result.attribute("there")).isNull();
    }

    @Test
    void twoNamesCanChangePlaces() {
        Event result = apply("{\"rename\":{\"priority\":\"region\",\"region\":\"priority\"}}");

        assertThat(result.typedAttribute("region")).isEqualTo(7);
        assertThat(result.attribute("priority")).isEqualTo("eu");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            quoteCharacter = '`',
            value = {
                "{}; ``; 0 changes (expected: 1..100)",
                "{\"set\":{\"Tenant\":\"x\"}}; /set/Tenant; 1 to 64 of a-z and 0-9",
                "{\"set\":{\"id\":\"x\"}}; /set/id; an attribute that may change",
                "{\"set\":{\"data\":\"x\"}}; /set/data; an attribute that may change",
                "{\"set\":{\"meshrule\":\"x\"}}; /set/meshrule; none that the mesh keeps for itself",
                "{\"set\":{\"dlreason\":\"x\"}}; /set/dlreason; none that the mesh keeps for itself",
                "{\"set\":{\"a\":1.5}}; /set/a; an integer of 32 bits",
                "{\"set\":{\"a\":5000000000}}; /set/a; an integer of 32 bits",
                "{\"set\":{\"a\":null}}; /set/a; NULL",
                "{\"set\":{\"type\":7}}; /set/type; a string",
                "{\"set\":{\"source\":\"not a uri\"}}; /set/source; a URI-reference",
                "{\"set\":{\"time\":\"yesterday\"}}; /set/time; RFC 3339",
                "{\"set\":{\"a\":\"<unknown>\"}}; /set/a; <unknown>",
                "{\"remove\":[\"type\"]}; /remove/0; an optional attribute",
                "{\"remove\":\"a\"}; /remove; an array of names",
                "{\"rename\":{\"source\":\"a\"}}; /rename/source; an optional attribute",
                "{\"rename\":{\"a\":\"type\"}}; /rename/a; an optional attribute",
                "{\"rename\":{\"a\":\"c\",\"b\":\"c\"}}; /rename/b; each new name once",
            })
    void whatCannotBeIsRefusedWhenItIsRead(String spec, String path, String reason) {
        assertThatThrownBy(() -> apply(spec)).isInstanceOfSatisfying(InvalidSpec.class, invalid -> {
            assertThat(invalid.path()).isEqualTo(path);
            assertThat(invalid.problem()).contains(reason);
        });
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            quoteCharacter = '`',
            value = {
                "{\"set\":{\"source\":\"<$.data.kind> x\"}}; a URI-reference",
                "{\"set\":{\"time\":\"<$.data.kind>\"}}; RFC 3339",
                "{\"set\":{\"a\":\"<$.data.o>\"}}; an object (expected: a string, number or boolean)",
            })
    void anEventThatWouldBeNoneIsRefused(String spec, String reason) {
        assertThatThrownBy(() -> apply(spec))
                .isInstanceOf(EventMeshException.class)
                .isNotInstanceOf(InvalidSpec.class)
                .hasMessageContaining(reason);
    }
}
