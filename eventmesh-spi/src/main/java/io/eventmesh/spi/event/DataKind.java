package io.eventmesh.spi.event;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** In which of its forms an event carries its data. */
public enum DataKind {
    /** No data at all, which is not the same as empty data. */
    NONE,
    /** Bytes that mean something to the consumer only. */
    BINARY,
    /** Text, always UTF-8. */
    TEXT,
    /** A protobuf message in a {@code google.protobuf.Any}. */
    PROTO;

    /**
     * The form for data that came without one: TEXT for text-like content that is valid UTF-8, else BINARY.
     *
     * <p>Text-like are {@code text/*}, {@code application/json}, {@code application/xml}, {@code *+json} and
     * {@code *+xml}, whatever parameters follow.
     */
    public static DataKind of(@Nullable String contentType, byte[] data) {
        return isTextLike(contentType) && Utf8.isValid(data, 0, data.length) ? TEXT : BINARY;
    }

    private static boolean isTextLike(@Nullable String contentType) {
        if (contentType == null) {
            return false;
        }
        int parameters = contentType.indexOf(';');
        String media = parameters < 0 ? contentType : contentType.substring(0, parameters);
        media = media.strip().toLowerCase(Locale.ROOT);
        return media.startsWith("text/")
                || media.equals("application/json")
                || media.equals("application/xml")
                || media.endsWith("+json")
                || media.endsWith("+xml");
    }
}
