package io.eventmesh.spi.event;

import com.google.protobuf.Any;
import io.eventmesh.common.error.EventMeshException;
import java.net.URI;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Builds the bytes of an event directly, without a protobuf message in between.
 *
 * <p>What is set twice keeps the later value. CloudEvents' rules are not checked here, since replies and dead letters
 * break some of them on purpose: see {@link Event#requirePublishable}. A string that has no UTF-8 form (half a surrogate
 * pair) is refused with EVENT_INVALID.
 *
 * <p>Not thread-safe. May be used again after {@link #build}.
 */
public final class EventBuilder {
    private static final byte[] NONE = {};

    private byte[] id = NONE;
    private byte[] source = NONE;
    private byte[] specVersion = Utf8.encode("specversion", "1.0");
    private byte[] type = NONE;
    /** Names to encoded values, {@code CloudEventAttributeValue}. */
    private final Map<String, byte[]> attributes = new LinkedHashMap<>();

    private int dataTag;
    private byte[] data = NONE;

    EventBuilder() {}

    public EventBuilder id(String value) {
        id = Utf8.encode("id", value);
        return this;
    }

    /** Identifies the context of the event, as a URI-reference. */
    public EventBuilder source(String value) {
        source = Utf8.encode("source", value);
        return this;
    }

    /** The version of CloudEvents, {@code 1.0} unless said. */
    public EventBuilder specVersion(String value) {
        specVersion = Utf8.encode("specversion", value);
        return this;
    }

    public EventBuilder type(String value) {
        type = Utf8.encode("type", value);
        return this;
    }

    public EventBuilder subject(String value) {
        return attribute("subject", value);
    }

    /** When it happened. The offset is not kept, the instant is. */
    public EventBuilder time(OffsetDateTime value) {
        return timestamp("time", value);
    }

    /** When it happened. */
    public EventBuilder time(Instant value) {
        return timestamp("time", value);
    }

    public EventBuilder dataContentType(String value) {
        return attribute("datacontenttype", value);
    }

    /** Where the data's schema is found. */
    public EventBuilder dataSchema(String value) {
        return uri("dataschema", value);
    }

    public EventBuilder attribute(String name, String value) {
        return text(name, Wire.CE_STRING, value);
    }

    public EventBuilder attribute(String name, int value) {
        return number(name, Wire.CE_INTEGER, value);
    }

    public EventBuilder attribute(String name, boolean value) {
        return number(name, Wire.CE_BOOLEAN, value ? 1 : 0);
    }

    public EventBuilder attribute(String name, byte[] value) {
        return set(name, Wire.CE_BYTES, value);
    }

    /** An absolute URI. */
    public EventBuilder uri(String name, String value) {
        return text(name, Wire.CE_URI, value);
    }

    /** A URI that may be relative. */
    public EventBuilder uriRef(String name, String value) {
        return text(name, Wire.CE_URI_REF, value);
    }

    /** A URI of the fitting type: absolute ones as uri, others as uri-reference. */
    public EventBuilder attribute(String name, URI value) {
        return value.isAbsolute() ? uri(name, value.toString()) : uriRef(name, value.toString());
    }

    public EventBuilder timestamp(String name, Instant value) {
        WireWriter timestamp = new WireWriter(24);
        timestamp.varintField(Wire.SECONDS, value.getEpochSecond());
        timestamp.varintField(Wire.NANOS, value.getNano());
        return set(name, Wire.CE_TIMESTAMP, timestamp.toByteArray());
    }

    /** A timestamp. The offset is not kept, the instant is. */
    public EventBuilder timestamp(String name, OffsetDateTime value) {
        return timestamp(name, value.toInstant());
    }

    /** Data as bytes. The array is copied by {@link #build}. */
    public EventBuilder data(byte[] value) {
        return data(Wire.BINARY_DATA, value);
    }

    /**
     * Data in the form that fits its content type, as {@link DataKind#of} tells, and the attribute
     * {@code datacontenttype} unless it is null.
     */
    public EventBuilder data(@Nullable String contentType, byte[] value) {
        if (contentType != null) {
            dataContentType(contentType);
        }
        return DataKind.of(contentType, value) == DataKind.TEXT ? text(value) : data(value);
    }

    /** Data as text. */
    public EventBuilder text(String value) {
        return data(Wire.TEXT_DATA, Utf8.encode("data", value));
    }

    /** Data as text that is UTF-8 already, which {@link #build} checks. */
    public EventBuilder text(byte[] utf8) {
        return data(Wire.TEXT_DATA, utf8);
    }

    /** Data as a protobuf message. */
    public EventBuilder protoData(Any value) {
        return data(Wire.PROTO_DATA, value.toByteArray());
    }

    /** The data as it was given, checked for nothing; empty when there is none. */
    public byte[] givenData() {
        return data.clone();
    }

    /**
     * The event as it stands now.
     *
     * @throws EventMeshException EVENT_INVALID if the data was given as text and is not UTF-8
     */
    public Event build() {
        WireWriter out = new WireWriter(capacity());
        fieldUnlessEmpty(out, Wire.ID, id);
        fieldUnlessEmpty(out, Wire.SOURCE, source);
        fieldUnlessEmpty(out, Wire.SPEC_VERSION, specVersion);
        fieldUnlessEmpty(out, Wire.TYPE, type);
        attributes.forEach((name, value) -> out.attribute(Utf8.encode("attribute name", name), value));
        if (dataTag != 0) {
            out.field(dataTag, data);
        }
        return Event.scan(out.toByteArray());
    }

    private int capacity() {
        int fields = 64 + id.length + source.length + type.length + specVersion.length;
        for (Map.Entry<String, byte[]> attribute : attributes.entrySet()) {
            fields += 16 + attribute.getKey().length() + attribute.getValue().length;
        }
        return Math.addExact(fields, data.length);
    }

    private static void fieldUnlessEmpty(WireWriter out, int tag, byte[] value) {
        if (value.length > 0) {
            out.field(tag, value);
        }
    }

    private EventBuilder text(String name, int tag, String value) {
        return set(name, tag, Utf8.encodeAttribute(name, value));
    }

    private EventBuilder number(String name, int tag, int value) {
        WireWriter number = new WireWriter(16);
        number.varintField(tag, value);
        attributes.put(name, number.toByteArray());
        return this;
    }

    private EventBuilder set(String name, int tag, byte[] content) {
        WireWriter value = new WireWriter(WireWriter.sizeOf(content.length));
        value.field(tag, content);
        attributes.put(name, value.toByteArray());
        return this;
    }

    /** An attribute whose value is encoded already. */
    EventBuilder encoded(String name, byte[] value) {
        attributes.put(name, value);
        return this;
    }

    private EventBuilder data(int tag, byte[] value) {
        dataTag = tag;
        data = value;
        return this;
    }
}
