package io.eventmesh.common.topic;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import org.jspecify.annotations.Nullable;

/**
 * Which topics a subscription or bus takes: a topic in which {@code *} or {@code +} stands for exactly one level, a
 * last {@code >} for one or more and a last {@code #} for zero or more.
 *
 * <p>Immutable. A wildcard in the first level never meets a reserved topic. Two spellings of the same pattern
 * ({@code a/*} and {@code a/+}) are different patterns.
 */
public final class TopicPattern implements Comparable<TopicPattern> {
    private final String value;
    private final String[] levels;
    private final boolean literal;

    private TopicPattern(String value) {
        this.value = value;
        this.levels = value.split("/", -1);
        boolean wild = false;
        for (String level : levels) {
            wild |= isWildcard(level);
        }
        this.literal = !wild;
    }

    /** @throws EventMeshException REQUEST_INVALID when the text is not a pattern */
    public static TopicPattern of(String value) {
        TopicPattern pattern = new TopicPattern(value);
        StringBuilder probe = new StringBuilder();
        for (int i = 0; i < pattern.levels.length; i++) {
            String level = pattern.levels[i];
            boolean last = i == pattern.levels.length - 1;
            if ((level.equals(">") || level.equals("#")) && !last) {
                throw invalid(value, "'" + level + "' only as the last level");
            }
            probe.append(i == 0 ? "" : "/").append(isWildcard(level) ? "w" : level);
        }
        try {
            TopicName.of(probe.toString());
        } catch (EventMeshException notATopic) {
            throw invalid(value, "a topic with *, + as whole levels, > or # as the last");
        }
        return pattern;
    }

    /** The pattern that takes exactly this topic. */
    public static TopicPattern exactly(TopicName topic) {
        return new TopicPattern(topic.value());
    }

    public String value() {
        return value;
    }

    /** Whether it has no wildcard, so that it takes one topic. */
    public boolean isLiteral() {
        return literal;
    }

    /** The first level, a wildcard or a name. */
    public String firstLevel() {
        return levels[0];
    }

    public boolean isFirstLevelWild() {
        return isWildcard(levels[0]);
    }

    /** Whether the pattern takes the topic. */
    public boolean matches(TopicName topic) {
        String name = topic.value();
        if (literal) {
            return name.equals(value);
        }
        if (topic.isReserved() && isFirstLevelWild()) {
            return false;
        }
        int at = 0;
        for (String level : levels) {
            if (level.equals("#")) {
                return true;
            }
            if (at > name.length()) {
                return false;
            }
            if (level.equals(">")) {
                return true;
            }
            int end = name.indexOf('/', at);
            end = end < 0 ? name.length() : end;
            boolean meets = isWildcard(level) || (level.length() == end - at && name.startsWith(level, at));
            if (!meets) {
                return false;
            }
            at = end + 1;
        }
        return at > name.length();
    }

    @Override
    public int compareTo(TopicPattern other) {
        return value.compareTo(other.value);
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof TopicPattern pattern && value.equals(pattern.value);
    }

    @Override
    public int hashCode() {
        return value.hashCode();
    }

    @Override
    public String toString() {
        return value;
    }

    private static boolean isWildcard(String level) {
        return level.equals("*") || level.equals("+") || level.equals(">") || level.equals("#");
    }

    private static EventMeshException invalid(String value, String expected) {
        return new EventMeshException(
                ErrorCode.REQUEST_INVALID,
                "topic pattern: '%s' (expected: %s)".formatted(Names.shown(value), expected));
    }
}
