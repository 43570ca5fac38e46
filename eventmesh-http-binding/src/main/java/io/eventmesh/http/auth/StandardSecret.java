package io.eventmesh.http.auth;

import io.eventmesh.common.config.Secret;
import java.util.Base64;

/** A secret of Standard Webhooks: {@code whsec_} and the key in Base64. Stateless. */
public final class StandardSecret {
    private static final String PREFIX = "whsec_";

    private StandardSecret() {}

    /** Whether there is a key in it. */
    public static boolean isSound(Secret secret) {
        try {
            return key(secret).length > 0;
        } catch (IllegalArgumentException notBase64) {
            return false;
        }
    }

    /** @throws IllegalArgumentException for what is no Base64 */
    public static byte[] key(Secret secret) {
        String text = secret.reveal();
        return Base64.getDecoder().decode(text.startsWith(PREFIX) ? text.substring(PREFIX.length()) : text);
    }
}
