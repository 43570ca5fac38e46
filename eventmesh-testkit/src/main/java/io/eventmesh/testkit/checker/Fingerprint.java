package io.eventmesh.testkit.checker;

import io.eventmesh.spi.event.Event;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/** Sixty-four bits of SHA-256 that stand for what must arrive unchanged: topic, id, key and data. */
public final class Fingerprint {
    private Fingerprint() {}

    public static long of(String topic, Event event) {
        MessageDigest digest = sha256();
        String key = event.partitionKey();
        for (String part : new String[] {topic, event.id(), event.source(), event.type(), key == null ? "" : key}) {
            digest.update(part.getBytes(StandardCharsets.UTF_8));
            digest.update((byte) 0);
        }
        return ByteBuffer.wrap(digest.digest(event.data())).getLong();
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException impossible) {
            throw new IllegalStateException(impossible);
        }
    }
}
