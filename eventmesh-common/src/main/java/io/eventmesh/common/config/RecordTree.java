package io.eventmesh.common.config;

import java.lang.reflect.Constructor;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.RecordComponent;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A configuration record as a tree of maps, lists and single values, the way the binder would read it. */
public final class RecordTree {
    private RecordTree() {}

    /** The tree with kebab-case keys; secrets are masked, absent values are left out. */
    public static Map<String, Object> of(Record values) {
        Map<String, Object> tree = new LinkedHashMap<>();
        for (RecordComponent component : values.getClass().getRecordComponents()) {
            Object value = read(component, values);
            if (value != null) {
                tree.put(Binder.key(component), plain(value));
            }
        }
        return tree;
    }

    static Object plain(Object value) {
        if (value instanceof List<?> list) {
            return list.stream().map(RecordTree::plain).toList();
        }
        if (value instanceof Map<?, ?> map) {
            Map<String, Object> tree = new LinkedHashMap<>();
            map.forEach((key, element) -> tree.put(String.valueOf(key), plain(element)));
            return tree;
        }
        if (value instanceof Record nested && !Scalars.isScalar(value.getClass())) {
            return of(nested);
        }
        return Scalars.plain(value);
    }

    static @Nullable Object read(RecordComponent component, Object values) {
        Method accessor = component.getAccessor();
        accessor.setAccessible(true);
        try {
            return accessor.invoke(values);
        } catch (ReflectiveOperationException impossible) {
            throw new IllegalStateException(component.toString(), impossible);
        }
    }

    static Object construct(Class<?> type, @Nullable Object[] values) throws InvocationTargetException {
        Class<?>[] types = Arrays.stream(type.getRecordComponents())
                .map(RecordComponent::getType)
                .toArray(Class<?>[]::new);
        try {
            Constructor<?> constructor = type.getDeclaredConstructor(types);
            constructor.setAccessible(true);
            return constructor.newInstance(values);
        } catch (InvocationTargetException refused) {
            throw refused;
        } catch (ReflectiveOperationException impossible) {
            throw new IllegalStateException(type.getName(), impossible);
        }
    }

    /** What the record's own {@code static defaults()} says; null when it has none. */
    static @Nullable Object defaults(Class<?> type) {
        try {
            Method defaults = type.getDeclaredMethod("defaults");
            defaults.setAccessible(true);
            return defaults.invoke(null);
        } catch (NoSuchMethodException none) {
            return null;
        } catch (ReflectiveOperationException impossible) {
            throw new IllegalStateException(type.getName() + ".defaults() failed", impossible);
        }
    }
}
