package io.eventmesh.http.auth;

import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.List;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/** Keyed hashes under any of a few keys. Thread-safe. */
public final class Hmac {
    private final String algorithm;
    private final List<SecretKeySpec> keys;

    /**
     * @param algorithm a name of Java's, such as {@code HmacSHA256}
     * @param keys none of them empty
     */
    public Hmac(String algorithm, List<byte[]> keys) {
        this.algorithm = algorithm;
        this.keys = keys.stream().map(key -> new SecretKeySpec(key, algorithm)).toList();
    }

    /** Whether one of the signatures is that of the message, given in parts, under one of the keys. */
    public boolean matches(List<byte[]> signatures, byte[]... message) {
        boolean matches = false;
        for (SecretKeySpec key : keys) {
            byte[] expected = sign(key, message);
            for (byte[] signature : signatures) {
                matches |= MessageDigest.isEqual(expected, signature);
            }
        }
        return matches;
    }

    /** The signatures of the message, given in parts, one under each key in their order. */
    public List<byte[]> signatures(byte[]... message) {
        return keys.stream().map(key -> sign(key, message)).toList();
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
