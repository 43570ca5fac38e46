package io.eventmesh.common.config;

import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One key of a configuration, described.
 *
 * @param path with dots, {@code mesh.http.port}
 * @param type of the record component
 * @param fallback the default in its plain form (secrets masked), null when there is none
 * @param doc one sentence, may be empty
 * @param required whether a configuration without it is refused
 */
public record ConfigKey(String path, Type type, @Nullable Object fallback, String doc, boolean required) {

    /** The keys of a record, nested records flattened, in their order. */
    public static List<ConfigKey> of(Class<? extends Record> type, @Nullable Record defaults, String prefix) {
        List<ConfigKey> keys = new ArrayList<>();
        collect(type, defaults, prefix, keys);
        return List.copyOf(keys);
    }

    /** What a value looks like, such as {@code a duration such as 30s}. */
    public String expected() {
        return Binder.expected(type);
    }

    /** Whether it holds one whole number, such as a port does. */
    public boolean isWholeNumber() {
        return type instanceof Class<?> plain && Scalars.isWhole(plain);
    }

    private static void collect(Class<?> type, @Nullable Object defaults, String prefix, List<ConfigKey> keys) {
        for (RecordComponent component : type.getRecordComponents()) {
            String path = ConfigKeys.join(prefix, Binder.key(component));
            Object fallback = defaults == null ? null : RecordTree.read(component, defaults);
            Class<?> plain = component.getType();
            if (Binder.isSection(plain)) {
                collect(plain, fallback == null ? RecordTree.defaults(plain) : fallback, path, keys);
                continue;
            }
            Doc doc = component.getAnnotation(Doc.class);
            boolean required = (doc != null && doc.required()) || (fallback == null && !Binder.isNullable(component));
            keys.add(new ConfigKey(
                    path,
                    component.getGenericType(),
                    fallback == null ? null : RecordTree.plain(fallback),
                    doc == null ? "" : doc.value(),
                    required));
        }
    }
}
