package io.eventmesh.protocol.http.webhook;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.eventmesh.http.auth.WebhookSignature;
import io.eventmesh.spi.storage.EventRecord;
import io.eventmesh.spi.target.Attempt;
import io.eventmesh.spi.target.Preview;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** The request that a webhook or function would get, with everything hidden that may be secret. Stateless. */
final class WebhookPreview {
    private static final String SIGNING = "signing";

    private WebhookPreview() {}

    static Preview of(WebhookSpec spec, String credentialKind, EventRecord record) {
        Content content = spec.format().content(List.of(new Attempt(record, 1)), Preview.HIDDEN, spec.sync());
        return of(spec.url(), content, spec.headers().keySet(), !spec.signing().isEmpty(), credentialKind);
    }

    static Preview of(FunctionSpec spec, String credentialKind, EventRecord record) {
        Content content = spec.content(record);
        return of(spec.url(), content, spec.headers().keySet(), !spec.signing().isEmpty(), credentialKind);
    }

    private static Preview of(String url, Content content, Set<String> own, boolean isSigned, String credentialKind) {
        Map<String, String> headers = new LinkedHashMap<>();
        content.headers().forEach(header -> headers.put(header.getKey(), header.getValue()));
        own.forEach(name -> headers.put(name, Preview.HIDDEN));
        if (isSigned || credentialKind.equals(SIGNING)) {
            List.of(WebhookSignature.ID, WebhookSignature.TIMESTAMP, WebhookSignature.SIGNATURE)
                    .forEach(name -> headers.put(name, Preview.HIDDEN));
        }
        if (!credentialKind.isEmpty() && !credentialKind.equals(SIGNING)) {
            headers.put(
                    credentialKind.equals("header") ? "(header of the credential)" : "authorization", Preview.HIDDEN);
        }
        int query = url.indexOf('?');
        String uri = query < 0 ? url : url.substring(0, query + 1) + Preview.HIDDEN;
        return new Preview("POST", uri, headers, text(content.body().getBytes()));
    }

    private static String text(byte[] body) {
        try {
            return UTF_8.newDecoder().decode(ByteBuffer.wrap(body)).toString();
        } catch (CharacterCodingException binary) {
            return "(%d bytes that are no text)".formatted(body.length);
        }
    }
}
