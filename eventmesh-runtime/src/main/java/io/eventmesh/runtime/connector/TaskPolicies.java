package io.eventmesh.runtime.connector;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.topic.TopicName;
import io.eventmesh.proto.v1.TaskDefinition;
import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What a connector says of failures.
 *
 * @param restarts of its tasks
 * @param letters of its events
 */
record TaskPolicies(Restarts restarts, Letters letters) {
    private static final ObjectMapper JSON = new ObjectMapper();

    /**
     * When a task that failed is tried again.
     *
     * @param most how often in a row; null for ever, but for what is given up in any case
     * @param first the first pause, which doubles each time
     * @param longest the longest pause
     */
    record Restarts(@Nullable Integer most, Duration first, Duration longest) {
        static final Restarts STANDARD = new Restarts(null, Duration.ofSeconds(1), Duration.ofMinutes(5));
    }

    /**
     * Where events go that cannot be moved.
     *
     * @param topic instead of the connector's own; null for that
     * @param tolerated whether the task goes on; otherwise it fails at the first one
     */
    record Letters(@Nullable TopicName topic, boolean tolerated) {
        static final Letters STANDARD = new Letters(null, true);

        /** The topic of dead letters. */
        TopicName topicOf(TaskDefinition task) {
            return Optional.ofNullable(topic)
                    .orElseGet(() -> TopicName.of("_dl/" + task.getNamespace() + "/connector/" + task.getConnector()));
        }
    }

    /** @throws EventMeshException CONNECTOR_CONFIG_INVALID */
    static TaskPolicies of(TaskDefinition task) {
        return new TaskPolicies(restarts(task), letters(task));
    }

    private static Restarts restarts(TaskDefinition task) {
        if (task.getRestartPolicy().isEmpty()) {
            return Restarts.STANDARD;
        }
        JsonNode policy = read("restartPolicy", task.getRestartPolicy());
        JsonNode most = policy.path("maxRestarts");
        long first =
                policy.path("initialDelayMs").asLong(Restarts.STANDARD.first().toMillis());
        long longest =
                policy.path("maxDelayMs").asLong(Restarts.STANDARD.longest().toMillis());
        if (most.asInt(0) < 0 || first < 0 || longest < first) {
            throw refused("restartPolicy", task.getRestartPolicy(), "no negative number, initialDelayMs <= maxDelayMs");
        }
        return new Restarts(
                most.isInt() ? most.intValue() : null, Duration.ofMillis(first), Duration.ofMillis(longest));
    }

    private static Letters letters(TaskDefinition task) {
        if (task.getDeadLetter().isEmpty()) {
            return Letters.STANDARD;
        }
        JsonNode policy = read("deadLetter", task.getDeadLetter());
        String topic = policy.path("topic").asText("");
        String tolerance = policy.path("tolerance").asText("ALL");
        return switch (tolerance) {
            case "ALL", "NONE" ->
                new Letters(
                        topic.isEmpty() || policy.path("topic").isNull() ? null : TopicName.of(topic),
                        tolerance.equals("ALL"));
            default -> throw refused("deadLetter.tolerance", tolerance, "ALL or NONE");
        };
    }

    private static JsonNode read(String key, String json) {
        try {
            JsonNode tree = JSON.readTree(json);
            if (tree.isObject()) {
                return tree;
            }
        } catch (JsonProcessingException malformed) {
            throw new EventMeshException(
                    ErrorCode.CONNECTOR_CONFIG_INVALID,
                    key + ": " + malformed.getOriginalMessage() + " (expected: a JSON object)",
                    malformed);
        }
        throw refused(key, json, "a JSON object");
    }

    private static EventMeshException refused(String key, String value, String expected) {
        return new EventMeshException(
                ErrorCode.CONNECTOR_CONFIG_INVALID, "%s: '%s' (expected: %s)".formatted(key, value, expected));
    }
}
