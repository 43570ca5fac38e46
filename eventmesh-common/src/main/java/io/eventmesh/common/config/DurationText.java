package io.eventmesh.common.config;

import java.time.DateTimeException;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Durations as people write them: {@code 30s}, {@code 500ms}, {@code 1m30s}, {@code 7d}, or {@code PT30S}. */
public final class DurationText {
    private static final Pattern WHOLE = Pattern.compile("(?:\\d{1,15}(?:ns|us|ms|s|m|h|d))+");
    private static final Pattern PART = Pattern.compile("(\\d+)(ns|us|ms|s|m|h|d)");

    private DurationText() {}

    /** @throws IllegalArgumentException when the text is not a duration; the message holds value and expectation */
    public static Duration parse(String text) {
        String stripped = text.strip();
        try {
            if (!WHOLE.matcher(stripped).matches()) {
                return Duration.parse(stripped);
            }
            Duration sum = Duration.ZERO;
            Matcher part = PART.matcher(stripped);
            while (part.find()) {
                sum = sum.plus(unit(part.group(2)).multipliedBy(Long.parseLong(part.group(1))));
            }
            return sum;
        } catch (DateTimeException | ArithmeticException notADuration) {
            throw new IllegalArgumentException(
                    "'%s' (expected: a duration such as 30s, 500ms or PT30S)".formatted(text), notADuration);
        }
    }

    /** The shortest spelling with one unit, {@code 90s} rather than {@code 1m30s}. */
    public static String format(Duration duration) {
        if (duration.isNegative() || duration.compareTo(Duration.ofDays(36_500)) > 0) {
            return duration.toString();
        }
        long nanos = duration.toNanosPart();
        if (nanos % 1_000_000 != 0) {
            return nanos % 1_000 == 0 ? duration.toNanos() / 1_000 + "us" : duration.toNanos() + "ns";
        }
        if (nanos != 0) {
            return duration.toMillis() + "ms";
        }
        long seconds = duration.toSeconds();
        Map<String, Long> units = new LinkedHashMap<>();
        units.put("d", 86_400L);
        units.put("h", 3_600L);
        units.put("m", 60L);
        for (Map.Entry<String, Long> unit : units.entrySet()) {
            if (seconds > 0 && seconds % unit.getValue() == 0) {
                return seconds / unit.getValue() + unit.getKey();
            }
        }
        return seconds + "s";
    }

    private static Duration unit(String name) {
        return switch (name) {
            case "ns" -> Duration.ofNanos(1);
            case "us" -> Duration.ofNanos(1_000);
            case "ms" -> Duration.ofMillis(1);
            case "s" -> Duration.ofSeconds(1);
            case "m" -> Duration.ofMinutes(1);
            case "h" -> Duration.ofHours(1);
            default -> Duration.ofDays(1);
        };
    }
}
