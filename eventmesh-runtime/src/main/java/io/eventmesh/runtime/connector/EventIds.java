package io.eventmesh.runtime.connector;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/**
 * Ids of a source's events: made from connector, partition and position, so that a record that is read twice is the same
 * event. Used by one thread.
 */
final class EventIds {
    private static final char[] DIGITS = "abcdefghijklmnopqrstuvwxyz234567".toCharArray();

    private final MessageDigest digest;
    private final byte[] connector;

    EventIds(String namespace, String connector) {
        try {
            this.digest = MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException impossible) {
            throw new IllegalStateException("every Java platform has SHA-256", impossible);
        }
        this.connector = (namespace + "/" + connector).getBytes(StandardCharsets.UTF_8);
    }

    /** @param index which of the events of that position, from 0 */
    String id(String partition, byte[] position, int index) {
        part(connector);
        part(partition.getBytes(StandardCharsets.UTF_8));
        part(position);
        digest.update(ByteBuffer.allocate(Integer.BYTES).putInt(index).flip());
        return base32(digest.digest());
    }

    /** With its length in front, so that no two lists of parts look the same. */
    private void part(byte[] bytes) {
        digest.update(ByteBuffer.allocate(Integer.BYTES).putInt(bytes.length).flip());
        digest.update(bytes);
    }

    private static String base32(byte[] bytes) {
        StringBuilder text = new StringBuilder(bytes.length * 8 / 5 + 1);
        int buffer = 0;
        int bits = 0;
        for (byte next : bytes) {
            buffer = (buffer << 8) | (next & 0xff);
            bits += 8;
            while (bits >= 5) {
                bits -= 5;
                text.append(DIGITS[(buffer >> bits) & 31]);
            }
            buffer &= (1 << bits) - 1;
        }
        return bits == 0
                ? text.toString()
                : text.append(DIGITS[(buffer << (5 - bits)) & 31]).toString();
    }
}
