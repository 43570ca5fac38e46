package io.eventmesh.spi.event;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.net.URI;
import java.net.URISyntaxException;

/**
 * Whether bytes are a URI-reference as {@link java.net.URI} understands it, so that what was accepted here can be
 * converted for every Java consumer. Stateless.
 */
final class UriReference {
    private UriReference() {}

    static boolean isValid(byte[] bytes, int from, int to) {
        return isPlain(bytes, from, to) || isParsed(new String(bytes, from, to - from, UTF_8));
    }

    /** Plain paths and {@code scheme:} before one, {@code //authority} included: most sources, seen without parsing. */
    private static boolean isPlain(byte[] bytes, int from, int to) {
        int at = from;
        while (at < to && isUnreservedOrSlash(bytes[at])) {
            at++;
        }
        int path = from;
        if (at < to && bytes[at] == ':' && isScheme(bytes, from, at) && at + 1 < to) {
            path = at + 1;
            for (at = path; at < to && isUnreservedOrSlash(bytes[at]); ) {
                at++;
            }
        }
        return at == to && !isEmptyAuthority(bytes, path, to);
    }

    private static boolean isEmptyAuthority(byte[] bytes, int path, int to) {
        return to - path >= 2
                && bytes[path] == '/'
                && bytes[path + 1] == '/'
                && (to - path == 2 || bytes[path + 2] == '/');
    }

    private static boolean isScheme(byte[] bytes, int from, int to) {
        if (from == to || !isLetter(bytes[from])) {
            return false;
        }
        for (int at = from + 1; at < to; at++) {
            if (!isLetter(bytes[at]) && !isDigit(bytes[at]) && bytes[at] != '-' && bytes[at] != '.') {
                return false;
            }
        }
        return true;
    }

    private static boolean isUnreservedOrSlash(byte b) {
        return isLetter(b) || isDigit(b) || b == '/' || b == '-' || b == '.' || b == '_' || b == '~';
    }

    private static boolean isLetter(byte b) {
        return (b >= 'a' && b <= 'z') || (b >= 'A' && b <= 'Z');
    }

    private static boolean isDigit(byte b) {
        return b >= '0' && b <= '9';
    }

    private static boolean isParsed(String text) {
        try {
            new URI(text);
            return true;
        } catch (URISyntaxException e) {
            return false;
        }
    }
}
