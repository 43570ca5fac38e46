package io.eventmesh.admin.rest;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.eventmesh.admin.definition.Json;
import io.eventmesh.proto.v1.DeliveryPolicy;
import java.time.Duration;

/** How it is shown how a target is delivered to: as people write it, with nothing left open. Stateless. */
final class Policies {
    private Policies() {}

    static ObjectNode document(DeliveryPolicy policy) {
        ObjectNode document = Json.object();
        ObjectNode retry = document.putObject("retry")
                .put("maxAttempts", policy.getMaxAttempts())
                .put("initialDelay", time(policy.getInitialDelayMs()))
                .put("multiplier", policy.getMultiplier())
                .put("maxDelay", time(policy.getMaxDelayMs()))
                .put("jitter", jitter(policy.getJitter()))
                .put("retryAfterMax", time(policy.getRetryAfterMaxMs()));
        if (policy.getRetryOnCount() > 0) {
            ArrayNode codes = retry.putArray("retryOn");
            policy.getRetryOnList().forEach(codes::add);
        }
        if (policy.getMaxAgeMs() > 0) {
            document.put("maxAge", time(policy.getMaxAgeMs()));
        }
        document.put("timeout", time(policy.getTimeoutMs()));
        document.put("orderingKey", policy.getOrderingKey());
        if (policy.getBatchEvents() > 1) {
            document.putObject("batch")
                    .put("events", policy.getBatchEvents())
                    .put("delay", time(policy.getBatchDelayMs()));
        }
        document.put("maxInFlight", policy.getMaxInFlight());
        if (policy.getRatePerSecond() > 0) {
            document.put("rate", policy.getRatePerSecond());
        }
        if (policy.getBreakerFailures() > 0) {
            document.putObject("breaker")
                    .put("failures", policy.getBreakerFailures())
                    .put("rest", time(policy.getBreakerRestMs()));
        }
        document.put("tolerance", policy.getStopOnFailure() ? "NONE" : "ALL");
        if (!policy.getDeadLetterTopic().isEmpty()) {
            document.putObject("deadLetter").put("topic", policy.getDeadLetterTopic());
        }
        return document;
    }

    private static String jitter(DeliveryPolicy.Jitter jitter) {
        return switch (jitter) {
            case JITTER_UNSPECIFIED, JITTER_FULL, UNRECOGNIZED -> "FULL";
            case JITTER_EQUAL -> "EQUAL";
            case JITTER_NONE -> "NONE";
        };
    }

    private static String time(long millis) {
        return Duration.ofMillis(millis).toString();
    }
}
