package io.eventmesh.common.error;

/** From error code to HTTP status: what every door that speaks HTTP answers. */
public final class HttpStatuses {
    private HttpStatuses() {}

    public static int of(ErrorCode code) {
        return switch (code) {
            case EVENT_INVALID, REQUEST_INVALID -> 400;
            case UNAUTHENTICATED -> 401;
            case PERMISSION_DENIED -> 403;
            case TOPIC_NOT_FOUND, NOT_FOUND -> 404;
            case ALREADY_EXISTS, VERSION_CONFLICT, FENCED -> 409;
            case PRECONDITION_FAILED -> 412;
            case EVENT_TOO_LARGE -> 413;
            case NOT_LEADER -> 421;
            case RULE_INVALID, IDEMPOTENCY_MISMATCH, PLUGIN_UNKNOWN, CONNECTOR_CONFIG_INVALID -> 422;
            case PRECONDITION_REQUIRED -> 428;
            case RATE_LIMITED, QUOTA_EXCEEDED -> 429;
            case CONFIG_INVALID, PORT_IN_USE, STORAGE_OWNED, DATABASE_OWNED, INTERNAL, DATA_CORRUPT -> 500;
            case NOT_SUPPORTED -> 501;
            case DELIVERY_FAILED -> 502;
            case OVERLOADED, STORAGE_UNAVAILABLE, META_UNAVAILABLE, SHUTTING_DOWN -> 503;
            case DEADLINE_EXCEEDED -> 504;
            case STORAGE_FULL -> 507;
        };
    }
}
