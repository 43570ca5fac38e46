package io.eventmesh.protocol.http;

import io.eventmesh.common.config.DurationText;
import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.topic.Names;
import io.eventmesh.http.PercentText;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * The parameters of a request, read strictly: an unknown one, one given twice, bad percent-encoding, invalid UTF-8 and
 * control characters are refused. A plus is a space, as forms write it.
 */
final class Query {
    private static final Query EMPTY = new Query(Map.of());

    private final Map<String, String> values;

    private Query(Map<String, String> values) {
        this.values = values;
    }

    /**
     * @param text what stands after the question mark
     * @throws EventMeshException REQUEST_INVALID
     */
    static Query of(@Nullable String text, Set<String> known) {
        if (text == null || text.isEmpty()) {
            return EMPTY;
        }
        Map<String, String> values = new HashMap<>();
        for (String pair : text.split("&", -1)) {
            if (pair.isEmpty()) {
                continue;
            }
            int equals = pair.indexOf('=');
            String name = PercentText.decoded("query", equals < 0 ? pair : pair.substring(0, equals), true);
            String value = equals < 0 ? "" : PercentText.decoded(name, pair.substring(equals + 1), true);
            if (!known.contains(name)) {
                throw invalid("parameter: '%s' (expected one of: %s)"
                        .formatted(Names.shown(name), String.join(", ", new TreeSet<>(known))));
            }
            if (values.put(name, value) != null) {
                throw invalid("parameter %s: given twice (expected: once)".formatted(name));
            }
        }
        return new Query(values);
    }

    Optional<String> text(String name) {
        return Optional.ofNullable(values.get(name));
    }

    String text(String name, String otherwise) {
        return Objects.requireNonNullElse(values.get(name), otherwise);
    }

    boolean has(String name) {
        return values.containsKey(name);
    }

    int number(String name, int otherwise, int min, int max) {
        String text = values.get(name);
        if (text == null) {
            return otherwise;
        }
        try {
            int number = Integer.parseInt(text);
            if (number >= min && number <= max) {
                return number;
            }
        } catch (NumberFormatException notANumber) {
            // said below
        }
        throw invalid("parameter %s: '%s' (expected: %d..%d)".formatted(name, Names.shown(text), min, max));
    }

    Duration duration(String name, Duration otherwise, Duration min, Duration max) {
        String text = values.get(name);
        return text == null ? otherwise : duration("parameter " + name, text, min, max);
    }

    /** One of the given words. */
    String choice(String name, String otherwise, String... words) {
        String text = values.get(name);
        if (text == null) {
            return otherwise;
        }
        for (String word : words) {
            if (word.equals(text)) {
                return word;
            }
        }
        throw invalid("parameter %s: '%s' (expected one of: %s)"
                .formatted(name, Names.shown(text), String.join(", ", words)));
    }

    boolean truth(String name, boolean otherwise) {
        return Boolean.parseBoolean(choice(name, Boolean.toString(otherwise), "true", "false"));
    }

    /** A duration within bounds, {@code 20s} or {@code PT20S}; a bare number counts seconds. */
    static Duration duration(String what, String text, Duration min, Duration max) {
        try {
            boolean bare = !text.isEmpty() && text.length() < 10 && text.chars().allMatch(c -> c >= '0' && c <= '9');
            Duration duration = bare ? Duration.ofSeconds(Long.parseLong(text)) : DurationText.parse(text);
            if (duration.compareTo(min) >= 0 && duration.compareTo(max) <= 0) {
                return duration;
            }
        } catch (IllegalArgumentException notADuration) {
            // said below
        }
        throw invalid("%s: '%s' (expected: a duration from %s to %s)"
                .formatted(what, Names.shown(text), DurationText.format(min), DurationText.format(max)));
    }

    static EventMeshException invalid(String message) {
        return new EventMeshException(ErrorCode.REQUEST_INVALID, message);
    }
}
