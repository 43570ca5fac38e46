package io.eventmesh.connector.http.source;

import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.List;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/** Keyed hashes under any of a few keys. Thread-safe. */
final class Hmac {
    private final String algorithm;
    private final List<SecretKeySpec> keys;

    Hmac(VerificationConfig.Algorithm algorithm, List<byte[]> keys) {
        this.algorithm = algorithm.hmac();
        this.keys = keys.stream()
                .map(key -> new SecretKeySpec(key, algorithm.hmac()))
                .toList();
    }

    /** Whether one of the signatures is that of the message, given in parts, under one of the keys. */
    boolean matches(List<byte[]> signatures, byte[]... message) {
        boolean matches = false;
        for (SecretKeySpec key : keys) {
            byte[] expected = sign(key, message);
            for (byte[] signature : signatures) {
                matches |= MessageDigest.isEqual(expected, signature);
            }
        }
        return matches;
    }

    private byte[] sign(SecretKeySpec key, byte[]... message) {
        try {
            Mac mac = Mac.getInstance(algorithm);
            mac.init(key);
            for (byte[] part : message) {
                mac.update(part);
            }
            return mac.doFinal();
        } catch (GeneralSecurityException impossible) {
            throw new IllegalStateException(algorithm, impossible);
        }
    }
}
