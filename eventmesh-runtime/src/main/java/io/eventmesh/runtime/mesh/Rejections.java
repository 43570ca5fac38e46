package io.eventmesh.runtime.mesh;

import io.eventmesh.common.error.ErrorCode;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.EnumMap;
import java.util.Map;
import java.util.Objects;

/** Counts what admission and storage refuse, by reason, each counter found once. Thread-safe. */
final class Rejections {
    private final Map<ErrorCode, Counter> counters = new EnumMap<>(ErrorCode.class);

    Rejections(MeterRegistry meters) {
        for (ErrorCode code : ErrorCode.values()) {
            counters.put(
                    code,
                    Counter.builder("eventmesh.rejected")
                            .description("Calls that were refused, by why")
                            .tag("reason", reason(code))
                            .register(meters));
        }
    }

    void count(ErrorCode code) {
        Objects.requireNonNull(counters.get(code)).increment();
    }

    private static String reason(ErrorCode code) {
        return switch (code) {
            case EVENT_TOO_LARGE -> "size";
            case RATE_LIMITED -> "rate";
            case UNAUTHENTICATED -> "auth";
            case PERMISSION_DENIED -> "acl";
            case QUOTA_EXCEEDED -> "quota";
            case SHUTTING_DOWN -> "draining";
            case OVERLOADED, STORAGE_FULL -> "memory";
            case EVENT_INVALID, REQUEST_INVALID, RULE_INVALID -> "invalid";
            case TOPIC_NOT_FOUND, NOT_FOUND -> "unknown";
            case FENCED -> "fenced";
            case ALREADY_EXISTS, VERSION_CONFLICT -> "conflict";
            case STORAGE_UNAVAILABLE -> "storage";
            case CONFIG_INVALID,
                    NOT_SUPPORTED,
                    PRECONDITION_FAILED,
                    PRECONDITION_REQUIRED,
                    IDEMPOTENCY_MISMATCH,
                    NOT_LEADER,
                    META_UNAVAILABLE,
                    DEADLINE_EXCEEDED,
                    PORT_IN_USE,
                    STORAGE_OWNED,
                    DATABASE_OWNED,
                    DELIVERY_FAILED,
                    PLUGIN_UNKNOWN,
                    CONNECTOR_CONFIG_INVALID,
                    INTERNAL,
                    DATA_CORRUPT -> "other";
        };
    }
}
