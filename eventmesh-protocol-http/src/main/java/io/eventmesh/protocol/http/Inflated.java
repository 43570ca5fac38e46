package io.eventmesh.protocol.http;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.topic.Names;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.Locale;
import java.util.zip.GZIPInputStream;
import java.util.zip.Inflater;
import java.util.zip.InflaterInputStream;

/**
 * Undoes the content coding of a body. Stateless.
 *
 * <p>Spec: RFC 9110, section 8.4.1.
 */
final class Inflated {
    /** A body that grows more than this is a bomb. Text repeats itself, seldom so much. */
    private static final int MAX_RATIO = 100;
    /** Below this size the ratio does not matter. */
    private static final int HARMLESS = 64 * 1024;

    private Inflated() {}

    /**
     * @param encoding the header {@code Content-Encoding}
     * @throws EventMeshException EVENT_TOO_LARGE, or REQUEST_INVALID for an unknown coding and for what is none
     */
    static byte[] of(String encoding, byte[] body, long limit) {
        return switch (encoding.strip().toLowerCase(Locale.ROOT)) {
            case "", "identity" -> body;
            case "gzip", "x-gzip" -> read("gzip", body, limit);
            case "deflate" -> read("deflate", body, limit);
            default ->
                throw Query.invalid("header content-encoding: '%s' (expected one of: gzip, deflate, identity)"
                        .formatted(Names.shown(encoding)));
        };
    }

    private static byte[] read(String coding, byte[] body, long limit) {
        ByteArrayOutputStream whole = new ByteArrayOutputStream(4 * body.length);
        byte[] part = new byte[8 * 1024];
        Inflater inflater = new Inflater(!isWrapped(body));
        try (InputStream in = open(coding, body, inflater)) {
            for (int count = in.read(part); count >= 0; count = in.read(part)) {
                whole.write(part, 0, count);
                if (whole.size() > limit) {
                    throw tooLarge("more than %d bytes".formatted(limit), "at most %d bytes".formatted(limit));
                }
                if (whole.size() > HARMLESS && whole.size() / MAX_RATIO > body.length) {
                    throw tooLarge("more than %d times its size".formatted(MAX_RATIO), "less");
                }
            }
        } catch (IOException broken) {
            throw Query.invalid(
                    "request body: not %s (expected: what the header content-encoding says)".formatted(coding));
        } finally {
            inflater.end();
        }
        return whole.toByteArray();
    }

    private static InputStream open(String coding, byte[] body, Inflater inflater) throws IOException {
        InputStream bytes = new ByteArrayInputStream(body);
        return coding.equals("gzip")
                ? new GZIPInputStream(bytes, 8 * 1024)
                : new InflaterInputStream(bytes, inflater, 8 * 1024);
    }

    /** Whether the body has the zlib header that the specification asks for and some clients leave out. */
    private static boolean isWrapped(byte[] body) {
        return body.length >= 2 && (body[0] & 0x0f) == 8 && ((body[0] & 0xff) * 256 + (body[1] & 0xff)) % 31 == 0;
    }

    private static EventMeshException tooLarge(String value, String expected) {
        return new EventMeshException(
                ErrorCode.EVENT_TOO_LARGE,
                "request body: %s when decompressed (expected: %s)".formatted(value, expected));
    }
}
