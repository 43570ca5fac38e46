package io.eventmesh.common.config;

import io.eventmesh.common.error.EventMeshException;
import java.lang.reflect.AnnotatedType;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Binds a tree of maps, lists and single values, as YAML or JSON readers give it, to a record, strictly: an unknown key,
 * a value of another type, a missing required key and whatever the record's constructor refuses are problems, and all
 * of them are found in one pass.
 *
 * <p>Keys are the kebab-case of the component names. A key that is absent keeps its default. A key without a value
 * ({@code null}) is the default for a nested record, list or map and a problem for everything else. A component without
 * default must be given unless it is {@code @Nullable}. Single values may stand as text ({@code "10105"} for a number,
 * {@code a,b} for a list), as environment and command line give them.
 */
public final class Binder {
    /** Stands for a value that could not be bound; its problem has been written down. */
    private static final Object REFUSED = new Object();

    private final Map<String, Set<String>> alsoKnown;
    private final List<String> problems = new ArrayList<>();

    private Binder(Map<String, Set<String>> alsoKnown) {
        this.alsoKnown = alsoKnown;
    }

    /**
     * Binds a tree over defaults.
     *
     * @param defaults values of absent keys; null when there are none
     * @param prefix stands before each key in the problems, such as {@code storage.memory}; may be empty
     */
    public static <C extends Record> Bound<C> bind(
            Class<C> type, @Nullable C defaults, Map<String, ?> tree, String prefix) {
        return bind(type, defaults, tree, prefix, Map.of());
    }

    /**
     * Binds a tree over defaults, with keys in mind that belong to others.
     *
     * @param alsoKnown by prefix, keys that are bound elsewhere and may be what an unknown key was meant to be
     */
    public static <C extends Record> Bound<C> bind(
            Class<C> type,
            @Nullable C defaults,
            Map<String, ?> tree,
            String prefix,
            Map<String, Set<String>> alsoKnown) {
        Binder binder = new Binder(alsoKnown);
        Object value = binder.section(type, defaults, tree, prefix);
        return new Bound<>(value == REFUSED ? null : type.cast(value), binder.problems);
    }

    private Object section(Class<?> type, @Nullable Object defaults, Map<?, ?> tree, String prefix) {
        RecordComponent[] components = type.getRecordComponents();
        refuseUnknownKeys(components, tree, prefix);
        @Nullable Object[] values = new Object[components.length];
        @Nullable Object[] fallbacks = new Object[components.length];
        boolean complete = true;
        boolean sound = true;
        for (int i = 0; i < components.length; i++) {
            fallbacks[i] = defaults == null ? null : RecordTree.read(components[i], defaults);
            Object value = component(components[i], fallbacks[i], tree, prefix);
            if (value == REFUSED) {
                // goes on with the default, to find what else is wrong
                value = fallbacks[i];
                sound = false;
                complete &= value != null;
            }
            values[i] = value;
        }
        if (!complete) {
            return REFUSED;
        }
        Object made = construct(type, components, values, fallbacks, prefix);
        return sound ? made : REFUSED;
    }

    /** Calls the constructor; a value that it refuses is replaced by its default, to find what else it refuses. */
    private Object construct(
            Class<?> type,
            RecordComponent[] components,
            @Nullable Object[] values,
            @Nullable Object[] fallbacks,
            String prefix) {
        boolean sound = true;
        for (int tries = 0; tries <= components.length; tries++) {
            try {
                Object made = RecordTree.construct(type, values);
                return sound ? made : REFUSED;
            } catch (InvocationTargetException failure) {
                sound = false;
                int blamed = blame(failure.getCause(), type, components, prefix);
                if (blamed < 0 || fallbacks[blamed] == null || fallbacks[blamed] == values[blamed]) {
                    return REFUSED;
                }
                values[blamed] = fallbacks[blamed];
            }
        }
        return REFUSED;
    }

    /** Writes the refusal down, and says which component it was about, or -1. */
    private int blame(@Nullable Throwable cause, Class<?> type, RecordComponent[] components, String prefix) {
        String where = prefix.isEmpty() ? type.getSimpleName() : prefix;
        if (cause instanceof InvalidValueException invalid) {
            problems.add(ConfigKeys.join(prefix, invalid.key()) + ": " + invalid.problem());
            for (int i = 0; i < components.length; i++) {
                if (key(components[i]).equals(invalid.key())) {
                    return i;
                }
            }
        } else if (cause instanceof EventMeshException refusal) {
            problems.add(where + ": " + refusal.reason());
        } else if (cause instanceof IllegalArgumentException refusal) {
            problems.add(where + ": " + refusal.getMessage());
        } else {
            throw new IllegalStateException(type.getName() + " failed instead of refusing a value", cause);
        }
        return -1;
    }

    private void refuseUnknownKeys(RecordComponent[] components, Map<?, ?> tree, String prefix) {
        Set<String> own = Arrays.stream(components).map(Binder::key).collect(Collectors.toCollection(TreeSet::new));
        Set<String> all = new TreeSet<>(own);
        all.addAll(alsoKnown.getOrDefault(prefix, Set.of()));
        for (Object key : tree.keySet()) {
            String name = String.valueOf(key);
            if (!own.contains(name)) {
                String hint = ConfigKeys.nearest(name, all)
                        .map(near -> " (did you mean: " + near + "?)")
                        .orElse(" (expected one of: " + all + ")");
                problems.add(ConfigKeys.join(prefix, name) + ": unknown key" + hint);
            }
        }
    }

    private @Nullable Object component(
            RecordComponent component, @Nullable Object fallback, Map<?, ?> tree, String prefix) {
        String path = ConfigKeys.join(prefix, key(component));
        Class<?> type = component.getType();
        if (tree.containsKey(key(component))) {
            Object raw = tree.get(key(component));
            if (raw == null && fallback != null && !Scalars.isScalar(type)) {
                return fallback;
            }
            if (raw == null && isNullable(component)) {
                return null;
            }
            if (raw == null && !isSection(type)) {
                problems.add(path + ": no value (expected: " + expected(component.getGenericType()) + ")");
                return REFUSED;
            }
            return value(component.getGenericType(), fallback, raw == null ? Map.of() : raw, path);
        }
        if (fallback == null && isSection(type) && !isNullable(component)) {
            return section(type, RecordTree.defaults(type), Map.of(), path);
        }
        Doc doc = component.getAnnotation(Doc.class);
        boolean required = doc != null && doc.required();
        if (required || (fallback == null && !isNullable(component))) {
            problems.add(path + ": missing (expected: " + expected(component.getGenericType()) + ")");
            return REFUSED;
        }
        return fallback;
    }

    private Object value(Type type, @Nullable Object fallback, Object raw, String path) {
        Class<?> plain = plain(type);
        if (plain == Object.class) {
            return raw;
        }
        if (plain == List.class) {
            return list(parameter(type, 0), raw, path);
        }
        if (plain == Map.class) {
            return map(parameter(type, 1), raw, path);
        }
        if (isSection(plain)) {
            if (raw instanceof Map<?, ?> tree) {
                return section(plain, fallback == null ? RecordTree.defaults(plain) : fallback, tree, path);
            }
            problems.add(path + ": " + Scalars.refused(raw, "a section").getMessage());
            return REFUSED;
        }
        try {
            return Scalars.read(plain, raw);
        } catch (IllegalArgumentException refused) {
            problems.add(path + ": " + refused.getMessage());
            return REFUSED;
        }
    }

    private Object list(Type element, Object raw, String path) {
        List<?> items;
        if (raw instanceof List<?> given) {
            items = given;
        } else if (raw instanceof String text && !isSection(plain(element))) {
            items = text.isBlank() ? List.of() : List.of(text.strip().split("\\s*,\\s*", -1));
        } else {
            problems.add(path + ": " + Scalars.refused(raw, "a list").getMessage());
            return REFUSED;
        }
        List<Object> values = new ArrayList<>();
        boolean sound = true;
        for (int i = 0; i < items.size(); i++) {
            Object value = element(element, items.get(i), path + "[" + i + "]");
            sound &= value != REFUSED;
            values.add(value);
        }
        return sound ? List.copyOf(values) : REFUSED;
    }

    private Object map(Type element, Object raw, String path) {
        if (!(raw instanceof Map<?, ?> tree)) {
            problems.add(path + ": " + Scalars.refused(raw, "a section").getMessage());
            return REFUSED;
        }
        Map<String, Object> values = new LinkedHashMap<>();
        boolean sound = true;
        for (Map.Entry<?, ?> entry : tree.entrySet()) {
            String name = String.valueOf(entry.getKey());
            Object value = element(element, entry.getValue(), ConfigKeys.join(path, name));
            sound &= value != REFUSED;
            values.put(name, value);
        }
        return sound ? Collections.unmodifiableMap(values) : REFUSED;
    }

    private Object element(Type type, @Nullable Object raw, String path) {
        if (raw == null) {
            problems.add(path + ": no value (expected: " + expected(type) + ")");
            return REFUSED;
        }
        return value(type, null, raw, path);
    }

    static String key(RecordComponent component) {
        return ConfigKeys.kebab(component.getName());
    }

    static String expected(Type type) {
        Class<?> plain = plain(type);
        if (plain == List.class) {
            return "a list";
        }
        if (plain == Map.class || isSection(plain)) {
            return "a section";
        }
        return plain == Object.class ? "a value" : Scalars.expected(plain);
    }

    /** Whether values of the type are nested records with keys of their own. */
    static boolean isSection(Class<?> type) {
        return type.isRecord() && !Scalars.isScalar(type);
    }

    static Class<?> plain(Type type) {
        if (type instanceof Class<?> plain) {
            return plain;
        }
        if (type instanceof ParameterizedType generic && generic.getRawType() instanceof Class<?> plain) {
            return plain;
        }
        throw new IllegalStateException("no configuration value can be a " + type);
    }

    static Type parameter(Type type, int index) {
        return type instanceof ParameterizedType generic ? generic.getActualTypeArguments()[index] : Object.class;
    }

    static boolean isNullable(RecordComponent component) {
        AnnotatedType type = component.getAnnotatedType();
        return type.isAnnotationPresent(Nullable.class);
    }
}
