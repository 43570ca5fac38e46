package io.eventmesh.storage.kafka;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.OutputStream;
import java.time.Instant;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.internals.RecordHeader;
import org.jspecify.annotations.Nullable;

/**
 * Takes an event's bytes apart into the headers of the binary mode, if the very same bytes can be made of them again.
 *
 * <p>They can when the event is encoded plainly, as nearly every encoder does it: id, source, spec_version and type, then
 * attributes of different names, then the data as bytes or text; lengths in as few bytes as possible; nothing unknown.
 * What the headers do not say, the header {@value MeshHeaders#FORM} does: after the version one letter for the data ({@code
 * N} none, {@code B} bytes, {@code T} text) and one for the type of each attribute in their order.
 *
 * <p>Spec: CloudEvents Kafka protocol binding 1.0.2, section 3.2; CloudEvents protobuf format 1.0.2. Used once.
 */
final class BinaryForm extends OutputStream {
    static final String PREFIX = "ce_";
    static final String CONTENT_TYPE = "content-type";
    static final String STRUCTURED_TYPE = "application/cloudevents";
    static final byte NO_DATA = 'N';
    static final byte BYTES_DATA = 'B';
    static final byte TEXT_DATA = 'T';

    static final byte BOOLEAN = 'b';
    static final byte INTEGER = 'i';
    static final byte STRING = 's';
    static final byte BYTES = 'y';
    static final byte URI = 'u';
    static final byte URI_REF = 'r';
    /** Seconds and nanoseconds, of which zeros are left out. */
    static final byte TIMESTAMP = 't';
    /** Seconds and nanoseconds, both there. */
    static final byte WHOLE_TIMESTAMP = 'T';

    private static final int LENGTH_DELIMITED = 2;
    private static final int ATTRIBUTE_TAG = 5 << 3 | LENGTH_DELIMITED;
    private static final int BYTES_TAG = 6 << 3 | LENGTH_DELIMITED;
    private static final int TEXT_TAG = 7 << 3 | LENGTH_DELIMITED;
    private static final int KEY_TAG = 1 << 3 | LENGTH_DELIMITED;
    private static final int VALUE_TAG = 2 << 3 | LENGTH_DELIMITED;
    private static final int MAX_ATTRIBUTES = 100;
    private static final int MAX_NANOS = 999_999_999;
    private static final long MIN_SECONDS =
            Instant.parse("0001-01-01T00:00:00Z").getEpochSecond();
    private static final long MAX_SECONDS =
            Instant.parse("9999-12-31T23:59:59Z").getEpochSecond();
    private static final byte[] NOTHING = {};

    private final List<Header> headers;
    private byte[] bytes = NOTHING;
    private int start;
    private int at;
    private int end;
    private boolean plain = true;
    /** A bit for each header's name; two names may share one. */
    private long named;

    private byte @Nullable [] data;
    private final byte[] form = new byte[2 + MAX_ATTRIBUTES];
    private int formLength;

    /** @param headers is added to; of no use when the event turns out not to be plain */
    BinaryForm(List<Header> headers) {
        this.headers = headers;
    }

    /** Takes the event's array, which is not changed: {@code event.writeTo(this)}. */
    @Override
    public void write(byte[] array, int offset, int length) {
        bytes = array;
        start = offset;
        at = offset;
        end = offset + length;
    }

    @Override
    public void write(int one) {
        throw new UnsupportedOperationException("an event is written at once");
    }

    /** The event's bytes: the array itself where it is theirs alone. */
    byte[] whole() {
        return start == 0 && end == bytes.length ? bytes : Arrays.copyOfRange(bytes, start, end);
    }

    /** Whether headers and data say all; then they are there. */
    boolean takeApart() {
        form[0] = MeshHeaders.VERSION;
        form[1] = NO_DATA;
        formLength = 2;
        int formHeader = headers.size();
        field(1, "ce_id");
        field(2, "ce_source");
        field(3, "ce_specversion");
        field(4, "ce_type");
        while (plain && at < end && bytes[at] == ATTRIBUTE_TAG) {
            attribute();
        }
        if (plain && at < end) {
            data();
        }
        plain &= at == end;
        if (plain) {
            headers.add(formHeader, new RecordHeader(MeshHeaders.FORM, Arrays.copyOf(form, formLength)));
        }
        return plain;
    }

    /** The record's value; null for an event without data. */
    byte @Nullable [] value() {
        return data;
    }

    private void field(int number, String header) {
        int length = enter(number << 3 | LENGTH_DELIMITED, end);
        plain &= length > 0;
        if (plain) {
            headers.add(new RecordHeader(header, copy(at, length)));
            named |= 1L << header.hashCode();
            at += length;
        }
    }

    private void attribute() {
        int length = enter(ATTRIBUTE_TAG, end);
        int entryEnd = at + length;
        int nameLength = plain ? enter(KEY_TAG, entryEnd) : 0;
        plain &= nameLength > 0 && formLength < form.length;
        if (!plain) {
            return;
        }
        String name = name(nameLength);
        int valueLength = enter(VALUE_TAG, entryEnd);
        plain &= valueLength > 1 && at + valueLength == entryEnd;
        if (!plain) {
            return;
        }
        int tag = bytes[at++];
        byte[] text = value(tag, entryEnd);
        plain &= text != null && claim(name);
        if (plain && text != null) {
            boolean contentType = name.equals("ce_datacontenttype");
            plain = !contentType || isContentType(form[formLength - 1], text);
            headers.add(new RecordHeader(contentType ? CONTENT_TYPE : name, text));
            at = entryEnd;
        }
    }

    /** The header's name of an attribute: lower-case letters and digits behind the prefix. */
    private String name(int length) {
        byte[] name = new byte[PREFIX.length() + length];
        name[0] = 'c';
        name[1] = 'e';
        name[2] = '_';
        for (int i = 0; i < length; i++) {
            byte each = bytes[at + i];
            plain &= (each >= 'a' && each <= 'z') || (each >= '0' && each <= '9');
            name[PREFIX.length() + i] = each;
        }
        at += length;
        return new String(name, ISO_8859_1);
    }

    /** Takes a header's name, unless the event has it already or the data would be named by it. */
    private boolean claim(String name) {
        long bit = 1L << name.hashCode();
        boolean shared = (named & bit) != 0;
        named |= bit;
        if (shared && isThere(name)) {
            return false;
        }
        return !name.equals("ce_data") && !(name.equals("ce_datacontenttype") && hasContentType());
    }

    private boolean hasContentType() {
        return isThere(CONTENT_TYPE);
    }

    private boolean isThere(String name) {
        for (Header header : headers) {
            if (header.key().equals(name)) {
                return true;
            }
        }
        return false;
    }

    /** A structured event inside an event must not be taken for the event. */
    private static boolean isContentType(byte type, byte[] text) {
        return type == STRING
                && !new String(text, ISO_8859_1)
                        .stripLeading()
                        .toLowerCase(Locale.ROOT)
                        .startsWith(STRUCTURED_TYPE);
    }

    /** The value in the string form of the CloudEvents type system, null if it is not plain. */
    private byte @Nullable [] value(int tag, int valueEnd) {
        switch (tag) {
            case 1 << 3 -> {
                long value = varint(valueEnd);
                plain &= (value == 0 || value == 1) && at == valueEnd;
                return typed(BOOLEAN, Boolean.toString(value == 1));
            }
            case 2 << 3 -> {
                long value = varint(valueEnd);
                plain &= value == (int) value && at == valueEnd;
                return typed(INTEGER, Integer.toString((int) value));
            }
            case 3 << 3 | LENGTH_DELIMITED -> {
                return text(STRING, valueEnd);
            }
            case 4 << 3 | LENGTH_DELIMITED -> {
                byte[] raw = text(BYTES, valueEnd);
                return raw == null ? null : Base64.getEncoder().encode(raw);
            }
            case 5 << 3 | LENGTH_DELIMITED -> {
                return text(URI, valueEnd);
            }
            case 6 << 3 | LENGTH_DELIMITED -> {
                return text(URI_REF, valueEnd);
            }
            case 7 << 3 | LENGTH_DELIMITED -> {
                return timestamp(valueEnd);
            }
            default -> {
                return null;
            }
        }
    }

    private byte[] typed(byte type, String text) {
        form[formLength++] = type;
        return text.getBytes(US_ASCII);
    }

    private byte @Nullable [] text(byte type, int valueEnd) {
        int length = length(valueEnd);
        if (!plain || at + length != valueEnd) {
            return null;
        }
        form[formLength++] = type;
        return copy(at, length);
    }

    private byte @Nullable [] timestamp(int valueEnd) {
        int length = length(valueEnd);
        if (!plain || at + length != valueEnd) {
            return null;
        }
        boolean hasSeconds = at < valueEnd && bytes[at] == 1 << 3;
        long seconds = hasSeconds ? number(valueEnd) : 0;
        boolean hasNanos = at < valueEnd && bytes[at] == 2 << 3;
        long nanos = hasNanos ? number(valueEnd) : 0;
        boolean usual = hasSeconds == (seconds != 0) && hasNanos == (nanos != 0);
        plain &= at == valueEnd
                && seconds >= MIN_SECONDS
                && seconds <= MAX_SECONDS
                && nanos >= 0
                && nanos <= MAX_NANOS
                && (usual || (hasSeconds && hasNanos));
        if (!plain) {
            return null;
        }
        form[formLength++] = usual ? TIMESTAMP : WHOLE_TIMESTAMP;
        return UtcTime.write(seconds, (int) nanos);
    }

    /** The number behind a tag of one byte. */
    private long number(int valueEnd) {
        at++;
        return varint(valueEnd);
    }

    private void data() {
        int tag = bytes[at];
        plain = tag == BYTES_TAG || tag == TEXT_TAG;
        if (plain) {
            form[1] = tag == TEXT_TAG ? TEXT_DATA : BYTES_DATA;
            int length = enter(tag, end);
            if (plain) {
                data = copy(at, length);
                at += length;
            }
        }
    }

    /** Steps over a tag and a length, which it returns. */
    private int enter(int tag, int within) {
        if (!plain || at >= within || bytes[at] != tag) {
            plain = false;
            return 0;
        }
        at++;
        return length(within);
    }

    private int length(int within) {
        long length = varint(within);
        plain &= length >= 0 && length <= within - at;
        return plain ? (int) length : 0;
    }

    /** A number in as few bytes as possible; anything else is not plain. */
    private long varint(int within) {
        long value = 0;
        for (int shift = 0; shift < 64 && at < within; shift += 7) {
            byte each = bytes[at++];
            value |= (each & 0x7FL) << shift;
            if (each >= 0) {
                plain &= (each != 0 || shift == 0) && (shift < 63 || each == 1);
                return value;
            }
        }
        plain = false;
        return 0;
    }

    private byte[] copy(int from, int length) {
        byte[] copy = new byte[length];
        System.arraycopy(bytes, from, copy, 0, length);
        return copy;
    }
}
