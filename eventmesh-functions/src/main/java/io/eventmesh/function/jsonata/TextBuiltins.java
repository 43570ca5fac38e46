package io.eventmesh.function.jsonata;

import com.dashjoin.jsonata.Functions;
import com.dashjoin.jsonata.JException;
import com.dashjoin.jsonata.Utils;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Functions on texts whose result may be far larger than their arguments, or which take regular expressions. */
final class TextBuiltins {
    private static final int MAX_PAD = 10_000;

    /** In what a match is replaced by. */
    private static final Pattern VARIABLE = Pattern.compile("\\$(?:\\$|(\\d{1,9}))");

    private TextBuiltins() {}

    static @Nullable Object pad(Builtin.Call call) {
        String text = call.text(0);
        Number width = call.number(1);
        if (text == null || width == null) {
            return null;
        }
        if (Math.abs(width.doubleValue()) > MAX_PAD) {
            throw call.budget().exceed("$pad to %s (expected: at most %d)".formatted(width, MAX_PAD));
        }
        int missing = Math.abs(width.intValue()) - text.codePointCount(0, text.length());
        if (missing <= 0) {
            return text;
        }
        String with = call.text(2);
        int[] filler = (with == null || with.isEmpty() ? " " : with)
                .codePoints()
                .limit(missing)
                .toArray();
        StringBuilder padding = new StringBuilder(missing);
        for (int i = 0; i < missing; i++) {
            padding.appendCodePoint(filler[i % filler.length]);
        }
        return width.doubleValue() > 0 ? text + padding : padding + text;
    }

    static @Nullable Object join(Builtin.Call call) {
        Object texts = call.argument(0);
        if (texts == null) {
            return null;
        }
        String separator = call.text(1) == null ? "" : String.valueOf(call.text(1));
        List<?> list = texts instanceof List<?> many ? many : List.of(texts);
        Output out = new Output(call.budget());
        for (int i = 0; i < list.size(); i++) {
            if (i > 0) {
                out.append(separator);
            }
            out.append((String) list.get(i));
        }
        return out.toString();
    }

    static @Nullable Object contains(Builtin.Call call) {
        String text = call.text(0);
        if (text == null) {
            return null;
        }
        Object token = call.argument(1);
        return token instanceof RegexFunction regex
                ? regex.matcher(text, call.budget()).find()
                : text.contains(required(token, "contains"));
    }

    static @Nullable Object match(Builtin.Call call) {
        String text = call.text(0);
        if (text == null) {
            return null;
        }
        long limit = limit(call, 2, "D3040");
        List<Object> matches = Utils.createSequence();
        Matcher matcher = regex(call.argument(1), "match").matcher(text, call.budget());
        while (matches.size() < limit && matcher.find()) {
            Map<String, Object> match = new LinkedHashMap<>();
            match.put("match", matcher.group());
            match.put("index", matcher.start());
            match.put("groups", RegexFunction.groups(matcher));
            matches.add(match);
            call.budget().made(match);
        }
        return matches;
    }

    static @Nullable Object split(Builtin.Call call) {
        String text = call.text(0);
        if (text == null) {
            return null;
        }
        long limit = limit(call, 2, "D3020");
        List<String> parts = new ArrayList<>();
        if (call.argument(1) instanceof RegexFunction regex) {
            splitByRegex(text, regex.matcher(text, call.budget()), limit, parts);
        } else {
            splitByText(text, required(call.argument(1), "split"), limit, parts, call.budget());
        }
        return parts;
    }

    private static void splitByRegex(String text, Matcher matcher, long limit, List<String> parts) {
        int from = 0;
        while (parts.size() < limit && matcher.find()) {
            if (matcher.end() == 0) {
                continue;
            }
            parts.add(text.substring(from, matcher.start()));
            from = matcher.end();
        }
        if (parts.size() < limit) {
            parts.add(text.substring(from));
        }
    }

    private static void splitByText(String text, String by, long limit, List<String> parts, Budget budget) {
        if (by.isEmpty()) {
            text.codePoints().limit(limit).forEach(point -> parts.add(Character.toString(point)));
            return;
        }
        int from = 0;
        while (parts.size() < limit) {
            budget.step();
            int at = text.indexOf(by, from);
            parts.add(at < 0 ? text.substring(from) : text.substring(from, at));
            if (at < 0) {
                return;
            }
            from = at + by.length();
        }
    }

    static @Nullable Object replace(Builtin.Call call) throws Throwable {
        String text = call.text(0);
        if (text == null) {
            return null;
        }
        long limit = limit(call, 3, "D3011");
        Object with = call.argument(2);
        Output out = new Output(call.budget());
        if (call.argument(1) instanceof RegexFunction regex) {
            Matcher matcher = regex.matcher(text, call.budget());
            int from = 0;
            for (long done = 0; done < limit && matcher.find(); done++) {
                out.append(text.substring(from, matcher.start()));
                out.append(replacement(matcher, with));
                from = matcher.end();
            }
            out.append(text.substring(from));
        } else {
            replaceText(text, required(call.argument(1), "replace"), required(with, "replace"), limit, out);
        }
        return out.toString();
    }

    private static void replaceText(String text, String old, String with, long limit, Output out) {
        if (old.isEmpty()) {
            throw new JException("D3010", 0);
        }
        int from = 0;
        for (long done = 0; done < limit; done++) {
            int at = text.indexOf(old, from);
            if (at < 0) {
                break;
            }
            out.append(text.substring(from, at));
            out.append(with);
            from = at + old.length();
        }
        out.append(text.substring(from));
    }

    private static String replacement(Matcher matcher, @Nullable Object with) throws Throwable {
        if (with instanceof String template) {
            return filled(matcher, template);
        }
        Map<String, Object> match = new LinkedHashMap<>();
        match.put("match", matcher.group());
        match.put("index", matcher.start());
        match.put("groups", RegexFunction.groups(matcher));
        List<Object> arguments = new ArrayList<>();
        arguments.add(match);
        if (Functions.funcApply(with, arguments) instanceof String replacement) {
            return replacement;
        }
        throw new JException("D3012", 0);
    }

    /** {@code $0} is the match, {@code $1} a group, {@code $$} a dollar sign; of digits as many as name a group. */
    private static String filled(Matcher matcher, String template) {
        StringBuilder out = new StringBuilder();
        Matcher variable = VARIABLE.matcher(template);
        int from = 0;
        while (variable.find()) {
            out.append(template, from, variable.start());
            from = variable.end();
            String digits = variable.group(1);
            if (digits == null) {
                out.append('$');
                continue;
            }
            int used = digits.length();
            while (used > 1 && Integer.parseInt(digits.substring(0, used)) > matcher.groupCount()) {
                used--;
            }
            int group = Integer.parseInt(digits.substring(0, used));
            String found = group <= matcher.groupCount() ? matcher.group(group) : null;
            out.append(found == null ? "" : found).append(digits, used, digits.length());
        }
        return out.append(template, from, template.length()).toString();
    }

    private static RegexFunction regex(@Nullable Object argument, String function) {
        if (argument instanceof RegexFunction regex) {
            return regex;
        }
        throw new JException("$%s needs a regular expression".formatted(function), 0);
    }

    private static String required(@Nullable Object argument, String function) {
        if (argument instanceof String text) {
            return text;
        }
        throw new JException("$%s needs a string or a regular expression".formatted(function), 0);
    }

    private static long limit(Builtin.Call call, int at, String error) {
        Number limit = call.number(at);
        if (limit == null) {
            return Long.MAX_VALUE;
        }
        if (limit.doubleValue() < 0) {
            throw new JException(error, 0, limit);
        }
        return limit.longValue();
    }

    /** A text that grows up to its bound. */
    private static final class Output {
        private final StringBuilder text = new StringBuilder();
        private final Budget budget;

        Output(Budget budget) {
            this.budget = budget;
        }

        void append(String more) {
            budget.step();
            budget.requireSize((long) text.length() + more.length());
            text.append(more);
        }

        @Override
        public String toString() {
            return text.toString();
        }
    }
}
