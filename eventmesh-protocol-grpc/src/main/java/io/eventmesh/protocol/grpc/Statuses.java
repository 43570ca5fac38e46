package io.eventmesh.protocol.grpc;

import com.google.protobuf.Any;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.rpc.ErrorInfo;
import com.google.rpc.RetryInfo;
import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.protobuf.StatusProto;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The one place from an error of the mesh to a gRPC status with {@code google.rpc.ErrorInfo} and {@code RetryInfo}. Stateless. */
final class Statuses {
    private static final Logger log = LoggerFactory.getLogger(Statuses.class);
    static final String DOMAIN = "eventmesh";

    private Statuses() {}

    /** The status and its trailers for whatever a call failed with. */
    static StatusRuntimeException of(Throwable failure) {
        EventMeshException ours = ours(failure);
        ErrorInfo info = ErrorInfo.newBuilder()
                .setDomain(DOMAIN)
                .setReason(ours.code().name())
                .putMetadata("code", Integer.toString(ours.code().number()))
                .build();
        com.google.rpc.Status.Builder status = com.google.rpc.Status.newBuilder()
                .setCode(code(ours.code()).value())
                .setMessage(ours.reason())
                .addDetails(Any.pack(info));
        Duration pause = ours.retryAfter();
        if (!pause.isZero()) {
            status.addDetails(Any.pack(RetryInfo.newBuilder()
                    .setRetryDelay(com.google.protobuf.Duration.newBuilder()
                            .setSeconds(pause.getSeconds())
                            .setNanos(pause.getNano()))
                    .build()));
        }
        return StatusProto.toStatusRuntimeException(status.build());
    }

    /** The failure as one of ours. What no part of the mesh meant to throw is logged here, where its trace ends. */
    static EventMeshException ours(Throwable failure) {
        EventMeshException ours = EventMeshException.of(failure);
        if (ours.code() == ErrorCode.INTERNAL && ours.getCause() != null) {
            log.error("Call failed by a defect.", ours.getCause());
        }
        return ours;
    }

    /** What a call to another runtime failed with; one that was lost counts as SHUTTING_DOWN. */
    static EventMeshException failure(Throwable failure) {
        com.google.rpc.Status status = StatusProto.fromThrowable(failure);
        if (status != null) {
            for (Any detail : status.getDetailsList()) {
                if (detail.is(ErrorInfo.class)) {
                    EventMeshException said = said(detail, status.getMessage());
                    if (said != null) {
                        return said;
                    }
                }
            }
        }
        Status plain = Status.fromThrowable(failure);
        ErrorCode code = switch (plain.getCode()) {
            case DEADLINE_EXCEEDED -> ErrorCode.DEADLINE_EXCEEDED;
            case UNIMPLEMENTED -> ErrorCode.NOT_SUPPORTED;
            case UNAUTHENTICATED -> ErrorCode.UNAUTHENTICATED;
            case PERMISSION_DENIED -> ErrorCode.PERMISSION_DENIED;
            default -> ErrorCode.SHUTTING_DOWN;
        };
        String text = plain.getDescription();
        return new EventMeshException(code, text == null ? plain.getCode().name() : text, failure);
    }

    private static @Nullable EventMeshException said(Any detail, String message) {
        try {
            ErrorInfo info = detail.unpack(ErrorInfo.class);
            return info.getDomain().equals(DOMAIN)
                    ? new EventMeshException(ErrorCode.valueOf(info.getReason()), message)
                    : null;
        } catch (InvalidProtocolBufferException | IllegalArgumentException ofALaterRelease) {
            return null;
        }
    }

    static Status.Code code(ErrorCode code) {
        return switch (code) {
            case EVENT_INVALID,
                    EVENT_TOO_LARGE,
                    REQUEST_INVALID,
                    RULE_INVALID,
                    IDEMPOTENCY_MISMATCH,
                    PLUGIN_UNKNOWN,
                    CONNECTOR_CONFIG_INVALID -> Status.Code.INVALID_ARGUMENT;
            case UNAUTHENTICATED -> Status.Code.UNAUTHENTICATED;
            case PERMISSION_DENIED -> Status.Code.PERMISSION_DENIED;
            case TOPIC_NOT_FOUND, NOT_FOUND -> Status.Code.NOT_FOUND;
            case ALREADY_EXISTS -> Status.Code.ALREADY_EXISTS;
            case VERSION_CONFLICT, FENCED -> Status.Code.ABORTED;
            case NOT_SUPPORTED -> Status.Code.UNIMPLEMENTED;
            case PRECONDITION_FAILED, PRECONDITION_REQUIRED, NOT_LEADER -> Status.Code.FAILED_PRECONDITION;
            case RATE_LIMITED, STORAGE_FULL, QUOTA_EXCEEDED -> Status.Code.RESOURCE_EXHAUSTED;
            case OVERLOADED, STORAGE_UNAVAILABLE, META_UNAVAILABLE, SHUTTING_DOWN, DELIVERY_FAILED ->
                Status.Code.UNAVAILABLE;
            case DEADLINE_EXCEEDED -> Status.Code.DEADLINE_EXCEEDED;
            case DATA_CORRUPT -> Status.Code.DATA_LOSS;
            // The last four end a start and never a call.
            case INTERNAL, CONFIG_INVALID, PORT_IN_USE, STORAGE_OWNED, DATABASE_OWNED -> Status.Code.INTERNAL;
        };
    }
}
