package io.eventmesh.connector.http.source;

import io.eventmesh.connector.http.source.VerificationConfig.Encoding;
import io.eventmesh.http.auth.Hmac;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** A signature of the body in one header, as GitHub and many others send it. */
final class HeaderSignature implements Verifier {
    private final String header;
    private final String prefix;
    private final Encoding encoding;
    private final Hmac hmac;

    HeaderSignature(String header, String prefix, Encoding encoding, Hmac hmac) {
        this.header = header;
        this.prefix = prefix;
        this.encoding = encoding;
        this.hmac = hmac;
    }

    @Override
    public @Nullable String refusal(WebhookRequest request) {
        String value = request.header(header);
        if (value.isEmpty()) {
            return "header %s: absent (expected: a signature)".formatted(header);
        }
        if (!value.startsWith(prefix)) {
            return "header %s: not as expected (expected: %s and a signature)".formatted(header, prefix);
        }
        byte[] signature;
        try {
            signature = decoded(value.substring(prefix.length()), encoding);
        } catch (IllegalArgumentException unreadable) {
            return "header %s: unreadable (expected: a signature as %s)"
                    .formatted(header, encoding.name().toLowerCase(Locale.ROOT));
        }
        return hmac.matches(List.of(signature), request.body())
                ? null
                : "header %s: does not match the body under any secret here".formatted(header);
    }

    /** @throws IllegalArgumentException for a text that is none */
    static byte[] decoded(String text, Encoding encoding) {
        return switch (encoding) {
            case HEX -> HexFormat.of().parseHex(text);
            case BASE64 -> Base64.getDecoder().decode(text);
        };
    }
}
