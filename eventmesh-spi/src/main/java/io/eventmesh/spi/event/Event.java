package io.eventmesh.spi.event;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.UnsafeByteOperations;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.proto.cloudevents.CloudEvent;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import java.util.function.BiConsumer;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * An event as its protobuf bytes, plus what one scan found in them.
 *
 * <p>Every answer is what {@code CloudEvent.parseFrom} would give for the same bytes: the last occurrence of a field or
 * of an attribute's name counts. The bytes are never re-encoded; {@link #with} and {@link #without} copy them. Bytes are
 * no identity, so that events compare by reference: what identifies an event is its source and id.
 *
 * <p>Immutable and thread-safe. Strings are decoded at each call.
 *
 * <p>Spec: CloudEvents 1.0.2, protobuf event format.
 */
public final class Event {
    private static final byte[] SUBJECT = "subject".getBytes(US_ASCII);
    private static final byte[] PARTITION_KEY = "partitionkey".getBytes(US_ASCII);
    private static final byte[] EXPIRY_TIME = "expirytime".getBytes(US_ASCII);
    private static final byte[] DATA_CONTENT_TYPE = "datacontenttype".getBytes(US_ASCII);

    private final byte[] bytes;
    private final int from;
    private final int to;
    private final EventIndex index;

    private Event(byte[] bytes, EventIndex index) {
        this(bytes, 0, bytes.length, index);
    }

    private Event(byte[] bytes, int from, int to, EventIndex index) {
        this.bytes = bytes;
        this.from = from;
        this.to = to;
        this.index = index;
    }

    /**
     * Takes over an encoded event. It may still break CloudEvents' rules: see {@link #requirePublishable}.
     *
     * @param bytes an encoded {@code CloudEvent}; not copied, so that the caller must not change it any more
     * @throws EventMeshException EVENT_INVALID for whatever {@code CloudEvent.parseFrom} refuses, and for numbers of more
     *     than ten bytes, some of which it overlooks
     */
    public static Event scan(byte[] bytes) {
        return new Event(bytes, EventScanner.scan(bytes));
    }

    /**
     * Like {@link #scan(byte[])} for bytes that were an event before and are known not to have changed since: whether
     * their texts are UTF-8 is not asked again.
     *
     * @param bytes not copied, so that the caller must not change it any more
     * @throws EventMeshException EVENT_INVALID where they are no event after all, unless a text alone is damaged
     */
    public static Event rescan(byte[] bytes) {
        return new Event(bytes, EventScanner.rescan(bytes));
    }

    /**
     * Like {@link #scan(byte[])} for a part of an array, which is copied unless it is the whole.
     *
     * @throws EventMeshException EVENT_INVALID for whatever {@code CloudEvent.parseFrom} would refuse
     */
    public static Event scan(byte[] bytes, int offset, int length) {
        if (offset == 0 && length == bytes.length) {
            return scan(bytes);
        }
        byte[] copy = new byte[length];
        System.arraycopy(bytes, offset, copy, 0, length);
        return scan(copy);
    }

    /** Of a part of an array, by an index that somebody else filled. */
    static Event of(byte[] bytes, int from, int to, EventIndex index) {
        return new Event(bytes, from, to, index);
    }

    /** This event in an array of its own. */
    public Event compact() {
        return to - from == bytes.length ? this : cut(new boolean[index.count()], 0);
    }

    public static EventBuilder builder() {
        return new EventBuilder();
    }

    /**
     * Checks what a publisher must meet, and returns this event.
     *
     * <p>Required: id, source and type not empty; source and every uri or uri-reference valid as {@link java.net.URI};
     * spec_version {@code 1.0}; attribute names of 1 to 64 lower-case letters and digits, none of them
     * {@linkplain ReservedAttributes reserved} or the name of one of the event's own fields; {@code partitionkey} and
     * {@code subject} not empty where present; {@code dataschema} a URI-reference, {@code time}, {@code expirytime} and
     * every timestamp one that RFC 3339 can express.
     *
     * @throws EventMeshException EVENT_INVALID with the attribute, its value and what was expected
     */
    public Event requirePublishable() {
        if (!index.publishable) {
            PublishRules.check(bytes, index);
            index.publishable = true;
        }
        return this;
    }

    /** The size of the encoded event in bytes. */
    public int size() {
        return to - from;
    }

    /** A copy of the encoded event. */
    public byte[] toByteArray() {
        return Arrays.copyOfRange(bytes, from, to);
    }

    /** The encoded event without a copy. */
    public ByteBuffer asReadOnlyBuffer() {
        return ByteBuffer.wrap(bytes, from, size()).slice().asReadOnlyBuffer();
    }

    /** The encoded event without a copy. */
    public ByteString toByteString() {
        return UnsafeByteOperations.unsafeWrap(bytes, from, size());
    }

    /** Writes the encoded event in one call, without a copy: the stream must not change the array it is given. */
    public void writeTo(OutputStream out) throws IOException {
        out.write(bytes, from, size());
    }

    /** Writes the encoded event at the buffer's position, which moves. */
    public void writeTo(ByteBuffer out) {
        out.put(bytes, from, size());
    }

    /** Reads the encoded event, without a copy. */
    public InputStream newInputStream() {
        return new ByteArrayInputStream(bytes, from, size());
    }

    /** The id, empty if there is none. */
    public String id() {
        return text(index.idStart, index.idLength);
    }

    /** The source, empty if there is none. */
    public String source() {
        return text(index.sourceStart, index.sourceLength);
    }

    /** The version of the CloudEvents specification, empty if there is none. */
    public String specVersion() {
        return text(index.specVersionStart, index.specVersionLength);
    }

    /** The type, empty if there is none. */
    public String type() {
        return text(index.typeStart, index.typeLength);
    }

    /** The attribute {@code subject} if its value is a string, uri or uri-reference, else null. */
    public @Nullable String subject() {
        AttributeValue value = value(SUBJECT);
        return value != null && value.type().isText() ? value.text() : null;
    }

    /** The attribute {@code partitionkey}: events of one key are kept and delivered in order. Null if absent. */
    public @Nullable String partitionKey() {
        AttributeValue value = value(PARTITION_KEY);
        return value == null ? null : value.canonical();
    }

    /** The attribute {@code datacontenttype} if its value is a string, uri or uri-reference, else null. */
    public @Nullable String dataContentType() {
        AttributeValue value = value(DATA_CONTENT_TYPE);
        return value != null && value.type().isText() ? value.text() : null;
    }

    /**
     * The wall time from which the event is worth nothing any more, by the CloudEvents extension {@code expirytime};
     * {@link Long#MAX_VALUE} for never, also when the attribute is no time. Costs nothing for events without it.
     */
    public long expiryMillis() {
        AttributeValue value = index.mayExpire ? value(EXPIRY_TIME) : null;
        Instant time = value == null ? null : CloudEvents.instant(value);
        return time == null ? Long.MAX_VALUE : time.toEpochMilli();
    }

    /**
     * An optional or extension attribute; id, source, type and specversion have methods of their own and are not found
     * here.
     *
     * @return the value in the string form of the CloudEvents type system ({@code true}, {@code 42}, the text, Base64,
     *     RFC 3339 in UTC; a timestamp outside the years 1 to 9999, which cannot be published, as
     *     {@code seconds/nanos}), or null if the event has no such attribute or no value for it
     */
    public @Nullable String attribute(String name) {
        AttributeValue value = value(name.getBytes(UTF_8));
        return value == null ? null : value.canonical();
    }

    /**
     * Whether an attribute is a text of decimal digits alone, at least so many; without making a string of it.
     *
     * @param name encoded in UTF-8
     */
    public boolean isDigits(byte[] name, int atLeast) {
        AttributeValue value = value(name);
        return value != null && value.isDigits(atLeast);
    }

    /** Like {@link #attribute}, but a {@link Boolean} or {@link Integer} where the value is one. */
    public @Nullable Object typedAttribute(String name) {
        AttributeValue value = value(name.getBytes(UTF_8));
        if (value == null) {
            return null;
        }
        return switch (value.type()) {
            case BOOLEAN -> value.bool();
            case INTEGER -> value.integer();
            case NONE, STRING, BYTES, URI, URI_REF, TIMESTAMP -> value.canonical();
        };
    }

    /** The names for which {@link #attribute} has a value, in the order in which they first occur. */
    public Set<String> attributeNames() {
        Set<String> names = new LinkedHashSet<>();
        forEachAttribute((name, value) -> names.add(name));
        return Collections.unmodifiableSet(names);
    }

    public DataKind dataKind() {
        return index.dataKind;
    }

    /**
     * A copy of the data: the bytes, the text in UTF-8, or the encoded {@code google.protobuf.Any}; empty for NONE.
     *
     * <p>An Any that stands in the event in several parts is their concatenation, which protobuf reads as their union.
     */
    public byte[] data() {
        if (index.dataParts > 1) {
            return mergedData();
        }
        return Arrays.copyOfRange(bytes, index.dataStart, index.dataStart + index.dataLength);
    }

    /**
     * This event with string attributes added, which replace those of the same name.
     *
     * <p>They are appended to the bytes; nothing is re-encoded and no name is checked.
     *
     * @throws EventMeshException EVENT_INVALID if a string has no UTF-8 form
     */
    public Event with(Map<String, String> attributes) {
        if (attributes.isEmpty()) {
            return this;
        }
        byte[][] names = new byte[attributes.size()][];
        byte[][] texts = new byte[attributes.size()][];
        if (to - from != bytes.length) {
            return compact().with(attributes);
        }
        int size = bytes.length;
        int added = 0;
        for (Map.Entry<String, String> attribute : attributes.entrySet()) {
            names[added] = Utf8.encode("attribute name", attribute.getKey());
            texts[added] = Utf8.encodeAttribute(attribute.getKey(), attribute.getValue());
            size = Math.addExact(size, WireWriter.sizeOfStringAttribute(names[added], texts[added]));
            added++;
        }
        EventIndex more = new EventIndex(index, added);
        WireWriter out = new WireWriter(size);
        out.raw(bytes, 0, bytes.length);
        for (int i = 0; i < added; i++) {
            int tagStart = out.size();
            out.stringAttribute(names[i], texts[i]);
            int valueSize = WireWriter.sizeOf(WireWriter.sizeOf(texts[i].length));
            int length = names[i].length;
            long head = NameHead.of(names[i], 0, length);
            more.addEntry(tagStart, out.size(), out.size() - valueSize - length, length, head);
        }
        return new Event(out.toByteArray(), more);
    }

    /** A builder that begins with everything of this event. */
    public EventBuilder toBuilder() {
        CloudEvent parsed = parse();
        EventBuilder copy =
                builder().id(id()).source(source()).specVersion(specVersion()).type(type());
        parsed.getAttributesMap().forEach((name, value) -> copy.encoded(name, value.toByteArray()));
        return switch (dataKind()) {
            case NONE -> copy;
            case TEXT -> copy.text(data());
            case BINARY -> copy.data(data());
            case PROTO -> copy.protoData(parsed.getProtoData());
        };
    }

    /** A copy of this event without the attributes of these names; this event if it has none of them. */
    public Event without(Set<String> names) {
        return names.isEmpty() ? this : without((Predicate<String>) names::contains);
    }

    /**
     * A copy of this event without the attributes whose names match; this event if there are none. Fastest with
     * {@link AttributeNames}.
     */
    public Event without(Predicate<String> names) {
        boolean[] removed = new boolean[index.count()];
        int removedBytes = 0;
        for (int entry = 0; entry < removed.length; entry++) {
            removed[entry] = isOneOf(names, entry);
            if (removed[entry]) {
                removedBytes += index.end(entry) - index.tagStart(entry);
            }
        }
        return removedBytes == 0 ? this : cut(removed, removedBytes);
    }

    /** In an array of its own, without some entries. */
    private Event cut(boolean[] removed, int removedBytes) {
        byte[] rest = new byte[to - from - removedBytes];
        int kept = from;
        int cut = from;
        for (int entry = 0; entry < removed.length; entry++) {
            if (removed[entry]) {
                System.arraycopy(bytes, kept, rest, kept - cut, index.tagStart(entry) - kept);
                kept = index.end(entry);
                cut += kept - index.tagStart(entry);
            }
        }
        System.arraycopy(bytes, kept, rest, kept - cut, to - kept);
        return new Event(rest, index.without(removed, from));
    }

    /** The protobuf message, parsed anew at each call. */
    public CloudEvent parse() {
        try {
            return CloudEvent.parseFrom(ByteBuffer.wrap(bytes, from, size()));
        } catch (InvalidProtocolBufferException e) {
            throw new IllegalStateException("The scan accepted what protobuf refuses", e);
        }
    }

    /** For logs: what identifies the event, never its data. */
    @Override
    public String toString() {
        return "Event[source=%s, id=%s, type=%s, size=%d]".formatted(source(), id(), type(), size());
    }

    /** Each attribute that has a value, in the order in which the names first occur. */
    void forEachAttribute(BiConsumer<String, AttributeValue> consumer) {
        Map<String, Integer> last = new LinkedHashMap<>();
        for (int entry = 0; entry < index.count(); entry++) {
            last.put(index.name(bytes, entry), entry);
        }
        last.forEach((name, entry) -> {
            AttributeValue value = value(entry);
            if (value.type() != AttributeValue.Type.NONE) {
                consumer.accept(name, value);
            }
        });
    }

    private boolean isOneOf(Predicate<String> names, int entry) {
        if (names instanceof AttributeNames known) {
            return known.test(bytes, index.keyStart(entry), index.keyLength(entry), index.head(entry));
        }
        return names.test(index.name(bytes, entry));
    }

    private @Nullable AttributeValue value(byte[] name) {
        int entry = index.find(bytes, name);
        return entry < 0 ? null : value(entry);
    }

    private AttributeValue value(int entry) {
        return AttributeValue.read(bytes, index.tagStart(entry), index.end(entry));
    }

    private byte[] mergedData() {
        WireWriter parts = new WireWriter(index.dataLength);
        WireCursor in = new WireCursor(bytes, from, to);
        while (in.next()) {
            if (in.tag() == Wire.PROTO_DATA) {
                parts.raw(bytes, in.start(), in.length());
            }
        }
        return parts.toByteArray();
    }

    private String text(int start, int length) {
        return new String(bytes, start, length, UTF_8);
    }
}
