package io.eventmesh.connector.kafka.connect;

import io.eventmesh.common.config.RecordSchema;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.common.config.ConfigDef.ConfigKey;
import org.apache.kafka.common.config.types.Password;
import org.jspecify.annotations.Nullable;

/** The JSON Schema of a hosted connector: its record's, with the connector's own definition below {@code properties}. */
final class ConnectSchema {
    private ConnectSchema() {}

    /** @param definition what the connector says of its settings */
    static <C extends Record> Map<String, Object> of(Class<C> type, C defaults, ConfigDef definition) {
        Map<String, Object> schema = new LinkedHashMap<>(RecordSchema.of(type, defaults));
        Map<String, Object> sections = new LinkedHashMap<>();
        if (schema.get("properties") instanceof Map<?, ?> plain) {
            plain.forEach((key, value) -> sections.put(String.valueOf(key), value));
        }
        sections.put("properties", settings(definition));
        schema.put("properties", sections);
        return schema;
    }

    private static Map<String, Object> settings(ConfigDef definition) {
        Map<String, Object> properties = new LinkedHashMap<>();
        List<String> required = new ArrayList<>();
        for (String name : definition.names()) {
            ConfigKey key = definition.configKeys().get(name);
            if (key == null || key.internalConfig) {
                continue;
            }
            properties.put(name, setting(key));
            if (!key.hasDefault()) {
                required.add(name);
            }
        }
        Map<String, Object> schema = new LinkedHashMap<>();
        schema.put("type", "object");
        schema.put("description", "The connector's own settings.");
        schema.put("properties", properties);
        if (!required.isEmpty()) {
            schema.put("required", required);
        }
        schema.put("additionalProperties", true);
        return schema;
    }

    private static Map<String, Object> setting(ConfigKey key) {
        Map<String, Object> setting = new LinkedHashMap<>();
        setting.put("type", types(key.type));
        if (key.displayName != null && !key.displayName.equals(key.name)) {
            setting.put("title", key.displayName);
        }
        if (key.documentation != null && !key.documentation.isBlank()) {
            setting.put("description", key.documentation);
        }
        if (key.type == ConfigDef.Type.PASSWORD) {
            setting.put("writeOnly", true);
        } else if (key.hasDefault()) {
            Object fallback = plain(key.defaultValue);
            if (fallback != null) {
                setting.put("default", fallback);
            }
        }
        if (key.validator != null) {
            setting.put("x-valid", key.validator.toString());
        }
        if (key.group != null) {
            setting.put("x-group", key.group);
        }
        setting.put("x-importance", key.importance.name().toLowerCase(Locale.ROOT));
        return setting;
    }

    /** Text is allowed everywhere, since a value may be filled in from a secret. */
    private static Object types(ConfigDef.Type type) {
        return switch (type) {
            case BOOLEAN -> List.of("boolean", "string");
            case INT, SHORT, LONG -> List.of("integer", "string");
            case DOUBLE -> List.of("number", "string");
            case LIST -> List.of("array", "string");
            case STRING, CLASS, PASSWORD -> "string";
        };
    }

    private static @Nullable Object plain(@Nullable Object value) {
        if (value == null || value instanceof Password) {
            return null;
        }
        if (value instanceof Boolean || value instanceof Number) {
            return value;
        }
        if (value instanceof List<?> list) {
            return list.stream().map(String::valueOf).toList();
        }
        return value instanceof Class<?> type ? type.getName() : value.toString();
    }
}
