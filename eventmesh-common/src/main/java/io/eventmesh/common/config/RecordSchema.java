package io.eventmesh.common.config;

import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The JSON Schema (draft 2020-12) of a configuration record, as a tree that any JSON library can write. */
public final class RecordSchema {
    private static final String DURATION = "^(([0-9]+(ns|us|ms|s|m|h|d))+|[-+]?[pP].+)$";
    private static final String SIZE = "^[0-9]+ *([bB]|[kKmMgGtT]([iI]?[bB])?)?$";

    private RecordSchema() {}

    /** @param defaults become the defaults of the schema; null when there are none */
    public static <C extends Record> Map<String, Object> of(Class<C> type, @Nullable C defaults) {
        Map<String, Object> schema = new LinkedHashMap<>();
        schema.put("$schema", "https://json-schema.org/draft/2020-12/schema");
        schema.putAll(section(type, defaults));
        return schema;
    }

    private static Map<String, Object> section(Class<?> type, @Nullable Object defaults) {
        Map<String, Object> properties = new LinkedHashMap<>();
        List<String> required = new ArrayList<>();
        for (RecordComponent component : type.getRecordComponents()) {
            Object fallback = defaults == null ? null : RecordTree.read(component, defaults);
            Doc doc = component.getAnnotation(Doc.class);
            Map<String, Object> property = new LinkedHashMap<>(value(component.getGenericType(), fallback));
            if (doc != null) {
                property.put("description", doc.value());
            }
            boolean nested =
                    "object".equals(property.get("type")) && component.getType().isRecord();
            boolean secret = component.getType() == Secret.class;
            if (fallback != null && !nested && !secret) {
                property.put("default", RecordTree.plain(fallback));
            }
            properties.put(Binder.key(component), property);
            boolean given = fallback == null && !nested && !Binder.isNullable(component);
            if (given || (doc != null && doc.required())) {
                required.add(Binder.key(component));
            }
        }
        Map<String, Object> schema = new LinkedHashMap<>();
        schema.put("type", "object");
        schema.put("properties", properties);
        if (!required.isEmpty()) {
            schema.put("required", required);
        }
        schema.put("additionalProperties", false);
        return schema;
    }

    private static Map<String, Object> value(Type type, @Nullable Object fallback) {
        Class<?> plain = Binder.plain(type);
        if (plain == Object.class) {
            return Map.of();
        }
        if (plain == List.class) {
            return ordered("type", "array", "items", value(Binder.parameter(type, 0), null));
        }
        if (plain == Map.class) {
            return ordered("type", "object", "additionalProperties", value(Binder.parameter(type, 1), null));
        }
        if (Binder.isSection(plain)) {
            return section(plain, fallback == null ? RecordTree.defaults(plain) : fallback);
        }
        if (plain.isEnum()) {
            return ordered("type", "string", "enum", Scalars.constants(plain));
        }
        if (plain == Secret.class) {
            return ordered("type", "string", "writeOnly", true);
        }
        if (plain == Duration.class) {
            return ordered("type", "string", "pattern", DURATION);
        }
        if (plain == DataSize.class) {
            return ordered("type", List.of("string", "integer"), "pattern", SIZE);
        }
        if (plain == boolean.class || plain == Boolean.class) {
            return Map.of("type", "boolean");
        }
        if (plain == double.class || plain == Double.class) {
            return Map.of("type", "number");
        }
        return Map.of("type", Scalars.isWhole(plain) ? "integer" : "string");
    }

    private static Map<String, Object> ordered(String key, Object value, String second, Object other) {
        Map<String, Object> map = new LinkedHashMap<>();
        map.put(key, value);
        map.put(second, other);
        return map;
    }
}
