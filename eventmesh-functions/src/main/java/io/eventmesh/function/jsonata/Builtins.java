package io.eventmesh.function.jsonata;

import com.dashjoin.jsonata.Functions;
import com.dashjoin.jsonata.JException;
import com.dashjoin.jsonata.Jsonata.JFunction;
import com.dashjoin.jsonata.Utils;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The engine's functions within a budget: every call is counted and its result weighed, and those that could use more
 * than in proportion to their arguments are replaced or given only arguments that are harmless.
 */
final class Builtins {
    private static final int MAX_PICTURE = 256;
    private static final int MAX_PARSED = 64;
    private static final int MAX_PARSED_DIGITS = 24;
    private static final int MAX_COMPONENTS = 8;
    private static final int MAX_WIDTH = 100;
    private static final int MAX_PRECISION = 100;
    private static final int MAX_ENCODED = 1 << 16;

    /** A width in a picture, {@code [Y,4-4]}. */
    private static final Pattern WIDTH = Pattern.compile("[,-]\\s*(\\d++)");

    private static final Map<String, Builtin> REPLACED = replaced();

    private Builtins() {}

    /** Every function that an expression finds, by name. */
    static Map<String, JFunction> within(Supplier<Surroundings> around) {
        Map<String, JFunction> guarded = new HashMap<>();
        Internals.functions().forEach((name, original) -> guarded.put(name, new Guarded(name, original, around)));
        return guarded;
    }

    private static final class Guarded extends JFunction {
        private final JFunction original;

        Guarded(String name, JFunction original, Supplier<Surroundings> around) {
            super((input, arguments) -> call(name, original, new Builtin.Call(input, arguments, around.get())), null);
            this.original = original;
            Internals.describeAs(this, original);
        }

        private static @Nullable Object call(String name, JFunction original, Builtin.Call call) throws Throwable {
            call.budget().step();
            Builtin replacement = REPLACED.get(name);
            Object result = replacement == null ? call.original(original) : replacement.call(call, original);
            call.budget().made(result);
            return result;
        }

        @Override
        public int getNumberOfArgs() {
            return original.getNumberOfArgs();
        }
    }

    private static Map<String, Builtin> replaced() {
        Map<String, Builtin> all = new HashMap<>();
        all.put("eval", (call, original) -> {
            throw new JException("$eval is not available (expected: the expression itself)", 0);
        });
        all.put("pad", (call, original) -> TextBuiltins.pad(call));
        all.put("join", (call, original) -> TextBuiltins.join(call));
        all.put("contains", (call, original) -> TextBuiltins.contains(call));
        all.put("match", (call, original) -> TextBuiltins.match(call));
        all.put("split", (call, original) -> TextBuiltins.split(call));
        all.put("replace", (call, original) -> TextBuiltins.replace(call));
        all.put("string", Builtins::string);
        all.put("spread", (call, original) -> spread(call));
        all.put("distinct", (call, original) -> distinct(call));
        all.put("round", Builtins::round);
        all.put("random", (call, original) -> call.around().random().nextDouble());
        all.put("shuffle", (call, original) -> shuffle(call));
        all.put("millis", (call, original) -> call.around().millis());
        all.put("now", (call, original) -> now(call));
        all.put("toMillis", Builtins::toMillis);
        all.put("fromMillis", (call, original) -> pictured(call, original, 1));
        all.put("formatNumber", (call, original) -> pictured(call, original, 1));
        all.put("formatInteger", (call, original) -> pictured(call, original, 1));
        all.put("parseInteger", (call, original) -> {
            requireShort(call, 0, MAX_PICTURE);
            return pictured(call, original, 1);
        });
        for (String name : List.of("encodeUrl", "encodeUrlComponent", "decodeUrl", "decodeUrlComponent")) {
            all.put(name, (call, original) -> {
                requireShort(call, 0, MAX_ENCODED);
                return call.original(original);
            });
        }
        return Map.copyOf(all);
    }

    private static @Nullable Object string(Builtin.Call call, JFunction original) throws Throwable {
        Object value = call.argument(0);
        if (Boolean.TRUE.equals(call.argument(1)) && value != null) {
            Weights weights = call.budget().weights();
            long nodes = weights.weigh(value, call.budget()) / Weights.NODE;
            call.budget().requireSize(nodes * 2 * weights.depth(value));
        }
        return call.original(original);
    }

    private static @Nullable Object spread(Builtin.Call call) {
        Object value = call.argument(0);
        if (!(value instanceof List<?>) && !(value instanceof Map<?, ?>)) {
            return value;
        }
        List<Object> result = Utils.createSequence();
        spread(value, result, call.budget());
        return result;
    }

    private static void spread(@Nullable Object value, List<Object> into, Budget budget) {
        budget.step();
        if (value instanceof List<?> list) {
            list.forEach(element -> spread(element, into, budget));
        } else if (value instanceof Map<?, ?> map) {
            map.forEach((name, field) -> {
                Map<Object, @Nullable Object> single = new LinkedHashMap<>();
                single.put(name, field);
                into.add(single);
            });
        } else if (value != null) {
            into.add(value);
        }
    }

    /** By their canonical text: what hashes alike on purpose costs no more than anything else. */
    private static @Nullable Object distinct(Builtin.Call call) {
        if (!(call.argument(0) instanceof List<?> list) || list.size() <= 1) {
            return call.argument(0);
        }
        Map<String, @Nullable Object> distinct = new LinkedHashMap<>();
        for (Object element : list) {
            StringBuilder text = new StringBuilder();
            canonical(element, text, call.budget());
            distinct.putIfAbsent(text.toString(), element);
        }
        List<Object> result = Utils.isSequence(list) ? Utils.createSequence() : new ArrayList<>();
        result.addAll(distinct.values());
        return result;
    }

    private static void canonical(@Nullable Object value, StringBuilder out, Budget budget) {
        budget.step();
        if (value instanceof String text) {
            out.append(text.length()).append('"').append(text);
        } else if (value instanceof Number number) {
            out.append(number.doubleValue());
        } else if (value instanceof List<?> list) {
            out.append('[');
            list.forEach(element -> {
                canonical(element, out, budget);
                out.append(',');
            });
            out.append(']');
        } else if (value instanceof Map<?, ?> map) {
            Map<String, @Nullable Object> sorted = new TreeMap<>();
            map.forEach((name, field) -> sorted.put(String.valueOf(name), field));
            out.append('{');
            sorted.forEach((name, field) -> {
                canonical(name, out, budget);
                out.append(':');
                canonical(field, out, budget);
                out.append(',');
            });
            out.append('}');
        } else {
            out.append(value);
        }
    }

    private static @Nullable Object round(Builtin.Call call, JFunction original) throws Throwable {
        Number precision = call.number(1);
        if (precision != null && Math.abs(precision.doubleValue()) > MAX_PRECISION) {
            throw call.budget()
                    .exceed("$round to %s places (expected: at most %d)".formatted(precision, MAX_PRECISION));
        }
        return call.original(original);
    }

    private static @Nullable Object shuffle(Builtin.Call call) {
        if (!(call.argument(0) instanceof List<?> list) || list.size() <= 1) {
            return call.argument(0);
        }
        List<?> shuffled = new ArrayList<>(list);
        Collections.shuffle(shuffled, call.around().random());
        return shuffled;
    }

    private static @Nullable Object now(Builtin.Call call) {
        requirePicture(call, 0);
        return Functions.dateTimeFromMillis(call.around().millis(), call.text(0), call.text(1));
    }

    /** Matches by a regular expression made of the picture, whose time only the lengths bound. */
    private static @Nullable Object toMillis(Builtin.Call call, JFunction original) throws Throwable {
        requireShort(call, 0, MAX_PARSED);
        String picture = call.text(1);
        if (picture != null) {
            requirePicture(call, 1);
            String text = String.valueOf(call.text(0));
            long components = picture.chars().filter(c -> c == '[').count();
            long digits = text.chars().filter(Character::isDigit).count();
            if (components > MAX_COMPONENTS || digits > MAX_PARSED_DIGITS) {
                throw call.budget()
                        .exceed("$toMillis with %d parts and %d digits (expected: at most %d and %d)"
                                .formatted(components, digits, MAX_COMPONENTS, MAX_PARSED_DIGITS));
            }
        }
        return call.original(original);
    }

    private static @Nullable Object pictured(Builtin.Call call, JFunction original, int at) throws Throwable {
        requirePicture(call, at);
        return call.original(original);
    }

    private static void requirePicture(Builtin.Call call, int at) {
        requireShort(call, at, MAX_PICTURE);
        String picture = call.text(at);
        if (picture == null) {
            return;
        }
        Matcher width = WIDTH.matcher(picture);
        while (width.find()) {
            String digits = width.group(1).replaceFirst("^0+", "");
            if (digits.length() > 3 || (!digits.isEmpty() && Integer.parseInt(digits) > MAX_WIDTH)) {
                throw call.budget()
                        .exceed("a picture with a width of %s (expected: at most %d)".formatted(digits, MAX_WIDTH));
            }
        }
    }

    private static void requireShort(Builtin.Call call, int at, int max) {
        if (call.argument(at) instanceof String text && text.length() > max) {
            throw call.budget()
                    .exceed("a text of %d characters (expected: at most %d there)".formatted(text.length(), max));
        }
    }
}
