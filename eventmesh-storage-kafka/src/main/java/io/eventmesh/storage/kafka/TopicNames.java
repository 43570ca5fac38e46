package io.eventmesh.storage.kafka;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;

import io.eventmesh.common.topic.StreamName;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/**
 * What things are called in Kafka: {@code prefix..namespace..stream}, {@code prefix..catalog}, {@code prefix..parking}.
 *
 * <p>A part keeps its letters, digits and hyphens; every other character is a dot and two hexadecimal digits, so that two
 * dots stand between parts only. There is no underscore, which Kafka cannot tell from a dot everywhere. A name of more than
 * {@value #LONGEST} characters is cut and ends in a hash of the whole; which stream it is stands in the catalog.
 *
 * <p>Immutable.
 */
final class TopicNames {
    private static final int LONGEST = 248;
    private static final int HASH_LENGTH = 40;
    private static final String SEPARATOR = "..";
    private static final HexFormat HEX = HexFormat.of();

    private final String prefix;

    /** @param cluster whose name stands where the configuration names no prefix */
    TopicNames(KafkaStorageConfig config, String cluster) {
        this.prefix = config.topicPrefix().isEmpty() ? escaped(cluster) : config.topicPrefix();
    }

    String prefix() {
        return prefix;
    }

    String stream(StreamName stream) {
        return bounded(prefix + SEPARATOR + escaped(stream.namespace()) + SEPARATOR + escaped(stream.name()));
    }

    String catalog() {
        return prefix + SEPARATOR + "catalog";
    }

    String parking() {
        return prefix + SEPARATOR + "parking";
    }

    /** The consumer group of a group's incarnation. */
    String consumerGroup(String incarnation) {
        return prefix + SEPARATOR + incarnation;
    }

    /** A transactional id, or the like, of the whole mesh. */
    String named(String what) {
        return prefix + SEPARATOR + what;
    }

    private static String escaped(String part) {
        StringBuilder name = new StringBuilder(part.length() + 8);
        for (byte each : part.getBytes(UTF_8)) {
            if (isPlain(each)) {
                name.append((char) each);
            } else {
                name.append('.');
                HEX.toHexDigits(name, each);
            }
        }
        return name.toString();
    }

    private static boolean isPlain(byte each) {
        return (each >= 'a' && each <= 'z')
                || (each >= 'A' && each <= 'Z')
                || (each >= '0' && each <= '9')
                || each == '-';
    }

    /** Cut names are one character longer than any whole one, so that the two never meet. */
    private static String bounded(String name) {
        if (name.length() <= LONGEST) {
            return name;
        }
        try {
            byte[] hash = MessageDigest.getInstance("SHA-256").digest(name.getBytes(US_ASCII));
            return name.substring(0, LONGEST - HASH_LENGTH)
                    + "-"
                    + HEX.formatHex(hash).substring(0, HASH_LENGTH);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }
}
