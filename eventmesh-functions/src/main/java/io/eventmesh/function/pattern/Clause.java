package io.eventmesh.function.pattern;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A {@link Conjunct.Test} on fields that have numbers. Immutable. */
final class Clause {
    private final int field;
    private final Matcher[] matchers;
    private final int[] others;
    private final int reads;

    Clause(Conjunct.Test test, Fields fields) {
        this.field = fields.add(test.field());
        List<Matcher> plain = new ArrayList<>();
        List<Integer> same = new ArrayList<>();
        for (Matcher matcher : test.matchers()) {
            if (matcher instanceof Matcher.SameAs as) {
                same.add(fields.add(as.other()));
            } else {
                plain.add(matcher);
            }
        }
        this.matchers = plain.toArray(Matcher[]::new);
        this.others = same.stream().mapToInt(Integer::intValue).toArray();
        this.reads = plain.stream().mapToInt(Matcher::reads).sum();
    }

    /** The first of the field's values, whether it meets the clause or not. */
    @Nullable
    Value first(Found found) {
        return found.first(field);
    }

    /** How the field meets it. */
    enum Met {
        NOT,
        /** By values in elements of arrays. */
        IN_ELEMENTS,
        FREELY
    }

    Met met(Found found) {
        Lookup lookup = found.lookup(field);
        Value first = found.first(field);
        boolean met = false;
        if (lookup != null) {
            for (int i = 0; i < matchers.length && !met; i++) {
                met = lookup.any(matchers[i], found);
            }
            for (int i = 0; i < others.length && !met; i++) {
                met = lookup.anyBeside(others[i], found);
            }
        } else {
            for (Value value = first; value != null && !met; value = value.next) {
                met = test(value, found);
            }
        }
        // Either all values of a field stand in elements or none does, since one way alone leads to it.
        return !met || first == null ? Met.NOT : first.elements().length == 0 ? Met.FREELY : Met.IN_ELEMENTS;
    }

    boolean test(Value value, Found found) {
        if (!found.look(value, reads)) {
            return false;
        }
        for (Matcher matcher : matchers) {
            if (matcher.test(value)) {
                return true;
            }
        }
        for (int other : others) {
            if (isBeside(value, other, found)) {
                return true;
            }
        }
        return false;
    }

    /** Whether the other field has the same value, in the same elements of arrays. */
    static boolean isBeside(Value value, int other, Found found) {
        Lookup lookup = found.lookup(other);
        if (lookup != null) {
            return lookup.holdsBeside(value);
        }
        for (Value at = found.first(other); at != null; at = at.next) {
            if (at.key().equals(value.key()) && Elements.shared(at.elements(), value.elements())) {
                return true;
            }
        }
        return false;
    }
}
