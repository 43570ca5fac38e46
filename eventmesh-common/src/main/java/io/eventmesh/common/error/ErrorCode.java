package io.eventmesh.common.error;

/**
 * Every way in which the mesh says no, with a number that is never reused.
 *
 * <p>1xxx the caller, 2xxx load, 3xxx environment, 5xxx plugins, 9xxx the mesh itself. The mapping to a protocol's own
 * codes lives in that protocol's module, in a switch without a default.
 */
public enum ErrorCode {
    EVENT_INVALID(
            1001, Retry.NO, "The event breaks a rule of CloudEvents or of the mesh; sending it again changes nothing."),
    EVENT_TOO_LARGE(1002, Retry.NO, "The encoded event is larger than the limit."),
    REQUEST_INVALID(1003, Retry.NO, "A parameter of the call is wrong."),
    CONFIG_INVALID(1004, Retry.NO, "The configuration was refused; the process ends with exit code 2."),
    RULE_INVALID(1005, Retry.NO, "A rule's pattern, transform or target was refused."),
    UNAUTHENTICATED(1101, Retry.NO, "The caller did not prove who it is."),
    PERMISSION_DENIED(1102, Retry.NO, "The caller may not do this."),
    TOPIC_NOT_FOUND(1201, Retry.NO, "The topic's stream does not exist and may not be made by use."),
    NOT_FOUND(1202, Retry.NO, "The named thing does not exist."),
    ALREADY_EXISTS(1203, Retry.NO, "A thing of that name exists already, with other content."),
    VERSION_CONFLICT(1204, Retry.AFTER_READING, "The stored version is not the one that the caller had read."),
    NOT_SUPPORTED(1205, Retry.NO, "The storage, protocol or plugin in use cannot do this."),
    PRECONDITION_FAILED(1206, Retry.AFTER_READING, "A condition of the request does not hold (If-Match)."),
    PRECONDITION_REQUIRED(1207, Retry.NO, "The request must carry a condition (If-Match) and does not."),
    IDEMPOTENCY_MISMATCH(1208, Retry.NO, "The idempotency key was used before with another body."),
    FENCED(
            1301,
            Retry.NO,
            "The caller speaks under an old (term, epoch): somebody else owns the task or partition now."),
    NOT_LEADER(1302, Retry.ELSEWHERE, "Another admin leads; ask that one."),
    RATE_LIMITED(2001, Retry.LATER, "A rate is at its bound."),
    OVERLOADED(2002, Retry.YES, "Too much is in flight."),
    STORAGE_FULL(2003, Retry.LATER, "The stream's or the store's bytes are at their bound."),
    QUOTA_EXCEEDED(2004, Retry.LATER, "A quota (streams, subscriptions, connections) is used up."),
    STORAGE_UNAVAILABLE(
            3001, Retry.YES, "The storage did not answer or failed; whether the write took effect is unknown."),
    META_UNAVAILABLE(3002, Retry.YES, "The meta store does not answer."),
    SHUTTING_DOWN(3003, Retry.ELSEWHERE, "This runtime drains; another one may take the call."),
    DEADLINE_EXCEEDED(3004, Retry.IF_IDEMPOTENT, "The answer did not come in time."),
    PORT_IN_USE(3005, Retry.NO, "The port is taken; the process ends with exit code 3."),
    STORAGE_OWNED(3006, Retry.NO, "Node-local storage belongs to another runtime; the process ends with exit code 3."),
    DATABASE_OWNED(
            3007, Retry.NO, "The single-admin database belongs to another admin; the process ends with exit code 3."),
    DELIVERY_FAILED(3008, Retry.YES, "A destination did not take the event: not reached, too slow, or it said no."),
    PLUGIN_UNKNOWN(5001, Retry.NO, "No plugin of that kind has that name."),
    CONNECTOR_CONFIG_INVALID(5002, Retry.NO, "The connector's configuration was refused by its plugin."),
    INTERNAL(9001, Retry.NO, "A defect of the mesh."),
    DATA_CORRUPT(9002, Retry.NO, "Stored bytes are not what was written.");

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
    private final String meaning;

    ErrorCode(int number, Retry retry, String meaning) {
        this.number = number;
        this.retry = retry;
        this.meaning = meaning;
    }

    /** The stable number, as in logs, problem documents and {@code google.rpc.ErrorInfo}. */
    public int number() {
        return number;
    }

    public Retry retry() {
        return retry;
    }

    /** One sentence for people, as in the reference of error codes. */
    public String meaning() {
        return meaning;
    }

    /** Whether the same call may succeed when it is made again, here or at another runtime. */
    public boolean retryable() {
        return switch (retry) {
            case YES, LATER, ELSEWHERE -> true;
            case NO, AFTER_READING, IF_IDEMPOTENT -> false;
        };
    }
}
