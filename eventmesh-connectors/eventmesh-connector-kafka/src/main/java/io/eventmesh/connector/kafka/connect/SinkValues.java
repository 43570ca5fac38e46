package io.eventmesh.connector.kafka.connect;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.spi.event.Event;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.kafka.connect.data.Field;
import org.apache.kafka.connect.data.Schema;
import org.apache.kafka.connect.data.SchemaAndValue;
import org.apache.kafka.connect.data.SchemaBuilder;
import org.apache.kafka.connect.data.Struct;
import org.apache.kafka.connect.json.JsonConverter;
import org.jspecify.annotations.Nullable;

/** Makes the values that a sink connector gets. Used by one thread. */
final class SinkValues implements AutoCloseable {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final byte[] MIDDLE = ",\"payload\":".getBytes(StandardCharsets.UTF_8);

    private final ValueForm form;
    private final JsonConverter converter = new JsonConverter();
    private final byte[] start;

    SinkValues(ValueForm form) {
        this.form = form;
        this.start = ("{\"schema\":" + form.schema()).getBytes(StandardCharsets.UTF_8);
        converter.configure(
                Map.of(
                        "schemas.enable",
                        String.valueOf(form.form() == ValueForm.Form.SCHEMA),
                        "decimal.format",
                        "NUMERIC"),
                false);
    }

    /** What is wrong with the form, a line each. */
    static List<String> problems(ValueForm form) {
        if (form.form() != ValueForm.Form.SCHEMA) {
            return form.schema().isEmpty()
                    ? List.of()
                    : List.of("values.schema: set (expected: absent, unless values.form is schema)");
        }
        try (JsonConverter converter = new JsonConverter()) {
            converter.configure(Map.of("schemas.enable", "true"), false);
            if (converter.asConnectSchema(JSON.readTree(form.schema())) != null) {
                return List.of();
            }
            return List.of("values.schema: missing (expected: a schema in Kafka Connect's JSON)");
        } catch (IOException | RuntimeException refused) {
            return List.of(
                    "values.schema: %s (expected: a schema in Kafka Connect's JSON)".formatted(refused.getMessage()));
        }
    }

    /** @throws EventMeshException EVENT_INVALID when the data is not what the form wants */
    SchemaAndValue of(Event event) {
        byte[] data = event.data();
        return switch (form.form()) {
            case TEXT -> new SchemaAndValue(Schema.STRING_SCHEMA, new String(data, StandardCharsets.UTF_8));
            case BYTES -> new SchemaAndValue(Schema.BYTES_SCHEMA, data);
            case JSON -> data.length == 0 ? SchemaAndValue.NULL : converted(data, data);
            case SCHEMA -> data.length == 0 ? SchemaAndValue.NULL : ofSchema(data);
            case INFERRED -> data.length == 0 ? SchemaAndValue.NULL : inferred(data);
        };
    }

    @Override
    public void close() {
        converter.close();
    }

    private SchemaAndValue converted(byte[] json, byte[] data) {
        try {
            return converter.toConnectData("", json);
        } catch (RuntimeException refused) {
            throw invalid(data, refused);
        }
    }

    /** The converter takes a text for the number 0; here it is refused. */
    private SchemaAndValue ofSchema(byte[] data) {
        SchemaAndValue made = converted(withSchema(data), data);
        try {
            requireFits("data", made.schema(), JSON.readTree(data));
        } catch (IOException refused) {
            throw invalid(data, refused);
        }
        return made;
    }

    private static void requireFits(String path, @Nullable Schema schema, @Nullable JsonNode json) throws IOException {
        if (schema == null || json == null || json.isNull() || schema.name() != null) {
            return;
        }
        boolean fits = switch (schema.type()) {
            case BOOLEAN -> json.isBoolean();
            case INT8, INT16, INT32 -> json.canConvertToInt() && json.isIntegralNumber();
            case INT64 -> json.canConvertToLong() && json.isIntegralNumber();
            case FLOAT32, FLOAT64 -> json.isNumber();
            case STRING, BYTES -> json.isTextual();
            case ARRAY -> json.isArray();
            case STRUCT -> json.isObject();
            case MAP -> json.isObject() || json.isArray();
        };
        if (!fits) {
            throw new IOException("%s: %s (expected: %s)".formatted(path, json.getNodeType(), schema.type()));
        }
        if (schema.type() == Schema.Type.STRUCT) {
            for (Field field : schema.fields()) {
                requireFits(path + "." + field.name(), field.schema(), json.get(field.name()));
            }
        } else if (schema.type() == Schema.Type.ARRAY) {
            for (JsonNode item : json) {
                requireFits(path + "[]", schema.valueSchema(), item);
            }
        }
    }

    private byte[] withSchema(byte[] data) {
        ByteArrayOutputStream whole = new ByteArrayOutputStream(start.length + data.length + 16);
        whole.writeBytes(start);
        whole.writeBytes(MIDDLE);
        whole.writeBytes(data);
        whole.write('}');
        return whole.toByteArray();
    }

    private static SchemaAndValue inferred(byte[] data) {
        try {
            JsonNode json = JSON.readTree(data);
            Schema schema = schema(json);
            requireFits("data", schema, json);
            return new SchemaAndValue(schema, value(schema, json));
        } catch (IOException | RuntimeException refused) {
            throw invalid(data, refused);
        }
    }

    /** Whole numbers are 64 bits wide, fields are optional, and null is an optional text. */
    private static Schema schema(JsonNode json) {
        return switch (json.getNodeType()) {
            case BOOLEAN -> Schema.OPTIONAL_BOOLEAN_SCHEMA;
            case NUMBER ->
                json.isIntegralNumber() && json.canConvertToLong()
                        ? Schema.OPTIONAL_INT64_SCHEMA
                        : Schema.OPTIONAL_FLOAT64_SCHEMA;
            case ARRAY ->
                SchemaBuilder.array(json.isEmpty() ? Schema.OPTIONAL_STRING_SCHEMA : schema(json.get(0)))
                        .optional()
                        .build();
            case OBJECT -> {
                SchemaBuilder struct = SchemaBuilder.struct().optional();
                ((ObjectNode) json)
                        .properties()
                        .forEach(field -> struct.field(field.getKey(), schema(field.getValue())));
                yield struct.build();
            }
            case STRING, NULL, BINARY, MISSING, POJO -> Schema.OPTIONAL_STRING_SCHEMA;
        };
    }

    private static @Nullable Object value(Schema schema, JsonNode json) {
        if (json.isNull()) {
            return null;
        }
        return switch (schema.type()) {
            case BOOLEAN -> json.booleanValue();
            case INT64 -> json.longValue();
            case FLOAT64 -> json.doubleValue();
            case ARRAY -> {
                List<@Nullable Object> items = new ArrayList<>();
                json.forEach(item -> items.add(value(schema.valueSchema(), item)));
                yield items;
            }
            case STRUCT -> {
                Struct struct = new Struct(schema);
                schema.fields().forEach(field -> struct.put(field, value(field.schema(), json.get(field.name()))));
                yield struct;
            }
            case STRING, INT8, INT16, INT32, FLOAT32, BYTES, MAP -> json.asText();
        };
    }

    private static EventMeshException invalid(byte[] data, Exception cause) {
        return new EventMeshException(
                ErrorCode.EVENT_INVALID,
                "data: %d bytes (expected: what values.form says, %s)".formatted(data.length, cause.getMessage()),
                cause);
    }
}
