package io.eventmesh.function.jsonata;

import com.dashjoin.jsonata.Jsonata;
import com.dashjoin.jsonata.Jsonata.Frame;
import com.dashjoin.jsonata.Jsonata.JFunction;
import com.dashjoin.jsonata.Parser.Symbol;
import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.util.ArrayDeque;
import java.util.Collections;
import java.util.Deque;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * What the engine keeps to itself and its bounds need: the tree of an expression and the functions that it comes with.
 * It has no hooks for either. Its version is pinned, and a test fails when a field is no longer there.
 */
final class Internals {
    private static final Field AST = field(Jsonata.class, "ast");
    private static final Field STATIC_FRAME = field(Jsonata.class, "staticFrame");
    private static final Field BINDINGS = field(Frame.class, "bindings");
    private static final Field TYPE = field(Symbol.class, "type");
    private static final Field VALUE = field(Symbol.class, "value");
    private static final List<Field> FUNCTION = List.of(
            field(JFunction.class, "functionName"),
            field(JFunction.class, "signature"),
            field(JFunction.class, "method"));

    private Internals() {}

    /** Every function that comes with the engine, by name. */
    static Map<String, JFunction> functions() {
        Map<String, JFunction> functions = new TreeMap<>();
        Map<?, ?> bindings = (Map<?, ?>) value(BINDINGS, value(STATIC_FRAME, null));
        if (bindings != null) {
            bindings.forEach((name, function) -> functions.put((String) name, (JFunction) function));
        }
        return functions;
    }

    /** Gives a function the name, signature and number of arguments of another. */
    static void describeAs(JFunction described, JFunction other) {
        for (Field field : FUNCTION) {
            set(field, described, value(field, other));
        }
    }

    /** Each node of an expression, once. */
    static void visit(Jsonata expression, Consumer<Symbol> visitor) {
        Set<Object> seen = Collections.newSetFromMap(new IdentityHashMap<>());
        Deque<Object> open = new ArrayDeque<>();
        push(open, value(AST, expression));
        while (!open.isEmpty()) {
            Object next = open.pop();
            if (!seen.add(next)) {
                continue;
            }
            if (next instanceof Iterable<?> many) {
                many.forEach(one -> push(open, one));
            } else if (next instanceof Object[] many) {
                for (Object one : many) {
                    push(open, one);
                }
            } else if (next instanceof Symbol symbol) {
                visitor.accept(symbol);
                parts(symbol, open);
            }
        }
    }

    private static void parts(Symbol symbol, Deque<Object> open) {
        for (Class<?> type = symbol.getClass(); type != Object.class; type = type.getSuperclass()) {
            for (Field field : type.getDeclaredFields()) {
                if (!field.isSynthetic() && !Modifier.isStatic(field.getModifiers()) && isReference(field)) {
                    field.setAccessible(true);
                    push(open, value(field, symbol));
                }
            }
        }
    }

    private static boolean isReference(Field field) {
        return !field.getType().isPrimitive() && field.getType() != String.class;
    }

    private static void push(Deque<Object> open, @Nullable Object next) {
        if (next instanceof Symbol || next instanceof Iterable<?> || next instanceof Object[]) {
            open.push(next);
        }
    }

    /** What kind of node it is, such as {@code regex}; empty for none. */
    static String type(Symbol symbol) {
        return value(TYPE, symbol) instanceof String type ? type : "";
    }

    static @Nullable Object value(Symbol symbol) {
        return value(VALUE, symbol);
    }

    static void setValue(Symbol symbol, Object value) {
        set(VALUE, symbol, value);
    }

    private static Field field(Class<?> type, String name) {
        try {
            Field field = type.getDeclaredField(name);
            field.setAccessible(true);
            return field;
        } catch (NoSuchFieldException other) {
            throw new IllegalStateException("Another version of the JSONata engine than the one known here", other);
        }
    }

    private static @Nullable Object value(Field field, @Nullable Object of) {
        try {
            return field.get(of);
        } catch (IllegalAccessException impossible) {
            throw new IllegalStateException(impossible);
        }
    }

    private static void set(Field field, Object of, @Nullable Object value) {
        try {
            field.set(of, value);
        } catch (IllegalAccessException impossible) {
            throw new IllegalStateException(impossible);
        }
    }
}
