package io.eventmesh.function.pattern;

import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.NavigableSet;
import java.util.TreeSet;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The values of a field that has many, so that a rule does not go through all of them: what is asked is looked up where it
 * can be, and otherwise answered once for all rules that ask the same. For one event, for one thread.
 */
final class Lookup {
    private final Map<Object, Value> distinct = new LinkedHashMap<>();
    private final Map<Matcher, Boolean> answers = new HashMap<>();
    private final Map<Integer, Boolean> besides = new HashMap<>();
    private final Value first;
    private @Nullable NavigableSet<String> texts;
    private @Nullable NavigableSet<String> folded;
    private @Nullable NavigableSet<String> ends;
    private @Nullable NavigableSet<String> foldedEnds;
    private @Nullable NavigableSet<Num> numbers;
    private @Nullable NavigableSet<IpAddress> addresses;
    private @Nullable Map<Object, Map<Place, Integer>> places;

    /** The elements that a value stands in, from outside in, as far as a depth. */
    private record Place(java.util.List<Integer> elements) {
        static Place of(int[] elements, int depth) {
            Integer[] boxed = new Integer[depth];
            for (int i = 0; i < depth; i++) {
                boxed[i] = elements[i];
            }
            return new Place(java.util.List.of(boxed));
        }
    }

    Lookup(Value first) {
        this.first = first;
        for (Value value = first; value != null; value = value.next) {
            distinct.putIfAbsent(value.key(), value);
        }
    }

    /** One of each that are the same. */
    Collection<Value> distinct() {
        return distinct.values();
    }

    /** Whether one of its values meets it; nothing that counts once {@code found} is spent. */
    boolean any(Matcher matcher, Found found) {
        if (matcher instanceof Matcher.Exact exact) {
            return distinct.containsKey(exact.key());
        }
        if (matcher instanceof Matcher.OneOf some) {
            return some.keys().stream().anyMatch(distinct::containsKey);
        }
        if (matcher instanceof Matcher.Address is) {
            return addresses().contains(is.address());
        }
        if (matcher instanceof Matcher.AnyCase text) {
            return folded().contains(text.text());
        }
        if (matcher instanceof Matcher.Prefix prefix) {
            return begins(prefix.anyCase() ? folded() : texts(), prefix.text());
        }
        if (matcher instanceof Matcher.Suffix suffix) {
            return begins(suffix.anyCase() ? foldedEnds() : ends(), Radix.reversed(suffix.text()));
        }
        if (matcher instanceof Matcher.Numeric numeric) {
            return holds(numbers(), numeric.range());
        }
        if (matcher instanceof Matcher.Cidr cidr) {
            return holds(addresses(), cidr.range());
        }
        Boolean known = answers.get(matcher);
        if (known == null) {
            known = anyTested(matcher, found);
            answers.put(matcher, known);
        }
        return known;
    }

    private boolean anyTested(Matcher matcher, Found found) {
        int reads = matcher.reads();
        for (Value value : distinct.values()) {
            if (!found.look(value, reads)) {
                return false;
            }
            if (matcher.test(value)) {
                return true;
            }
        }
        return false;
    }

    /** Whether one of its values is also one of another field's, in the same elements of arrays. */
    boolean anyBeside(int other, Found found) {
        Boolean known = besides.get(other);
        if (known == null) {
            known = isAnyBeside(other, found);
            besides.put(other, known);
        }
        return known;
    }

    private boolean isAnyBeside(int other, Found found) {
        for (Value value = first; value != null; value = value.next) {
            if (Clause.isBeside(value, other, found)) {
                return true;
            }
        }
        return false;
    }

    private static boolean begins(NavigableSet<String> texts, String beginning) {
        String next = texts.ceiling(beginning);
        return next != null && next.startsWith(beginning);
    }

    private static <K extends Comparable<K>> boolean holds(NavigableSet<K> keys, Range<K> range) {
        K low = range.low();
        if (keys.isEmpty()) {
            return false;
        }
        K least = low == null ? keys.first() : range.lowIncluded() ? keys.ceiling(low) : keys.higher(low);
        return least != null && range.contains(least);
    }

    /** Whether it holds this value in the same elements of arrays. */
    boolean holdsBeside(Value other) {
        Map<Place, Integer> same = places().get(other.key());
        int[] elements = other.elements();
        for (int depth = 0; same != null; depth += 2) {
            Integer next = same.get(Place.of(elements, depth));
            if (next == null) {
                return false;
            }
            // Those that end here, or go on in another array, share all elements that there are to share.
            if (depth == elements.length || next != elements[depth]) {
                return true;
            }
        }
        return false;
    }

    /** By value, in which elements it stands and in which array those go on there; -1 for none. */
    private Map<Object, Map<Place, Integer>> places() {
        if (places == null) {
            places = new HashMap<>();
            for (Value value = first; value != null; value = value.next) {
                Map<Place, Integer> same = places.computeIfAbsent(value.key(), k -> new HashMap<>());
                int[] elements = value.elements();
                for (int depth = 0; depth <= elements.length; depth += 2) {
                    same.put(Place.of(elements, depth), depth == elements.length ? -1 : elements[depth]);
                }
            }
        }
        return places;
    }

    private NavigableSet<String> texts() {
        if (texts == null) {
            texts = sorted(Value::text);
        }
        return texts;
    }

    private NavigableSet<String> folded() {
        if (folded == null) {
            folded = sorted(Value::folded);
        }
        return folded;
    }

    private NavigableSet<String> ends() {
        if (ends == null) {
            ends = sorted(value -> reversed(value.text()));
        }
        return ends;
    }

    private NavigableSet<String> foldedEnds() {
        if (foldedEnds == null) {
            foldedEnds = sorted(value -> reversed(value.folded()));
        }
        return foldedEnds;
    }

    private NavigableSet<Num> numbers() {
        if (numbers == null) {
            numbers = sorted(Value::number);
        }
        return numbers;
    }

    private NavigableSet<IpAddress> addresses() {
        if (addresses == null) {
            addresses = sorted(Value::address);
        }
        return addresses;
    }

    private <K extends Comparable<K>> NavigableSet<K> sorted(Function<Value, @Nullable K> key) {
        NavigableSet<K> keys = new TreeSet<>();
        for (Value value : distinct.values()) {
            K there = key.apply(value);
            if (there != null) {
                keys.add(there);
            }
        }
        return keys;
    }

    private static @Nullable String reversed(@Nullable String text) {
        return text == null ? null : Radix.reversed(text);
    }
}
