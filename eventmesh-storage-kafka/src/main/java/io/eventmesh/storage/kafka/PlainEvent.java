package io.eventmesh.storage.kafka;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.spi.event.Event;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.Arrays;
import java.util.Base64;
import org.apache.kafka.common.header.Header;
import org.jspecify.annotations.Nullable;

/**
 * Puts an event's bytes together again from what {@link BinaryForm} took apart: sizes first, then all bytes in one array.
 *
 * <p>Used once.
 */
final class PlainEvent {
    private static final int ATTRIBUTE_TAG = 0x2A;
    private static final int KEY_TAG = 0x0A;
    private static final int VALUE_TAG = 0x12;
    private static final int BYTES_DATA_TAG = 0x32;
    private static final int TEXT_DATA_TAG = 0x3A;
    private static final String CONTENT_TYPE_NAME = "datacontenttype";
    private static final int FIRST_TYPE = 2;

    private final byte[] form;
    private final byte @Nullable [] data;
    /** The fields in their order. */
    private final byte[][] fields = new byte[4][];

    private final String[] names;
    /** Encoded content of each attribute's value, without its tag. */
    private final byte[][] contents;

    private int attributes;
    private byte[] out = {};
    private int at;

    /** @param form the value of the header {@value MeshHeaders#FORM} */
    PlainEvent(byte[] form, byte @Nullable [] data) {
        this.form = form;
        this.data = data;
        this.names = new String[form.length - FIRST_TYPE];
        this.contents = new byte[form.length - FIRST_TYPE][];
    }

    /** Takes over a header that may be the event's. */
    void header(Header header) {
        String name = header.key();
        if (name.startsWith(BinaryForm.PREFIX)) {
            switch (name) {
                case "ce_id" -> fields[0] = header.value();
                case "ce_source" -> fields[1] = header.value();
                case "ce_specversion" -> fields[2] = header.value();
                case "ce_type" -> fields[3] = header.value();
                default -> attribute(name.substring(BinaryForm.PREFIX.length()), header.value());
            }
        } else if (name.equals(BinaryForm.CONTENT_TYPE)) {
            attribute(CONTENT_TYPE_NAME, header.value());
        }
    }

    private void attribute(String name, byte[] text) {
        if (attributes == names.length) {
            throw new IllegalArgumentException("attribute %s (expected: %s attributes)".formatted(name, attributes));
        }
        names[attributes] = name;
        contents[attributes] = content(form[FIRST_TYPE + attributes], text);
        attributes++;
    }

    /** @throws IllegalArgumentException if the headers are not what was written */
    Event build() {
        if (attributes != names.length) {
            throw new IllegalArgumentException("%s attributes (expected: %s)".formatted(attributes, names.length));
        }
        out = new byte[size()];
        for (int i = 0; i < fields.length; i++) {
            put((i + 1) << 3 | 2, fields[i]);
        }
        for (int i = 0; i < attributes; i++) {
            putAttribute(names[i], form[FIRST_TYPE + i], contents[i]);
        }
        byte[] value = data;
        if (form[1] != BinaryForm.NO_DATA && value != null) {
            put(form[1] == BinaryForm.TEXT_DATA ? TEXT_DATA_TAG : BYTES_DATA_TAG, value);
        }
        try {
            return Event.scan(out);
        } catch (EventMeshException refused) {
            throw new IllegalArgumentException(refused.reason(), refused);
        }
    }

    private int size() {
        int size = 0;
        for (byte[] field : fields) {
            if (field == null) {
                throw new IllegalArgumentException("id, source, specversion or type: absent (expected: all four)");
            }
            size += sizeOf(field.length);
        }
        for (int i = 0; i < attributes; i++) {
            size += sizeOf(entrySize(names[i], valueSize(form[FIRST_TYPE + i], contents[i])));
        }
        byte[] value = data;
        if ((value == null) != (form[1] == BinaryForm.NO_DATA)) {
            throw new IllegalArgumentException("value: %s (expected: %s)"
                    .formatted(value == null ? "none" : "there", form[1] == BinaryForm.NO_DATA ? "none" : "there"));
        }
        return Math.addExact(size, value == null ? 0 : sizeOf(value.length));
    }

    private static int entrySize(String name, int valueSize) {
        return sizeOf(name.length()) + sizeOf(valueSize);
    }

    private static int valueSize(byte type, byte[] content) {
        return isVarint(type) ? 1 + content.length : sizeOf(content.length);
    }

    private static boolean isVarint(byte type) {
        return type == BinaryForm.BOOLEAN || type == BinaryForm.INTEGER;
    }

    private void putAttribute(String name, byte type, byte[] content) {
        int valueSize = valueSize(type, content);
        tagAndLength(ATTRIBUTE_TAG, entrySize(name, valueSize));
        put(KEY_TAG, name.getBytes(ISO_8859_1));
        tagAndLength(VALUE_TAG, valueSize);
        if (isVarint(type)) {
            out[at++] = (byte) tag(type);
            raw(content);
        } else {
            put(tag(type), content);
        }
    }

    private void put(int tag, byte[] content) {
        tagAndLength(tag, content.length);
        raw(content);
    }

    private void raw(byte[] content) {
        System.arraycopy(content, 0, out, at, content.length);
        at += content.length;
    }

    private void tagAndLength(int tag, int length) {
        out[at++] = (byte) tag;
        at = varint(out, at, length);
    }

    private static int tag(byte type) {
        return switch (type) {
            case BinaryForm.BOOLEAN -> 1 << 3;
            case BinaryForm.INTEGER -> 2 << 3;
            case BinaryForm.STRING -> 3 << 3 | 2;
            case BinaryForm.BYTES -> 4 << 3 | 2;
            case BinaryForm.URI -> 5 << 3 | 2;
            case BinaryForm.URI_REF -> 6 << 3 | 2;
            case BinaryForm.TIMESTAMP, BinaryForm.WHOLE_TIMESTAMP -> 7 << 3 | 2;
            default -> throw unknown(type);
        };
    }

    private static byte[] content(byte type, byte[] text) {
        try {
            return switch (type) {
                case BinaryForm.STRING, BinaryForm.URI, BinaryForm.URI_REF -> text;
                case BinaryForm.BOOLEAN -> new byte[] {(byte) (text.length == 4 ? 1 : 0)};
                case BinaryForm.INTEGER -> number(Integer.parseInt(new String(text, ISO_8859_1)));
                case BinaryForm.BYTES -> Base64.getDecoder().decode(text);
                case BinaryForm.TIMESTAMP -> timestamp(UtcTime.read(text), false);
                case BinaryForm.WHOLE_TIMESTAMP -> timestamp(UtcTime.read(text), true);
                default -> throw unknown(type);
            };
        } catch (DateTimeException notATime) {
            throw new IllegalArgumentException("timestamp: " + notATime.getMessage(), notATime);
        }
    }

    private static IllegalArgumentException unknown(byte type) {
        return new IllegalArgumentException("attribute type: %s (expected: one of bisyurtT)".formatted((char) type));
    }

    private static byte[] timestamp(Instant time, boolean whole) {
        byte[] buffer = new byte[18];
        long seconds = time.getEpochSecond();
        int nanos = time.getNano();
        int end = 0;
        if (whole || seconds != 0) {
            buffer[end++] = 1 << 3;
            end = varint(buffer, end, seconds);
        }
        if (whole || nanos != 0) {
            buffer[end++] = 2 << 3;
            end = varint(buffer, end, nanos);
        }
        return Arrays.copyOf(buffer, end);
    }

    private static byte[] number(long value) {
        byte[] buffer = new byte[10];
        return Arrays.copyOf(buffer, varint(buffer, 0, value));
    }

    private static int varint(byte[] into, int from, long value) {
        int end = from;
        long rest = value;
        while ((rest & ~0x7FL) != 0) {
            into[end++] = (byte) (rest | 0x80);
            rest >>>= 7;
        }
        into[end++] = (byte) rest;
        return end;
    }

    private static int sizeOf(int length) {
        return Math.addExact(1 + (70 - Long.numberOfLeadingZeros(length | 1L)) / 7, length);
    }
}
