package io.eventmesh.test;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.Map;
import java.util.Queue;
import org.jspecify.annotations.Nullable;

/** What the next publishes to a topic fail with. Thread-safe. */
final class PlannedFailures {
    private final Map<String, Queue<ErrorCode>> byTopic = new HashMap<>();

    synchronized void plan(String topic, int count, ErrorCode code) {
        Queue<ErrorCode> planned = byTopic.computeIfAbsent(topic, none -> new ArrayDeque<>());
        for (int i = 0; i < count; i++) {
            planned.add(code);
        }
    }

    /** What a publish fails with that comes now; null for nothing. */
    synchronized @Nullable EventMeshException next(String topic) {
        Queue<ErrorCode> planned = byTopic.get(topic);
        ErrorCode code = planned == null ? null : planned.poll();
        return code == null
                ? null
                : new EventMeshException(code, "topic: %s (expected: none, by the test)".formatted(topic));
    }
}
