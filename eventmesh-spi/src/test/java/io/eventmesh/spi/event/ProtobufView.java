package io.eventmesh.spi.event;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Any;
import com.google.protobuf.CodedInputStream;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Timestamp;
import io.eventmesh.proto.cloudevents.CloudEvent;
import io.eventmesh.proto.cloudevents.CloudEvent.CloudEventAttributeValue;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.time.Instant;
import java.util.Base64;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What the protobuf library sees in an event, to compare a scan with. */
final class ProtobufView {
    private ProtobufView() {}

    /** The parsed message, or null if protobuf refuses the bytes. */
    static @Nullable CloudEvent parseOrNull(byte[] bytes) {
        try {
            return CloudEvent.parseFrom(bytes);
        } catch (InvalidProtocolBufferException e) {
            return null;
        }
    }

    /**
     * Whether the parser refuses the bytes when it has so few of them at a time that it takes no shortcuts. One of those
     * overlooks that the tenth byte of a 64-bit number says that an eleventh follows.
     */
    static boolean refusesByteByByte(byte[] bytes) throws IOException {
        CodedInputStream in = CodedInputStream.newInstance(new ByteArrayInputStream(bytes), 1);
        try {
            CloudEvent accepted = CloudEvent.parseFrom(in);
            return accepted == null;
        } catch (InvalidProtocolBufferException e) {
            return true;
        }
    }

    static void assertSame(Event event, CloudEvent message) throws InvalidProtocolBufferException {
        same("id", event.id(), message.getId());
        same("source", event.source(), message.getSource());
        same("spec_version", event.specVersion(), message.getSpecVersion());
        same("type", event.type(), message.getType());
        Set<String> names = new HashSet<>();
        for (Map.Entry<String, CloudEventAttributeValue> entry :
                message.getAttributesMap().entrySet()) {
            String expected = canonical(entry.getValue());
            same(entry.getKey(), event.attribute(entry.getKey()), expected);
            if (expected != null) {
                names.add(entry.getKey());
            }
        }
        same("names", event.attributeNames(), names);
        same("subject", event.subject(), text(message, "subject"));
        same("datacontenttype", event.dataContentType(), text(message, "datacontenttype"));
        same("partitionkey", event.partitionKey(), canonical(attribute(message, "partitionkey")));
        assertSameData(event, message);
    }

    private static void assertSameData(Event event, CloudEvent message) throws InvalidProtocolBufferException {
        byte[] data = event.data();
        switch (message.getDataCase()) {
            case DATA_NOT_SET -> {
                same("kind", event.dataKind(), DataKind.NONE);
                same("size", data.length, 0);
            }
            case BINARY_DATA -> {
                same("kind", event.dataKind(), DataKind.BINARY);
                assertThat(data).isEqualTo(message.getBinaryData().toByteArray());
            }
            case TEXT_DATA -> {
                same("kind", event.dataKind(), DataKind.TEXT);
                assertThat(data).isEqualTo(message.getTextDataBytes().toByteArray());
            }
            case PROTO_DATA -> {
                same("kind", event.dataKind(), DataKind.PROTO);
                assertThat(Any.parseFrom(data)).isEqualTo(message.getProtoData());
            }
        }
    }

    /** Cheaper than an assertion, since it is done millions of times. */
    private static void same(String what, @Nullable Object actual, @Nullable Object expected) {
        if (actual == null ? expected != null : !actual.equals(expected)) {
            assertThat(actual).as(what).isEqualTo(expected);
        }
    }

    private static CloudEventAttributeValue attribute(CloudEvent message, String name) {
        return message.getAttributesOrDefault(name, CloudEventAttributeValue.getDefaultInstance());
    }

    private static @Nullable String text(CloudEvent message, String name) {
        CloudEventAttributeValue value = attribute(message, name);
        return switch (value.getAttrCase()) {
            case CE_STRING, CE_URI, CE_URI_REF -> canonical(value);
            default -> null;
        };
    }

    private static @Nullable String canonical(CloudEventAttributeValue value) {
        return switch (value.getAttrCase()) {
            case CE_BOOLEAN -> String.valueOf(value.getCeBoolean());
            case CE_INTEGER -> String.valueOf(value.getCeInteger());
            case CE_STRING -> value.getCeString();
            case CE_BYTES ->
                Base64.getEncoder().encodeToString(value.getCeBytes().toByteArray());
            case CE_URI -> value.getCeUri();
            case CE_URI_REF -> value.getCeUriRef();
            case CE_TIMESTAMP -> canonical(value.getCeTimestamp());
            case ATTR_NOT_SET -> null;
        };
    }

    private static String canonical(Timestamp time) {
        boolean valid = time.getSeconds() >= -62135596800L
                && time.getSeconds() <= 253402300799L
                && time.getNanos() >= 0
                && time.getNanos() < 1_000_000_000;
        return valid
                ? Instant.ofEpochSecond(time.getSeconds(), time.getNanos()).toString()
                : time.getSeconds() + "/" + time.getNanos();
    }
}
