package io.eventmesh.connector.kafka.connect;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Map;
import org.apache.kafka.connect.data.Schema;
import org.apache.kafka.connect.json.JsonConverter;
import org.jspecify.annotations.Nullable;

/** Writes values of Kafka Connect as JSON without their schemas. Used by one thread. */
final class ConnectJson implements AutoCloseable {
    private final JsonConverter converter = new JsonConverter();

    ConnectJson(EventForm.Decimals decimals) {
        converter.configure(
                Map.of(
                        "schemas.enable", "false",
                        "schemas.cache.size", "128",
                        // a column that is null is null, whatever its default
                        "replace.null.with.default", "false",
                        "decimal.format", decimals.name().toUpperCase(Locale.ROOT)),
                false);
    }

    byte[] bytes(@Nullable Schema schema, Object value) {
        return converter.fromConnectData("", schema, value);
    }

    /** The value as it is where it is one word, otherwise its JSON. */
    String text(@Nullable Schema schema, Object value) {
        if (value instanceof String || value instanceof Number || value instanceof Boolean) {
            return value.toString();
        }
        return new String(bytes(schema, value), StandardCharsets.UTF_8);
    }

    /** The bytes of a binary value; null for a value of another type. */
    static byte @Nullable [] binary(Object value) {
        if (value instanceof byte[] bytes) {
            return bytes;
        }
        if (value instanceof ByteBuffer buffer) {
            byte[] bytes = new byte[buffer.remaining()];
            buffer.duplicate().get(bytes);
            return bytes;
        }
        return null;
    }

    @Override
    public void close() {
        converter.close();
    }
}
