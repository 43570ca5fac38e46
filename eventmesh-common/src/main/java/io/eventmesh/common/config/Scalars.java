package io.eventmesh.common.config;

import io.eventmesh.common.topic.Names;
import java.math.BigInteger;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The single values of a configuration: read from a tree, written to a tree, and described. */
final class Scalars {
    private Scalars() {}

    static boolean isScalar(Class<?> type) {
        return type.isPrimitive()
                || type.isEnum()
                || Number.class.isAssignableFrom(type)
                || List.of(String.class, Boolean.class, Duration.class, DataSize.class, Secret.class)
                        .contains(type)
                || type == Path.class;
    }

    /** What a value of the type looks like, completing "expected: …". */
    static String expected(Class<?> type) {
        if (type.isEnum()) {
            return "one of: " + constants(type);
        }
        if (type == boolean.class || type == Boolean.class) {
            return "true or false";
        }
        if (isWhole(type)) {
            return "a whole number";
        }
        if (type == double.class || type == Double.class) {
            return "a number";
        }
        if (type == Duration.class) {
            return "a duration such as 30s";
        }
        if (type == DataSize.class) {
            return "a size such as 4MiB";
        }
        if (type == Path.class) {
            return "a path";
        }
        return "a text";
    }

    /** The constants of an enum as they are written in a file. */
    static List<String> constants(Class<?> type) {
        return Arrays.stream(type.getEnumConstants())
                .map(constant -> ConfigKeys.kebab(((Enum<?>) constant).name()))
                .toList();
    }

    /** @throws IllegalArgumentException with the problem, {@code value (expected: …)} */
    static Object read(Class<?> type, Object raw) {
        if (type == Secret.class) {
            if (raw instanceof String text) {
                return Secret.of(text);
            }
            throw new IllegalArgumentException("*** (expected: a text, in quotes if it looks like a number)");
        }
        if (type.isEnum()) {
            return constant(type, raw);
        }
        if (isWhole(type)) {
            return whole(type, raw);
        }
        Object value;
        if (type == String.class) {
            value = raw instanceof String ? raw : null;
        } else if (type == boolean.class || type == Boolean.class) {
            value = truth(raw);
        } else if (type == double.class || type == Double.class) {
            value = real(raw);
        } else if (type == Duration.class) {
            value = raw instanceof String text ? DurationText.parse(text) : null;
        } else if (type == DataSize.class) {
            value = size(raw);
        } else if (type == Path.class) {
            value = path(raw);
        } else {
            throw new IllegalStateException("no configuration value can be a " + type.getName());
        }
        if (value == null) {
            throw refused(raw, type == String.class ? "a text, in quotes if it looks otherwise" : expected(type));
        }
        return value;
    }

    /** The value as it may stand in a file; secrets masked. */
    static Object plain(Object value) {
        if (value instanceof Secret secret) {
            return secret.isPresent() ? "***" : "";
        }
        if (value instanceof Duration duration) {
            return DurationText.format(duration);
        }
        if (value instanceof Enum<?> constant) {
            return ConfigKeys.kebab(constant.name());
        }
        return value instanceof Number || value instanceof Boolean ? value : value.toString();
    }

    /** A raw value as it may stand in a message. */
    static String shown(Object raw) {
        if (raw instanceof Map) {
            return "a section";
        }
        if (raw instanceof List) {
            return "a list";
        }
        return raw instanceof String text ? "'" + Names.shown(text) + "'" : Names.shown(raw.toString());
    }

    static IllegalArgumentException refused(Object raw, String expected) {
        return new IllegalArgumentException("%s (expected: %s)".formatted(shown(raw), expected));
    }

    static boolean isWhole(Class<?> type) {
        return type == int.class || type == Integer.class || type == long.class || type == Long.class;
    }

    private static Object constant(Class<?> type, Object raw) {
        if (raw instanceof String text) {
            String wanted = text.strip().replace('-', '_').toUpperCase(Locale.ROOT);
            for (Object constant : type.getEnumConstants()) {
                if (((Enum<?>) constant).name().equals(wanted)) {
                    return constant;
                }
            }
        }
        throw refused(raw, expected(type));
    }

    private static Object whole(Class<?> type, Object raw) {
        boolean isLong = type == long.class || type == Long.class;
        BigInteger value;
        try {
            if (!(raw instanceof Integer
                    || raw instanceof Long
                    || raw instanceof String
                    || raw instanceof BigInteger)) {
                throw refused(raw, expected(type));
            }
            value = new BigInteger(raw.toString().strip());
        } catch (NumberFormatException notANumber) {
            throw refused(raw, expected(type));
        }
        if (value.bitLength() > (isLong ? 63 : 31)) {
            throw refused(
                    raw,
                    isLong ? Long.MIN_VALUE + ".." + Long.MAX_VALUE : Integer.MIN_VALUE + ".." + Integer.MAX_VALUE);
        }
        if (isLong) {
            return value.longValue();
        }
        return value.intValue();
    }

    private static @Nullable Boolean truth(Object raw) {
        return switch (raw.toString().strip().toLowerCase(Locale.ROOT)) {
            case "true" -> true;
            case "false" -> false;
            default -> null;
        };
    }

    private static @Nullable Double real(Object raw) {
        if (raw instanceof Number number) {
            return number.doubleValue();
        }
        try {
            double value = raw instanceof String text ? Double.parseDouble(text.strip()) : Double.NaN;
            return Double.isFinite(value) ? value : null;
        } catch (NumberFormatException notANumber) {
            return null;
        }
    }

    private static @Nullable DataSize size(Object raw) {
        if (raw instanceof Integer || raw instanceof Long) {
            long bytes = ((Number) raw).longValue();
            return bytes < 0 ? null : new DataSize(bytes);
        }
        return raw instanceof String text ? DataSize.parse(text) : null;
    }

    private static @Nullable Path path(Object raw) {
        try {
            return raw instanceof String text && !text.isBlank() ? Path.of(text) : null;
        } catch (InvalidPathException notAPath) {
            return null;
        }
    }
}
