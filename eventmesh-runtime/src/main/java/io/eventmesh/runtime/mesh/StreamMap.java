package io.eventmesh.runtime.mesh;

import io.eventmesh.common.config.Check;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.topic.StreamName;
import io.eventmesh.common.topic.TopicName;
import io.eventmesh.common.topic.TopicPattern;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/** Which stream keeps a topic: the longest configured prefix says so, otherwise the first level. Thread-safe. */
final class StreamMap {
    /** Remembered names; past this many the memory is emptied, so that a caller cannot fill it for ever. */
    private static final int MAX_REMEMBERED = 10_000;

    private record Mapping(String prefix, String stream) {
        boolean takes(String topic) {
            return topic.startsWith(prefix)
                    && (topic.length() == prefix.length() || topic.charAt(prefix.length()) == '/');
        }
    }

    private final List<Mapping> mappings;
    /** By namespace and topic; in two steps, so that looking makes nothing. */
    private final Map<String, Map<TopicName, StreamName>> remembered = new ConcurrentHashMap<>();

    private final AtomicInteger count = new AtomicInteger();

    StreamMap(Map<String, String> prefixes) {
        mappings = prefixes.entrySet().stream()
                .map(entry -> new Mapping(entry.getKey(), entry.getValue()))
                .sorted(Comparator.comparingInt(
                                (Mapping mapping) -> mapping.prefix().length())
                        .reversed())
                .toList();
    }

    static void requireName(String key, String name) {
        try {
            TopicName topic = TopicName.of(name);
            Check.require(!topic.isReserved(), key, "'" + name + "'", "a name that does not begin with _");
        } catch (EventMeshException notATopic) {
            Check.require(false, key, "'" + name + "'", "levels of [A-Za-z0-9._~%-]");
        }
    }

    StreamName streamOf(String namespace, TopicName topic) {
        Map<TopicName, StreamName> topics = remembered.get(namespace);
        StreamName known = topics == null ? null : topics.get(topic);
        if (known != null) {
            return known;
        }
        StreamName found = find(namespace, topic);
        if (count.incrementAndGet() > MAX_REMEMBERED) {
            remembered.clear();
            count.set(1);
        }
        remembered
                .computeIfAbsent(namespace, unknown -> new ConcurrentHashMap<>())
                .put(topic, found);
        return found;
    }

    /** Whether the streams of a pattern cannot be named beforehand. */
    static boolean isWide(TopicPattern pattern) {
        return pattern.isFirstLevelWild() || (!pattern.isLiteral() && isNamedByTopic(pattern.firstLevel()));
    }

    /** The streams that may hold topics of the pattern, which must not be {@linkplain #isWide wide}. */
    Set<StreamName> streamsOf(String namespace, TopicPattern pattern) {
        if (pattern.isLiteral()) {
            return Set.of(streamOf(namespace, TopicName.of(pattern.value())));
        }
        Set<StreamName> streams = new LinkedHashSet<>();
        streams.add(find(namespace, TopicName.of(pattern.firstLevel())));
        for (Mapping mapping : mappings) {
            if (mayMeet(pattern, mapping.prefix())) {
                streams.add(new StreamName(namespace, mapping.stream()));
            }
        }
        return streams;
    }

    /** Whether the stream may hold a topic of the pattern. */
    boolean mayHold(StreamName stream, TopicPattern pattern) {
        TopicName name = TopicName.of(stream.name());
        if (name.isReserved()) {
            if (pattern.isFirstLevelWild()) {
                return false;
            }
            return isNamedByTopic(name.firstLevel())
                    ? pattern.matches(name)
                    : pattern.firstLevel().equals(name.firstLevel());
        }
        if (mayMeet(pattern, stream.name())) {
            return true;
        }
        for (Mapping mapping : mappings) {
            if (mapping.stream().equals(stream.name()) && mayMeet(pattern, mapping.prefix())) {
                return true;
            }
        }
        return false;
    }

    /** Below these the whole topic names the stream. */
    private static boolean isNamedByTopic(String firstLevel) {
        return firstLevel.equals("_t") || firstLevel.equals("_dl");
    }

    private StreamName find(String namespace, TopicName topic) {
        if (!topic.isReserved()) {
            for (Mapping mapping : mappings) {
                if (mapping.takes(topic.value())) {
                    return new StreamName(namespace, mapping.stream());
                }
            }
        }
        return StreamName.of(namespace, topic);
    }

    /** Whether a topic under the prefix may meet the pattern: level by level as far as both go. */
    private static boolean mayMeet(TopicPattern pattern, String prefix) {
        String[] wanted = pattern.value().split("/", -1);
        String[] given = prefix.split("/", -1);
        for (int i = 0; i < given.length; i++) {
            if (i >= wanted.length) {
                return false;
            }
            switch (wanted[i]) {
                case "#", ">" -> {
                    return true;
                }
                case "*", "+" -> {}
                default -> {
                    if (!wanted[i].equals(given[i])) {
                        return false;
                    }
                }
            }
        }
        return true;
    }
}
