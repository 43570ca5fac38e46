package io.eventmesh.common.error;

/**
 * Every way in which the mesh says no, with a number that is never reused.
 *
 * <p>1xxx the caller, 2xxx load, 3xxx environment, 5xxx plugins, 9xxx the mesh itself. The mapping to a protocol's own
 * codes lives in that protocol's module, in a switch without a default.
 */
public enum ErrorCode {
    /** The event breaks a rule of CloudEvents or of the mesh; sending it again changes nothing. */
    EVENT_INVALID(1001, Retry.NO),
    /** The encoded event is larger than the limit. */
    EVENT_TOO_LARGE(1002, Retry.NO),
    /** A parameter of the call is wrong. */
    REQUEST_INVALID(1003, Retry.NO),
    /** The configuration was refused; the process ends with exit code 2. */
    CONFIG_INVALID(1004, Retry.NO),
    /** A rule's pattern, transform or target was refused. */
    RULE_INVALID(1005, Retry.NO),
    /** The caller did not prove who it is. */
    UNAUTHENTICATED(1101, Retry.NO),
    /** The caller may not do this. */
    PERMISSION_DENIED(1102, Retry.NO),
    /** The topic's stream does not exist and may not be made by use. */
    TOPIC_NOT_FOUND(1201, Retry.NO),
    /** The named thing does not exist. */
    NOT_FOUND(1202, Retry.NO),
    /** A thing of that name exists already, with other content. */
    ALREADY_EXISTS(1203, Retry.NO),
    /** The stored version is not the one that the caller had read. */
    VERSION_CONFLICT(1204, Retry.AFTER_READING),
    /** The storage, protocol or plugin in use cannot do this. */
    NOT_SUPPORTED(1205, Retry.NO),
    /** A condition of the request does not hold (If-Match). */
    PRECONDITION_FAILED(1206, Retry.AFTER_READING),
    /** The request must carry a condition (If-Match) and does not. */
    PRECONDITION_REQUIRED(1207, Retry.NO),
    /** The idempotency key was used before with another body. */
    IDEMPOTENCY_MISMATCH(1208, Retry.NO),
    /** The caller speaks under an old (term, epoch): somebody else owns the task or partition now. */
    FENCED(1301, Retry.NO),
    /** Another admin leads; ask that one. */
    NOT_LEADER(1302, Retry.ELSEWHERE),
    /** A rate is at its bound. */
    RATE_LIMITED(2001, Retry.LATER),
    /** Too much is in flight. */
    OVERLOADED(2002, Retry.YES),
    /** The stream's or the store's bytes are at their bound. */
    STORAGE_FULL(2003, Retry.LATER),
    /** A quota (streams, subscriptions, connections) is used up. */
    QUOTA_EXCEEDED(2004, Retry.LATER),
    /** The storage did not answer or failed; whether the write took effect is unknown. */
    STORAGE_UNAVAILABLE(3001, Retry.YES),
    /** The meta store does not answer. */
    META_UNAVAILABLE(3002, Retry.YES),
    /** This runtime drains; another one may take the call. */
    SHUTTING_DOWN(3003, Retry.ELSEWHERE),
    /** The answer did not come in time. */
    DEADLINE_EXCEEDED(3004, Retry.IF_IDEMPOTENT),
    /** The port is taken; the process ends with exit code 3. */
    PORT_IN_USE(3005, Retry.NO),
    /** Node-local storage belongs to another runtime; the process ends with exit code 3. */
    STORAGE_OWNED(3006, Retry.NO),
    /** The single-admin database belongs to another admin; the process ends with exit code 3. */
    DATABASE_OWNED(3007, Retry.NO),
    /** No plugin of that kind has that name. */
    PLUGIN_UNKNOWN(5001, Retry.NO),
    /** The connector's configuration was refused by its plugin. */
    CONNECTOR_CONFIG_INVALID(5002, Retry.NO),
    /** A defect of the mesh. */
    INTERNAL(9001, Retry.NO),
    /** Stored bytes are not what was written. */
    DATA_CORRUPT(9002, Retry.NO);

    /** What a caller may do with a refused call. */
    public enum Retry {
        NO,
        YES,
        LATER,
        ELSEWHERE,
        AFTER_READING,
        IF_IDEMPOTENT
    }

    private final int number;
    private final Retry retry;

    ErrorCode(int number, Retry retry) {
        this.number = number;
        this.retry = retry;
    }

    /** The stable number, as in logs, problem documents and {@code google.rpc.ErrorInfo}. */
    public int number() {
        return number;
    }

    public Retry retry() {
        return retry;
    }

    /** Whether the same call may succeed when it is made again, here or at another runtime. */
    public boolean retryable() {
        return switch (retry) {
            case YES, LATER, ELSEWHERE -> true;
            case NO, AFTER_READING, IF_IDEMPOTENT -> false;
        };
    }
}
