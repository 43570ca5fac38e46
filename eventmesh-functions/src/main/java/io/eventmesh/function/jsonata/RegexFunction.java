package io.eventmesh.function.jsonata;

import com.dashjoin.jsonata.Jsonata.Fn0;
import com.dashjoin.jsonata.Jsonata.JFunction;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A regular expression of an expression. It takes the place of the pattern itself in the tree, so that the engine never
 * matches with it: what is matched here takes part in the evaluation's budget at every character that is looked at.
 */
final class RegexFunction extends JFunction {
    private static final int MAX_TEXT = 1 << 20;

    private final Pattern pattern;

    RegexFunction(Pattern pattern, Supplier<Surroundings> around) {
        super((input, arguments) -> applied(pattern, arguments, around.get().budget()), "<s:o>");
        this.pattern = pattern;
    }

    /** A matcher whose time is bounded. */
    Matcher matcher(String text, Budget budget) {
        return matcher(pattern, text, budget);
    }

    private static Matcher matcher(Pattern pattern, String text, Budget budget) {
        if (text.length() > MAX_TEXT) {
            throw budget.exceed("a text of %d characters for a regular expression (expected: at most %d)"
                    .formatted(text.length(), MAX_TEXT));
        }
        return pattern.matcher(new Watched(text, 0, text.length(), budget));
    }

    private static @Nullable Object applied(Pattern pattern, List<?> arguments, Budget budget) {
        Object text = arguments.isEmpty() ? null : arguments.get(0);
        return text instanceof String string ? next(matcher(pattern, string, budget)) : null;
    }

    private static @Nullable Map<String, Object> next(Matcher matcher) {
        if (!matcher.find()) {
            return null;
        }
        Map<String, Object> match = new LinkedHashMap<>();
        match.put("match", matcher.group());
        match.put("start", matcher.start());
        match.put("end", matcher.end());
        match.put("groups", groups(matcher));
        Fn0<@Nullable Map<String, Object>> next = () -> next(matcher);
        match.put("next", next);
        return match;
    }

    /** The groups of a match but for the whole; an empty text for one that took no part. */
    static List<String> groups(Matcher matcher) {
        List<String> groups = new ArrayList<>(matcher.groupCount());
        for (int i = 1; i <= matcher.groupCount(); i++) {
            String group = matcher.group(i);
            groups.add(group == null ? "" : group);
        }
        return groups;
    }

    /** A text that counts how often it is looked at. */
    private record Watched(String text, int start, int end, Budget budget) implements CharSequence {
        @Override
        public int length() {
            return end - start;
        }

        @Override
        public char charAt(int index) {
            budget.step();
            return text.charAt(start + index);
        }

        @Override
        public CharSequence subSequence(int from, int to) {
            return text.substring(start + from, start + to);
        }

        @Override
        public String toString() {
            return text.substring(start, end);
        }
    }
}
