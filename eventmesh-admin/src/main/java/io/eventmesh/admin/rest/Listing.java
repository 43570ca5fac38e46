package io.eventmesh.admin.rest;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeSet;
import java.util.function.Function;

/**
 * How a list of resources is searched and ordered: {@code q} is looked for in what they are called, {@code sort} names one
 * of the orders, with {@code -} in front for the other way round. Immutable once made.
 */
final class Listing<T> {
    /** Between a value and the key behind it in a cursor; in neither of them. */
    private static final char SEPARATOR = '\u0000';

    private final String keyName;
    private final Function<T, String> key;
    private final Function<T, String> searched;
    private final Map<String, Function<T, String>> orders = new LinkedHashMap<>();

    /**
     * A list that is ordered by a key unless something else is asked for.
     *
     * @param key of which no two are equal
     * @param searched the text that {@code q} is looked for in
     */
    Listing(String keyName, Function<T, String> key, Function<T, String> searched) {
        this.keyName = keyName;
        this.key = key;
        this.searched = searched;
    }

    /** One more order. To be called before the first page. */
    Listing<T> by(String name, Function<T, String> value) {
        orders.put(name, value);
        return this;
    }

    /** A time or a number, so that text is ordered as it is. */
    static String number(long value) {
        return "%019d".formatted(value);
    }

    /** Whether a call wants all of them in the order of their keys. */
    boolean isPlain(Call call) {
        return call.asked("q").isEmpty() && call.asked("sort").orElse(keyName).equals(keyName);
    }

    /** The page that is asked for; only what is in it is viewed. */
    Answer page(Call call, List<T> all, Function<T, ObjectNode> view) {
        String sort = call.asked("sort").orElse(keyName);
        boolean down = sort.startsWith("-");
        String name = down ? sort.substring(1) : sort;
        Function<T, String> value = name.equals(keyName) ? row -> "" : orders.get(name);
        if (value == null) {
            TreeSet<String> known = new TreeSet<>(orders.keySet());
            known.add(keyName);
            throw Refusals.invalid("sort", sort, "one of " + known + ", with '-' in front for the other way round");
        }
        Function<T, String> place = name.equals(keyName) ? key : row -> value.apply(row) + SEPARATOR + key.apply(row);
        Comparator<String> order = down ? Comparator.reverseOrder() : Comparator.naturalOrder();
        Optional<String> wanted = call.asked("q").map(text -> text.toLowerCase(Locale.ROOT));
        String after = call.after();
        List<T> rows = all.stream()
                .filter(row -> wanted.isEmpty()
                        || searched.apply(row).toLowerCase(Locale.ROOT).contains(wanted.get()))
                .filter(row -> after.isEmpty() || order.compare(place.apply(row), after) > 0)
                .sorted(Comparator.comparing(place, order))
                .limit(call.limit() + 1L)
                .toList();
        return call.page(rows, view, Objects.requireNonNull(place));
    }
}
