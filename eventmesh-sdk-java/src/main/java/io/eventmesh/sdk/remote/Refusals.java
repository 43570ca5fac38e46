package io.eventmesh.sdk.remote;

import com.google.protobuf.Any;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import com.google.rpc.ErrorInfo;
import com.google.rpc.RetryInfo;
import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.proto.v1.Problem;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.protobuf.StatusProto;
import java.time.Duration;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** From what came over the wire to the errors of the mesh. Stateless. */
final class Refusals {
    private static final Set<ErrorCode> TROUBLE = Set.of(
            ErrorCode.OVERLOADED,
            ErrorCode.STORAGE_FULL,
            ErrorCode.STORAGE_UNAVAILABLE,
            ErrorCode.META_UNAVAILABLE,
            ErrorCode.INTERNAL,
            ErrorCode.DATA_CORRUPT);

    private static final Set<ErrorCode> BOUNDS =
            Set.of(ErrorCode.RATE_LIMITED, ErrorCode.QUOTA_EXCEEDED, ErrorCode.STORAGE_FULL, ErrorCode.DELIVERY_FAILED);

    private Refusals() {}

    /** What a call ended with; a connection that was lost counts as SHUTTING_DOWN: another runtime may take the call. */
    static EventMeshException of(Links.Link link, Status status, Metadata trailers) {
        return of(status, trailers).saidBy(link.endpoint().grpc());
    }

    /** As {@link #of(Links.Link, Status, Metadata)}, without saying who said so. */
    static EventMeshException of(Status status, Metadata trailers) {
        com.google.rpc.Status details = StatusProto.fromStatusAndTrailers(status, trailers);
        ErrorInfo info = detail(details, ErrorInfo.class);
        if (info != null && info.getDomain().equals("eventmesh")) {
            RetryInfo retry = detail(details, RetryInfo.class);
            com.google.protobuf.Duration pause =
                    retry == null ? com.google.protobuf.Duration.getDefaultInstance() : retry.getRetryDelay();
            return of(
                    info.getReason(),
                    details.getMessage(),
                    Duration.ofSeconds(Math.max(0, pause.getSeconds()), Math.max(0, pause.getNanos())));
        }
        String message = status.getDescription() == null ? status.getCode().name() : status.getDescription();
        return new EventMeshException(code(status.getCode()), message, status.getCause());
    }

    static EventMeshException of(Links.Link link, Problem problem) {
        return of(problem.getName(), problem.getMessage(), Duration.ofMillis(Math.max(0, problem.getRetryAfterMs())))
                .saidBy(link.endpoint().grpc());
    }

    /** Whether making the same call again, anywhere, would meet the same answer. */
    static boolean isFinal(EventMeshException refusal) {
        return switch (refusal.code()) {
            case OVERLOADED,
                    STORAGE_UNAVAILABLE,
                    META_UNAVAILABLE,
                    SHUTTING_DOWN,
                    DEADLINE_EXCEEDED,
                    INTERNAL,
                    NOT_LEADER,
                    RATE_LIMITED,
                    DELIVERY_FAILED,
                    STORAGE_FULL,
                    QUOTA_EXCEEDED -> false;
            case EVENT_INVALID,
                    EVENT_TOO_LARGE,
                    REQUEST_INVALID,
                    CONFIG_INVALID,
                    RULE_INVALID,
                    UNAUTHENTICATED,
                    PERMISSION_DENIED,
                    TOPIC_NOT_FOUND,
                    NOT_FOUND,
                    ALREADY_EXISTS,
                    VERSION_CONFLICT,
                    NOT_SUPPORTED,
                    PRECONDITION_FAILED,
                    PRECONDITION_REQUIRED,
                    IDEMPOTENCY_MISMATCH,
                    FENCED,
                    PORT_IN_USE,
                    STORAGE_OWNED,
                    DATABASE_OWNED,
                    PLUGIN_UNKNOWN,
                    CONNECTOR_CONFIG_INVALID,
                    DATA_CORRUPT -> true;
        };
    }

    /** Whether a bound that all runtimes keep was met, so that going to another one is of no use. */
    static boolean isOfAll(EventMeshException refusal) {
        return BOUNDS.contains(refusal.code());
    }

    /** Whether a runtime says by it that it, and not the caller, is in trouble. */
    static boolean isTrouble(EventMeshException refusal) {
        return TROUBLE.contains(refusal.code());
    }

    private static EventMeshException of(String name, String message, Duration retryAfter) {
        try {
            return new EventMeshException(ErrorCode.valueOf(name), message, retryAfter);
        } catch (IllegalArgumentException newerCode) {
            return new EventMeshException(ErrorCode.INTERNAL, name + " " + message, newerCode);
        }
    }

    private static ErrorCode code(Status.Code code) {
        return switch (code) {
            case UNAVAILABLE, CANCELLED, UNKNOWN, OK -> ErrorCode.SHUTTING_DOWN;
            case INVALID_ARGUMENT, OUT_OF_RANGE, FAILED_PRECONDITION -> ErrorCode.REQUEST_INVALID;
            case DEADLINE_EXCEEDED -> ErrorCode.DEADLINE_EXCEEDED;
            case NOT_FOUND -> ErrorCode.NOT_FOUND;
            case ALREADY_EXISTS -> ErrorCode.ALREADY_EXISTS;
            case PERMISSION_DENIED -> ErrorCode.PERMISSION_DENIED;
            case UNAUTHENTICATED -> ErrorCode.UNAUTHENTICATED;
            case RESOURCE_EXHAUSTED -> ErrorCode.OVERLOADED;
            case UNIMPLEMENTED -> ErrorCode.NOT_SUPPORTED;
            case ABORTED -> ErrorCode.FENCED;
            case INTERNAL -> ErrorCode.INTERNAL;
            case DATA_LOSS -> ErrorCode.DATA_CORRUPT;
        };
    }

    private static <M extends Message> @Nullable M detail(com.google.rpc.Status details, Class<M> type) {
        for (Any detail : details.getDetailsList()) {
            try {
                if (detail.is(type)) {
                    return detail.unpack(type);
                }
            } catch (InvalidProtocolBufferException unreadable) {
                return null;
            }
        }
        return null;
    }
}
