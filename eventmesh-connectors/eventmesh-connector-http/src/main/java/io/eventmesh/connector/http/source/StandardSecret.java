package io.eventmesh.connector.http.source;

import io.eventmesh.common.config.Secret;
import java.util.Base64;

/** A secret of Standard Webhooks: {@code whsec_} and the key in Base64. Stateless. */
final class StandardSecret {
    private static final String PREFIX = "whsec_";

    private StandardSecret() {}

    static boolean isSound(Secret secret) {
        try {
            return key(secret).length > 0;
        } catch (IllegalArgumentException notBase64) {
            return false;
        }
    }

    static byte[] key(Secret secret) {
        String text = secret.reveal();
        return Base64.getDecoder().decode(text.startsWith(PREFIX) ? text.substring(PREFIX.length()) : text);
    }
}
