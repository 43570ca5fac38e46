package io.eventmesh.http;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.topic.Names;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;

/**
 * Percent-encoding of paths, parameters and header values. Stateless.
 *
 * <p>Spec: RFC 3986, section 2.1; CloudEvents HTTP protocol binding 1.0.2, section 3.1.3.2.
 */
public final class PercentText {
    private static final char[] HEX = "0123456789ABCDEF".toCharArray();

    private PercentText() {}

    /**
     * Undoes the encoding.
     *
     * @param what how a message calls the text
     * @param plusIsSpace as in the parameters of forms
     * @throws EventMeshException REQUEST_INVALID for an encoding that is none, text that is not UTF-8, and control
     *     characters
     */
    public static String decoded(String what, String text, boolean plusIsSpace) {
        if (isPlain(text)) {
            return text;
        }
        ByteBuffer bytes = ByteBuffer.allocate(3 * text.length());
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == '%') {
                int high = hex(text, i + 1);
                int low = hex(text, i + 2);
                if (high < 0 || low < 0) {
                    throw refused(what, text, "percent-encoded UTF-8");
                }
                bytes.put((byte) (16 * high + low));
                i += 2;
            } else if (c == '+' && plusIsSpace) {
                bytes.put((byte) ' ');
            } else if (c > 0x20 && c < 0x7f) {
                bytes.put((byte) c);
            } else {
                throw refused(what, text, "percent-encoded UTF-8");
            }
        }
        try {
            CharBuffer decoded = StandardCharsets.UTF_8.newDecoder().decode(bytes.flip());
            if (decoded.chars().anyMatch(Character::isISOControl)) {
                throw refused(what, text, "no control characters");
            }
            return decoded.toString();
        } catch (CharacterCodingException notUtf8) {
            throw refused(what, text, "percent-encoded UTF-8");
        }
    }

    /** A header's value: all but printable ASCII, and space, quote and percent, become percent-encoded UTF-8. */
    public static String encoded(String text) {
        if (text.chars().allMatch(PercentText::isKept)) {
            return text;
        }
        StringBuilder out = new StringBuilder(text.length() + 16);
        for (byte each : text.getBytes(StandardCharsets.UTF_8)) {
            int unit = each & 0xff;
            if (isKept(unit)) {
                out.append((char) unit);
            } else {
                out.append('%').append(HEX[unit >> 4]).append(HEX[unit & 0xf]);
            }
        }
        return out.toString();
    }

    private static boolean isKept(int c) {
        return c > 0x20 && c < 0x7f && c != '"' && c != '%';
    }

    private static int hex(String text, int at) {
        char c = at < text.length() ? text.charAt(at) : 'x';
        return c < 0x7f ? Character.digit(c, 16) : -1;
    }

    private static boolean isPlain(String text) {
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == '%' || c == '+' || c <= 0x20 || c >= 0x7f) {
                return false;
            }
        }
        return true;
    }

    private static EventMeshException refused(String what, String text, String expected) {
        return new EventMeshException(
                ErrorCode.REQUEST_INVALID, "%s: '%s' (expected: %s)".formatted(what, Names.shown(text), expected));
    }
}
