package io.eventmesh.spi.event;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.Any;
import com.google.protobuf.InvalidProtocolBufferException;
import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.proto.cloudevents.CloudEvent;
import java.util.HexFormat;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.junit.jupiter.api.Test;

/** How single oddities of the wire are read; each is checked against protobuf, too. */
class EventScanTest {
    @Test
    void noBytesAreAnEventWithoutAnything() {
        Event event = accepted("");

        assertThat(event.id()).isEmpty();
        assertThat(event.attributeNames()).isEmpty();
        assertThat(event.dataKind()).isEqualTo(DataKind.NONE);
        assertThat(event.data()).isEmpty();
    }

    @Test
    void theLastIdCounts() {
        assertThat(accepted("0A0161 0A0162").id()).isEqualTo("b");
    }

    @Test
    void theLastEntryOfANameCounts() {
        Event event = accepted("2A08 0A0161 1203 1A0131 2A08 0A0161 1203 1A0132");

        assertThat(event.attribute("a")).isEqualTo("2");
        assertThat(event.attributeNames()).containsExactly("a");
    }

    @Test
    void anEntryWithoutAValueHidesTheOneBefore() {
        Event event = accepted("2A08 0A0161 1203 1A0131 2A03 0A0161");

        assertThat(event.attribute("a")).isNull();
        assertThat(event.attributeNames()).isEmpty();
    }

    @Test
    void anEntryWithoutANameHasTheEmptyOne() {
        assertThat(accepted("2A05 1203 1A0131").attribute("")).isEqualTo("1");
    }

    @Test
    void valuesWithinOneEntryMerge() {
        // seconds 5 in one occurrence of the value, nanos 7 in the next
        Event event = accepted("2A0F 0A0161 1204 3A020805 1204 3A021007");

        assertThat(event.attribute("a")).isEqualTo("1970-01-01T00:00:05.000000007Z");
    }

    @Test
    void anotherFormInTheSameValueReplacesTheOneBefore() {
        assertThat(accepted("2A0A 0A0161 1205 0801 1A0132").attribute("a")).isEqualTo("2");
        assertThat(accepted("2A0A 0A0161 1205 1A0132 0801").attribute("a")).isEqualTo("true");
    }

    @Test
    void aTimestampAddsToTheOneBeforeItInTheSameValueWhateverStandsBetween() {
        Event sameValue = accepted("2A10 0A0161 120B 3A020805 1A0178 3A021007");
        Event nextValue = accepted("2A12 0A0161 1207 3A020805 1A0178 1204 3A021007");

        assertThat(sameValue.attribute("a")).isEqualTo("1970-01-01T00:00:05.000000007Z");
        assertThat(nextValue.attribute("a")).isEqualTo("1970-01-01T00:00:00.000000007Z");
    }

    @Test
    void theLastFormOfDataCounts() {
        Event event = accepted("320162 3A0174");

        assertThat(event.dataKind()).isEqualTo(DataKind.TEXT);
        assertThat(event.data()).asString().isEqualTo("t");
    }

    @Test
    void partsOfProtoDataMergeWhateverStandsBetween() throws InvalidProtocolBufferException {
        Event event = accepted("4203 0A0175 320162 4203 120176");

        assertThat(event.dataKind()).isEqualTo(DataKind.PROTO);
        assertThat(Any.parseFrom(event.data()))
                .isEqualTo(Any.parseFrom(HexFormat.of().parseHex("0A0175120176")));
    }

    @Test
    void aKnownFieldInAnotherWireTypeIsUnknown() {
        assertThat(accepted("0A0161 0805").id()).isEqualTo("a");
    }

    @Test
    void unknownFieldsOfEveryWireTypeAreSteppedOver() {
        assertThat(accepted("4805 490102030405060708 4A0161 4B08054C 4D01020304 0A0161")
                        .id())
                .isEqualTo("a");
    }

    @Test
    void aNumberMayBeLongerThanNeeded() {
        assertThat(accepted("8A8080808000 81808080808080808000 61").id()).isEqualTo("a");
    }

    @Test
    void aLengthBeyondTheEndIsRefused() {
        refused("0A0561", "event: length 5 (expected: 0..1) at byte 1 of 3");
    }

    @Test
    void aLengthBeyondTheEnclosingMessageIsRefused() {
        refused("2A03 0A0561 0A0161", "event: length 5 (expected: 0..1) at byte 3 of 8");
    }

    @Test
    void aNegativeLengthIsRefused() {
        refused("0AFFFFFFFF0F", "event: length -1 (expected: 0..0) at byte 1 of 6");
    }

    @Test
    void aNumberOfElevenBytesIsRefused() {
        refused("48 8080808080808080808000", "event: number of more than 10 bytes (expected: <= 10) at byte 1 of 12");
    }

    @Test
    void aNumberThatBreaksOffIsRefused() {
        refused("4880", "event: end within a number (expected: more bytes) at byte 2 of 2");
    }

    @Test
    void fieldNumberZeroIsRefused() {
        refused("0005", "event: field number 0 (expected: >= 1) at byte 0 of 2");
    }

    @Test
    void wireTypesSixAndSevenAreRefused() {
        refused("0E", "event: wire type 6 (expected: 0..3 or 5) at byte 0 of 1");
        refused("0F", "event: wire type 7 (expected: 0..3 or 5) at byte 0 of 1");
    }

    @Test
    void theEndOfAGroupThatNeverBeganIsRefused() {
        refused("0C", "event: wire type 4 (expected: 0..3 or 5) at byte 0 of 1");
    }

    @Test
    void aGroupWithoutEndOrWithAnotherEndIsRefused() {
        refused("4B", "event: end within group 9 (expected: its end tag) at byte 1 of 1");
        refused("4B54", "event: end of group 10 (expected: of 9) at byte 2 of 2");
    }

    @Test
    void aHundredNestedGroupsAreReadAndOneMoreIsRefused() {
        accepted("4B".repeat(100) + "4C".repeat(100));
        refused(
                "4B".repeat(101) + "4C".repeat(101),
                "event: nesting of more than 100 (expected: <= 100) at byte 0 of 202");
    }

    @Test
    void textThatIsNotUtf8IsRefusedInEveryString() {
        refused("0A01FF", "event: id that is not UTF-8 (expected: UTF-8) at byte 2 of 3");
        refused("1201FF", "event: source that is not UTF-8 (expected: UTF-8) at byte 2 of 3");
        refused("1A01FF", "event: spec_version that is not UTF-8 (expected: UTF-8) at byte 2 of 3");
        refused("2201FF", "event: type that is not UTF-8 (expected: UTF-8) at byte 2 of 3");
        refused("3A01FF", "event: text_data that is not UTF-8 (expected: UTF-8) at byte 2 of 3");
        refused("4203 0A01FF", "event: type_url that is not UTF-8 (expected: UTF-8) at byte 4 of 5");
        refused("2A03 0A01FF", "event: attribute name that is not UTF-8 (expected: UTF-8) at byte 4 of 5");
        for (String form : new String[] {"1A", "2A", "32"}) {
            refused(
                    "2A05 1203" + form + "01FF",
                    "event: attribute value that is not UTF-8 (expected: UTF-8) at byte 6 of 7");
        }
    }

    @Test
    void bytesNeedNotBeUtf8() {
        assertThat(accepted("3201FF").data()).containsExactly(0xFF);
        assertThat(accepted("2A08 0A0161 1203 2201FF").attribute("a")).isEqualTo("/w==");
    }

    @Test
    void aPartOfAnArrayIsReadAsIfItWereAlone() {
        byte[] bytes = HexFormat.of().parseHex("FF0A0161FF");

        Event event = Event.scan(bytes, 1, 3);
        bytes[3] = 'z';

        assertThat(event.id()).isEqualTo("a");
        assertThat(event.size()).isEqualTo(3);
    }

    @Test
    void aWholeArrayIsTakenOverWithoutACopy() {
        byte[] bytes = HexFormat.of().parseHex("0A0161");

        Event event = Event.scan(bytes, 0, 3);

        assertThat(event.toByteString().asReadOnlyByteBuffer()).isEqualTo(event.asReadOnlyBuffer());
        bytes[2] = 'b';
        assertThat(event.id()).isEqualTo("b");
    }

    private static Event accepted(String hex) {
        byte[] bytes = bytes(hex);
        Event event = Event.scan(bytes);
        try {
            ProtobufView.assertSame(event, CloudEvent.parseFrom(bytes));
        } catch (InvalidProtocolBufferException e) {
            throw new AssertionError("protobuf refuses what the scan accepts", e);
        }
        return event;
    }

    private static void refused(String hex, String message) {
        byte[] bytes = bytes(hex);
        assertThat(ProtobufView.parseOrNull(bytes)).isNull();
        assertThatThrownBy(() -> Event.scan(bytes))
                .hasMessage(message)
                .asInstanceOf(InstanceOfAssertFactories.type(EventMeshException.class))
                .extracting(EventMeshException::code)
                .isEqualTo(ErrorCode.EVENT_INVALID);
    }

    private static byte[] bytes(String hex) {
        return HexFormat.of().parseHex(hex.replace(" ", ""));
    }
}
