package io.eventmesh.spi.event;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import java.time.Instant;
import java.util.Map;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PublishRulesTest {
    @Test
    void aPlainEventIsPublishable() {
        Event event = event().build();

        assertThat(event.requirePublishable()).isSameAs(event);
    }

    @Test
    void idSourceAndTypeMustNotBeEmpty() {
        refused(event().id(""), "id: '' (expected: not empty)");
        refused(event().source(""), "source: '' (expected: not empty)");
        refused(event().type(""), "type: '' (expected: not empty)");
    }

    @Test
    void theSourceMustBeAUriReference() {
        refused(event().source("a b"), "source: 'a b' (expected: a URI-reference)");
    }

    @Test
    void theSpecificationVersionMustBeOnePointZero() {
        refused(event().specVersion("0.3"), "specversion: '0.3' (expected: 1.0)");
        refused(event().specVersion(""), "specversion: '' (expected: 1.0)");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "Name", "a_b", "a-b", "näme", "a b", "a.b"})
    void aNameMustBeOfLowerCaseLettersAndDigits(String name) {
        refused(
                event().attribute(name, "x"),
                "attribute name: '%s' (expected: 1 to 64 of a-z and 0-9)".formatted(name));
    }

    @Test
    void aNameMayBeLongerThanRecommendedButNotEndless() {
        event().attribute("x".repeat(64), "x").build().requirePublishable();
        refused(
                event().attribute("x".repeat(65), "x"),
                "attribute name: '%s…' (expected: 1 to 64 of a-z and 0-9)".formatted("x".repeat(64)));
    }

    @ParameterizedTest
    @ValueSource(strings = {"mesh", "meshsubject", "dlreason", "dlepoch"})
    void aReservedNameIsRefused(String name) {
        refused(
                event().attribute(name, "x"),
                "attribute name: '%s' (expected: none that the mesh keeps for itself)".formatted(name));
    }

    @ParameterizedTest
    @ValueSource(strings = {"id", "source", "specversion", "type", "data"})
    void aNameOfOneOfTheEventsFieldsIsRefused(String name) {
        refused(
                event().attribute(name, "x"),
                "attribute name: '%s' (expected: the event's own field for it, not an attribute)".formatted(name));
    }

    @ParameterizedTest
    @ValueSource(strings = {"d", "dl", "dlx", "m", "mes", "i", "ids", "types", "datas", "t", "time2", "s", "p", "0"})
    void aNameThatOnlyResemblesOneOfThoseIsAccepted(String name) {
        event().attribute(name, "x").build().requirePublishable();
        Event.scan(bytesOfANameWithoutAValue(name)).requirePublishable();
    }

    @Test
    void aPartitionKeyMustNotBeEmpty() {
        refused(event().attribute("partitionkey", ""), "attribute partitionkey: '' (expected: not empty)");
        event().attribute("partitionkey", 0).build().requirePublishable();
    }

    @Test
    void aSubjectMustBeTextAndNotEmpty() {
        refused(event().subject(""), "attribute subject: '' (expected: a string, not empty)");
        refused(event().attribute("subject", 5), "attribute subject: '5' (expected: a string, not empty)");
    }

    @Test
    void aContentTypeMustBeText() {
        refused(event().attribute("datacontenttype", true), "attribute datacontenttype: 'true' (expected: a string)");
    }

    @Test
    void aSchemaMustBeAUriReference() {
        event().dataSchema("relative/schema").build().requirePublishable();
        event().attribute("dataschema", "https://example.org/s").build().requirePublishable();
        refused(event().dataSchema("a b"), "attribute dataschema: 'a b' (expected: a URI-reference)");
        refused(event().attribute("dataschema", ""), "attribute dataschema: '' (expected: a URI-reference)");
        refused(event().attribute("dataschema", 5), "attribute dataschema: '5' (expected: a URI-reference)");
    }

    @Test
    void aTimeMayBeATimestampOrItsText() {
        event().time(Instant.parse("9999-12-31T23:59:59.999999999Z")).build().requirePublishable();
        event().attribute("time", "2024-02-29T12:00:00.5+02:00").build().requirePublishable();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "yesterday", "2024-02-30T12:00:00Z", "2024-02-29T12:00:00", "+12024-02-29T12:00:00Z"})
    void aTimeThatIsNoTimestampIsRefused(String time) {
        refused(
                event().attribute("time", time),
                "attribute time: '%s' (expected: an RFC 3339 timestamp)".formatted(time));
    }

    @Test
    void aTimeOfAnotherTypeIsRefused() {
        refused(event().attribute("time", 5), "attribute time: '5' (expected: an RFC 3339 timestamp)");
        refused(
                event().attribute("expirytime", "soon"),
                "attribute expirytime: 'soon' (expected: an RFC 3339 timestamp)");
    }

    @Test
    void everyTimestampMustLieInTheYearsThatCanBeWritten() {
        refused(
                event().timestamp("expirytime", Instant.ofEpochSecond(253_402_300_800L)),
                "attribute expirytime: '253402300800/0' (expected: a timestamp of the years 1 to 9999)");
        refused(
                event().timestamp("expirytime", Instant.ofEpochSecond(-62_135_596_801L)),
                "attribute expirytime: '-62135596801/0' (expected: a timestamp of the years 1 to 9999)");
    }

    @Test
    void everyUriMustBeOne() {
        refused(event().uri("dataref", "http://["), "attribute dataref: 'http://[' (expected: a URI-reference)");
        refused(event().uriRef("dataref", "a b"), "attribute dataref: 'a b' (expected: a URI-reference)");
    }

    @Test
    void aValueIsShownInOneLineAndCut() {
        refused(
                event().source("a\nb " + "x".repeat(100)),
                "source: 'a?b %s…' (expected: a URI-reference)".formatted("x".repeat(60)));
    }

    @Test
    void whatWasAddedLaterIsCheckedToo() {
        assertThatThrownBy(() -> event().build().with(Map.of("meshx", "y")).requirePublishable())
                .isInstanceOf(EventMeshException.class);
    }

    @Test
    void manyRepeatedNamesTakeNoLongerThanTheirBytes() {
        EventBuilder builder = event();
        for (int i = 0; i < 50_000; i++) {
            builder.uri("n" + i, "x");
        }
        Event event = builder.build();

        assertThat(event.requirePublishable().attributeNames()).hasSize(50_000);
    }

    private static byte[] bytesOfANameWithoutAValue(String name) {
        WireWriter out = new WireWriter(64);
        byte[] key = Utf8.encode("name", name);
        out.raw(event().build().toByteArray(), 0, event().build().size());
        out.header(Wire.ATTRIBUTES, WireWriter.sizeOf(key.length));
        out.field(Wire.KEY, key);
        return out.toByteArray();
    }

    private static EventBuilder event() {
        return Event.builder().id("1").source("/shop").type("order.created");
    }

    private static void refused(EventBuilder builder, String message) {
        Event event = builder.build();
        assertThatThrownBy(event::requirePublishable)
                .hasMessage(message)
                .asInstanceOf(InstanceOfAssertFactories.type(EventMeshException.class))
                .extracting(EventMeshException::code)
                .isEqualTo(ErrorCode.EVENT_INVALID);
    }
}
