package io.eventmesh.function.pattern;

import io.eventmesh.spi.function.EventView;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The values that an event has in {@link Fields}; those of its payload once somebody asks for one. Counts what rules do with
 * them, since arrays and long texts can make that any amount. For one thread.
 */
final class Found {
    /** Steps that all rules of an index may take for one event, about 100 ms. */
    static final long MAX_STEPS = 5_000_000;

    /** So many characters of a text are looked at in a step. */
    private static final int CHARACTERS_A_STEP = 50;

    /** From so many values on a field has a lookup. */
    static final int MANY = 16;

    private final Fields of;
    private final EventView view;
    private final @Nullable Value[] first;
    private final int[] values;
    private @Nullable Map<Integer, Lookup> lookups;
    private int[] fields = new int[16];
    private int count;
    private int arrays;
    private long steps;
    private boolean dataRead;

    /** @param attributesAlone whether the payload is not looked at */
    Found(Fields of, EventView view, boolean attributesAlone) {
        this.of = of;
        this.view = view;
        this.first = new Value[of.count()];
        this.values = new int[of.count()];
        this.dataRead = attributesAlone;
        of.readAttributes(view.event(), this);
    }

    void readData() {
        if (!dataRead) {
            dataRead = true;
            of.readData(view, this);
        }
    }

    /** The first of a field's values, which leads to the others; null if it has none. */
    @Nullable
    Value first(int field) {
        if (!dataRead && of.isData(field)) {
            readData();
        }
        return first[field];
    }

    /** @param value followed by those that the field has */
    void add(int field, Value value) {
        if (first[field] == null) {
            if (count == fields.length) {
                fields = Arrays.copyOf(fields, 2 * count);
            }
            fields[count++] = field;
        }
        first[field] = value;
        values[field]++;
    }

    /** A way to look the field's values up, where they are many; null where they are not. */
    @Nullable
    Lookup lookup(int field) {
        Value one = first(field);
        if (one == null || values[field] < MANY) {
            return null;
        }
        if (lookups == null) {
            lookups = new HashMap<>();
        }
        return lookups.computeIfAbsent(field, f -> new Lookup(one));
    }

    /**
     * Counts a look at a value.
     *
     * @param readers how many matchers read the value's text from one end to the other
     * @return whether rules may still go on; when not, what they say does not count
     */
    boolean look(Value value, int readers) {
        String text = readers == 0 ? null : value.text();
        steps += text == null ? 1 : 1 + (long) readers * text.length() / CHARACTERS_A_STEP;
        return steps <= MAX_STEPS;
    }

    /** Whether rules did more than they may for an event, so that what they said does not count. */
    boolean isSpent() {
        return steps > MAX_STEPS;
    }

    /** How many fields have values so far. */
    int count() {
        return count;
    }

    /** The number of the field that was found as the n-th. */
    int field(int index) {
        return fields[index];
    }

    int nextArray() {
        return arrays++;
    }
}
