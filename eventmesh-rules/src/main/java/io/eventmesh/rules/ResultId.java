package io.eventmesh.rules;

import io.eventmesh.spi.event.Event;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/**
 * The id of what a rule makes of an event: the same whenever the same revision judges the same event, so that a result
 * made twice can be recognised.
 */
final class ResultId {
    private static final int BASE = 32;
    private static final int BYTES = 20;

    private ResultId() {}

    static String of(Event input, String rule, long revision) {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            for (String part : new String[] {input.source(), input.id(), rule, Long.toString(revision)}) {
                byte[] bytes = part.getBytes(StandardCharsets.UTF_8);
                digest.update((byte) (bytes.length >>> 8));
                digest.update((byte) bytes.length);
                digest.update(bytes);
            }
            return new BigInteger(1, digest.digest())
                    .shiftRight(256 - BYTES * 8)
                    .toString(BASE);
        } catch (NoSuchAlgorithmException impossible) {
            throw new IllegalStateException(impossible);
        }
    }
}
