package io.eventmesh.spi.event;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.time.Instant;
import java.util.Arrays;
import java.util.Base64;
import org.jspecify.annotations.Nullable;

/**
 * One attribute's value, decoded from its map entry as protobuf merges it: the last form that occurs counts, and a
 * timestamp that occurs again keeps what it does not say itself from the one before.
 *
 * <p>Immutable once read.
 */
final class AttributeValue {
    /** The CloudEvents types, and none: an entry may lack a value, or have one of a type that is not known yet. */
    enum Type {
        NONE,
        BOOLEAN,
        INTEGER,
        STRING,
        BYTES,
        URI,
        URI_REF,
        TIMESTAMP;

        boolean isText() {
            return this == STRING || this == URI || this == URI_REF;
        }
    }

    /** The range that both google.protobuf.Timestamp and RFC 3339 can express: the years 1 to 9999. */
    private static final long MIN_SECONDS =
            Instant.parse("0001-01-01T00:00:00Z").getEpochSecond();

    private static final long MAX_SECONDS =
            Instant.parse("9999-12-31T23:59:59Z").getEpochSecond();
    private static final int MAX_NANOS = 999_999_999;

    private final byte[] bytes;
    private Type type = Type.NONE;
    private int start;
    private int end;
    private long number;
    private long seconds;
    private int nanos;

    private AttributeValue(byte[] bytes) {
        this.bytes = bytes;
    }

    /** Reads the entry that begins with its tag at {@code tagStart}. */
    static AttributeValue read(byte[] bytes, int tagStart, int end) {
        AttributeValue value = new AttributeValue(bytes);
        WireCursor in = new WireCursor(bytes, tagStart, end);
        in.next();
        in.enter();
        while (in.next()) {
            if (in.tag() == Wire.VALUE) {
                value.merge(in);
            }
        }
        return value;
    }

    Type type() {
        return type;
    }

    boolean bool() {
        return number != 0;
    }

    int integer() {
        return (int) number;
    }

    /** The text of a string, uri or uri-reference. */
    String text() {
        return new String(bytes, start, end - start, UTF_8);
    }

    /** Whether it is a text of at least so many decimal digits and nothing else. */
    boolean isDigits(int atLeast) {
        if (!type.isText() || end - start < Math.max(1, atLeast)) {
            return false;
        }
        for (int at = start; at < end; at++) {
            if (bytes[at] < '0' || bytes[at] > '9') {
                return false;
            }
        }
        return true;
    }

    byte[] binary() {
        return Arrays.copyOfRange(bytes, start, end);
    }

    /** Whether the timestamp lies in the years 1 to 9999 and its nanoseconds within a second. */
    boolean isValidTimestamp() {
        return seconds >= MIN_SECONDS && seconds <= MAX_SECONDS && nanos >= 0 && nanos <= MAX_NANOS;
    }

    Instant instant() {
        return Instant.ofEpochSecond(seconds, nanos);
    }

    boolean isValidUri() {
        return UriReference.isValid(bytes, start, end);
    }

    /** The string form of the CloudEvents type system; null if there is no value. */
    @Nullable
    String canonical() {
        return switch (type) {
            case NONE -> null;
            case BOOLEAN -> Boolean.toString(bool());
            case INTEGER -> Integer.toString(integer());
            case STRING, URI, URI_REF -> text();
            case BYTES -> Base64.getEncoder().encodeToString(binary());
            case TIMESTAMP -> isValidTimestamp() ? instant().toString() : seconds + "/" + nanos;
        };
    }

    private void merge(WireCursor in) {
        boolean timeSeen = false;
        int outer = in.enter();
        while (in.next()) {
            switch (in.tag()) {
                case Wire.CE_BOOLEAN -> number(Type.BOOLEAN, in.varint());
                case Wire.CE_INTEGER -> number(Type.INTEGER, in.varint());
                case Wire.CE_STRING -> range(Type.STRING, in);
                case Wire.CE_BYTES -> range(Type.BYTES, in);
                case Wire.CE_URI -> range(Type.URI, in);
                case Wire.CE_URI_REF -> range(Type.URI_REF, in);
                case Wire.CE_TIMESTAMP -> {
                    // The generated parser keeps its builder within one occurrence of the value, whatever stands in
                    // between, and across occurrences what the value was at the end of the one before.
                    mergeTimestamp(in, timeSeen || type == Type.TIMESTAMP);
                    timeSeen = true;
                }
                default -> {}
            }
        }
        in.leave(outer);
    }

    private void number(Type of, long value) {
        type = of;
        number = value;
    }

    private void range(Type of, WireCursor in) {
        type = of;
        start = in.start();
        end = in.end();
    }

    private void mergeTimestamp(WireCursor in, boolean onto) {
        type = Type.TIMESTAMP;
        if (!onto) {
            seconds = 0;
            nanos = 0;
        }
        int outer = in.enter();
        while (in.next()) {
            if (in.tag() == Wire.SECONDS) {
                seconds = in.varint();
            } else if (in.tag() == Wire.NANOS) {
                nanos = (int) in.varint();
            }
        }
        in.leave(outer);
    }
}
