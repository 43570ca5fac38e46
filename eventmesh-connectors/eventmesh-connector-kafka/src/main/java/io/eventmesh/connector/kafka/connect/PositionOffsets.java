package io.eventmesh.connector.kafka.connect;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.Collection;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.kafka.connect.storage.OffsetStorageReader;
import org.jspecify.annotations.Nullable;

/**
 * Keeps a connector's source offsets as positions of the mesh, and answers the connector from what was committed.
 *
 * <p>A source partition is named by its JSON with sorted keys, or by a hash of it where that is long. A position is the
 * record's source offset and a number: many connectors give several records the same offset (rows of a snapshot, of a
 * transaction), and each record needs a position of its own. The number goes on counting after a resume, so that no
 * record gets the position of another one.
 *
 * <p>The reader's side is thread-safe, positions are made by one thread.
 */
final class PositionOffsets implements OffsetStorageReader {
    private static final int FORMAT = 1;
    private static final int LONGEST_NAME = 900;
    private static final String BYTES = "$bytes";
    private static final ObjectMapper JSON = new ObjectMapper().enable(SerializationFeature.ORDER_MAP_ENTRIES_BY_KEYS);
    private static final TypeReference<Map<String, @Nullable Object>> TREE = new TypeReference<>() {};

    /** The offset of a partition's latest record as JSON, and which of the records with that offset it was. */
    private record Latest(String offset, long number) {}

    private final Map<String, Map<String, @Nullable Object>> committed = new ConcurrentHashMap<>();
    private final Map<String, Latest> latest = new HashMap<>();

    /** @param positions as an earlier task has committed them */
    PositionOffsets(Map<String, byte[]> positions) {
        positions.forEach((partition, position) -> {
            Map<String, @Nullable Object> stored = decoded(partition, position);
            Map<String, @Nullable Object> offset = offsetOf(stored);
            committed.put(partition, offset);
            latest.put(partition, new Latest(text(offset), number(stored)));
        });
    }

    /** The mesh's name of a source partition. */
    static String partition(Map<String, ?> sourcePartition) {
        String name = text(sourcePartition);
        return name.length() <= LONGEST_NAME ? name : "sha256:" + sha256(name);
    }

    /** The position of the next record of a partition. */
    byte[] position(String partition, Map<String, ?> sourcePartition, Map<String, ?> sourceOffset) {
        String offset = text(sourceOffset);
        Latest before = latest.get(partition);
        long number = before != null && before.offset().equals(offset) ? before.number() + 1 : 0;
        latest.put(partition, new Latest(offset, number));
        Map<String, Object> position = new LinkedHashMap<>();
        position.put("f", FORMAT);
        position.put("o", encodable(sourceOffset));
        position.put("n", number);
        if (partition.startsWith("sha256:")) {
            position.put("p", encodable(sourcePartition));
        }
        return text(position).getBytes(StandardCharsets.UTF_8);
    }

    /** From now on the connector is answered with this. */
    void committed(Map<String, byte[]> positions) {
        positions.forEach((partition, position) -> committed.put(partition, offsetOf(decoded(partition, position))));
    }

    @Override
    @SuppressWarnings("NullAway") // the interface promises null for a partition without an offset
    public <T> Map<String, Object> offset(Map<String, T> sourcePartition) {
        Map<String, @Nullable Object> offset = committed.get(partition(sourcePartition));
        return offset == null ? null : new HashMap<>(offset);
    }

    @Override
    public <T> Map<Map<String, T>, Map<String, Object>> offsets(Collection<Map<String, T>> partitions) {
        Map<Map<String, T>, Map<String, Object>> offsets = new HashMap<>();
        partitions.forEach(partition -> offsets.put(partition, offset(partition)));
        return offsets;
    }

    private static Map<String, @Nullable Object> decoded(String partition, byte[] position) {
        try {
            Map<String, @Nullable Object> stored = JSON.readValue(position, TREE);
            if (Integer.valueOf(FORMAT).equals(stored.get("f")) && stored.get("o") instanceof Map<?, ?>) {
                return stored;
            }
        } catch (IOException malformed) {
            throw unreadable(partition, malformed);
        }
        throw unreadable(partition, null);
    }

    private static EventMeshException unreadable(String partition, @Nullable Exception cause) {
        return new EventMeshException(
                ErrorCode.DATA_CORRUPT,
                "position of %s: not written by this host (expected: format %d; reset the connector's positions)"
                        .formatted(partition, FORMAT),
                cause);
    }

    private static Map<String, @Nullable Object> offsetOf(Map<String, @Nullable Object> stored) {
        Map<String, @Nullable Object> offset = new TreeMap<>();
        if (stored.get("o") instanceof Map<?, ?> values) {
            values.forEach((key, value) -> offset.put(String.valueOf(key), decodable(value)));
        }
        return offset;
    }

    private static long number(Map<String, @Nullable Object> stored) {
        return stored.get("n") instanceof Number number ? number.longValue() : 0;
    }

    /** Numbers come back as connectors know them from Kafka Connect: whole ones as Long. */
    private static @Nullable Object decodable(@Nullable Object value) {
        if (value instanceof Integer whole) {
            return whole.longValue();
        }
        if (value instanceof Map<?, ?> tagged && tagged.get(BYTES) instanceof String text) {
            return Base64.getDecoder().decode(text);
        }
        return value;
    }

    private static Map<String, @Nullable Object> encodable(Map<String, ?> values) {
        Map<String, @Nullable Object> plain = new TreeMap<>();
        values.forEach((key, value) -> plain.put(
                key,
                value instanceof byte[] bytes
                        ? Map.of(BYTES, Base64.getEncoder().encodeToString(bytes))
                        : value));
        return plain;
    }

    private static String text(Map<String, ?> values) {
        try {
            return JSON.writeValueAsString(encodable(values));
        } catch (JsonProcessingException unfit) {
            throw new EventMeshException(
                    ErrorCode.INTERNAL,
                    "source offset: %s (expected: text, numbers, booleans, bytes or null)"
                            .formatted(unfit.getOriginalMessage()),
                    unfit);
        }
    }

    private static String sha256(String text) {
        try {
            return HexFormat.of()
                    .formatHex(MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8)));
        } catch (NoSuchAlgorithmException impossible) {
            throw new IllegalStateException("every Java platform has SHA-256", impossible);
        }
    }
}
