package io.eventmesh.cli;

import java.time.DateTimeException;
import java.time.Duration;
import java.time.OffsetDateTime;

/** Reads times as people write them. Stateless. */
public final class Times {
    private Times() {}

    /** @param text seconds, or with a unit: 500ms, 5s, 2m, 1h */
    public static Duration duration(String option, String text) {
        try {
            if (text.endsWith("ms")) {
                return Duration.ofMillis(Long.parseLong(text.substring(0, text.length() - 2)));
            }
            if (text.endsWith("h")) {
                return Duration.ofHours(Long.parseLong(text.substring(0, text.length() - 1)));
            }
            if (text.endsWith("m")) {
                return Duration.ofMinutes(Long.parseLong(text.substring(0, text.length() - 1)));
            }
            String seconds = text.endsWith("s") ? text.substring(0, text.length() - 1) : text;
            return Duration.ofSeconds(Long.parseLong(seconds));
        } catch (NumberFormatException notATime) {
            throw new CliException(CliException.USAGE, "%s: %s (expected: such as 5s)".formatted(option, text), "");
        }
    }

    /** @param text in RFC 3339 */
    public static OffsetDateTime instant(String option, String text, String expected) {
        try {
            return OffsetDateTime.parse(text);
        } catch (DateTimeException notATime) {
            throw new CliException(CliException.USAGE, "%s: %s (expected: %s)".formatted(option, text, expected), "");
        }
    }
}
