package io.eventmesh.spi.event;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import java.util.Arrays;
import java.util.Objects;

/**
 * What a publisher's event must meet beyond being well-formed. Spec: CloudEvents 1.0.2, context attributes.
 *
 * <p>Every entry of the attribute map must meet the rules, also one that a later entry of the same name replaces: the
 * time this takes grows with the size of the event and with nothing else. Not thread-safe.
 */
final class PublishRules {
    private static final int MAX_NAME_LENGTH = 64;
    private static final int SHOWN_CHARACTERS = 64;
    private static final byte[] SPEC_VERSION = "1.0".getBytes(US_ASCII);
    private static final byte[] RESERVED_PREFIX = ReservedAttributes.PREFIX.getBytes(US_ASCII);

    private final byte[] bytes;
    private final EventIndex index;

    private PublishRules(byte[] bytes, EventIndex index) {
        this.bytes = bytes;
        this.index = index;
    }

    static void check(byte[] bytes, EventIndex index) {
        new PublishRules(bytes, index).check();
    }

    /** A value for an error message: cut, and without what would break a line of a log. */
    static String shown(String value) {
        String cut = value.length() <= SHOWN_CHARACTERS ? value : value.substring(0, SHOWN_CHARACTERS) + "…";
        return "'" + cut.replaceAll("\\p{Cntrl}", "?") + "'";
    }

    static EventMeshException refused(String what, String value, String expected) {
        return new EventMeshException(
                ErrorCode.EVENT_INVALID, "%s: %s (expected: %s)".formatted(what, shown(value), expected));
    }

    private void check() {
        requireNotEmpty("id", index.idLength);
        requireNotEmpty("source", index.sourceLength);
        requireNotEmpty("type", index.typeLength);
        int sourceEnd = index.sourceStart + index.sourceLength;
        if (!UriReference.isValid(bytes, index.sourceStart, sourceEnd)) {
            throw refused("source", text(index.sourceStart, sourceEnd), "a URI-reference");
        }
        int specEnd = index.specVersionStart + index.specVersionLength;
        if (!Arrays.equals(bytes, index.specVersionStart, specEnd, SPEC_VERSION, 0, SPEC_VERSION.length)) {
            throw refused("specversion", text(index.specVersionStart, specEnd), "1.0");
        }
        for (int entry = 0; entry < index.count(); entry++) {
            checkName(entry);
            if (index.hasTypedValues || (hasValueRule(entry) && !isGoodText(entry))) {
                AttributeValue value = AttributeValue.read(bytes, index.tagStart(entry), index.end(entry));
                checkType(entry, value);
                checkRule(entry, value);
            }
        }
    }

    private static void requireNotEmpty(String what, int length) {
        if (length == 0) {
            throw refused(what, "", "not empty");
        }
    }

    private void checkName(int entry) {
        int start = index.keyStart(entry);
        int length = index.keyLength(entry);
        if (length == 0
                || length > MAX_NAME_LENGTH
                || !NameHead.isLowerCaseOrDigits(index.head(entry), length)
                || !isLowerCaseOrDigits(bytes, start + NameHead.LENGTH, start + length)) {
            throw refused("attribute name", name(entry), "1 to 64 of a-z and 0-9");
        }
        byte first = bytes[start];
        boolean reserved = (first == 'm' && startsWith(RESERVED_PREFIX, start, length))
                || (first == 'd' && length > 2 && bytes[start + 1] == 'l' && isDeadLetterName(entry));
        if (reserved) {
            throw refused("attribute name", name(entry), "none that the mesh keeps for itself");
        }
        if (isFieldName(entry)) {
            throw refused("attribute name", name(entry), "the event's own field for it, not an attribute");
        }
    }

    private static boolean isLowerCaseOrDigits(byte[] bytes, int from, int to) {
        for (int at = from; at < to; at++) {
            byte b = bytes[at];
            if ((b < 'a' || b > 'z') && (b < '0' || b > '9')) {
                return false;
            }
        }
        return true;
    }

    /** The names that CloudEvents gives to what is no entry of the attribute map. */
    private boolean isFieldName(int entry) {
        return switch (bytes[index.keyStart(entry)]) {
            case 'i' -> is("id", entry);
            case 's' -> is("source", entry) || is("specversion", entry);
            case 't' -> is("type", entry);
            case 'd' -> is("data", entry);
            default -> false;
        };
    }

    private boolean isDeadLetterName(int entry) {
        return ReservedAttributes.DEAD_LETTER.contains(name(entry));
    }

    private boolean hasValueRule(int entry) {
        return switch (bytes[index.keyStart(entry)]) {
            case 'd' -> is("datacontenttype", entry) || is("dataschema", entry);
            case 'e' -> is("expirytime", entry);
            case 'p' -> is("partitionkey", entry);
            case 's' -> is("subject", entry);
            case 't' -> is("time", entry);
            default -> false;
        };
    }

    /** Whether the entry is nothing but a name and a short text that is not empty, and any text is right for the name. */
    private boolean isGoodText(int entry) {
        int key = index.keyStart(entry);
        int keyLength = index.keyLength(entry);
        int value = key + keyLength;
        int text = value + 4;
        int length = index.end(entry) - text;
        return length > 0
                && length + 2 <= Byte.MAX_VALUE
                && bytes[key - 1] == keyLength
                && bytes[key - 2] == Wire.KEY
                && bytes[value] == Wire.VALUE
                && bytes[value + 1] == length + 2
                && bytes[value + 2] == Wire.CE_STRING
                && bytes[value + 3] == length
                && (is("subject", entry) || is("datacontenttype", entry) || is("partitionkey", entry));
    }

    private void checkType(int entry, AttributeValue value) {
        boolean valid = switch (value.type()) {
            case NONE, BOOLEAN, INTEGER, STRING, BYTES -> true;
            case URI, URI_REF -> value.isValidUri();
            case TIMESTAMP -> value.isValidTimestamp();
        };
        if (!valid) {
            boolean time = value.type() == AttributeValue.Type.TIMESTAMP;
            throw refused(entry, value, time ? "a timestamp of the years 1 to 9999" : "a URI-reference");
        }
    }

    private void checkRule(int entry, AttributeValue value) {
        if (value.type() == AttributeValue.Type.NONE) {
            return;
        }
        switch (name(entry)) {
            case "datacontenttype" -> require(value.type().isText(), entry, value, "a string");
            case "dataschema" ->
                require(
                        value.type().isText() && !value.text().isEmpty() && value.isValidUri(),
                        entry,
                        value,
                        "a URI-reference");
            case "partitionkey" -> require(!"".equals(value.canonical()), entry, value, "not empty");
            case "subject" ->
                require(value.type().isText() && !value.text().isEmpty(), entry, value, "a string, not empty");
            case "time", "expirytime" -> require(isTime(value), entry, value, "an RFC 3339 timestamp");
            default -> {}
        }
    }

    private static boolean isTime(AttributeValue value) {
        if (value.type() == AttributeValue.Type.TIMESTAMP) {
            return true;
        }
        return value.type().isText() && CloudEvents.isTime(value.text());
    }

    private void require(boolean holds, int entry, AttributeValue value, String expected) {
        if (!holds) {
            throw refused(entry, value, expected);
        }
    }

    private EventMeshException refused(int entry, AttributeValue value, String expected) {
        return refused("attribute " + name(entry), Objects.requireNonNullElse(value.canonical(), ""), expected);
    }

    private boolean startsWith(byte[] prefix, int start, int length) {
        return length >= prefix.length && Arrays.equals(bytes, start, start + prefix.length, prefix, 0, prefix.length);
    }

    /** Compares without making a string of the entry's name, which is ASCII by now. */
    private boolean is(String name, int entry) {
        int start = index.keyStart(entry);
        if (name.length() != index.keyLength(entry)) {
            return false;
        }
        for (int i = 0; i < name.length(); i++) {
            if (bytes[start + i] != name.charAt(i)) {
                return false;
            }
        }
        return true;
    }

    private String name(int entry) {
        return index.name(bytes, entry);
    }

    private String text(int start, int end) {
        return new String(bytes, start, end - start, UTF_8);
    }
}
