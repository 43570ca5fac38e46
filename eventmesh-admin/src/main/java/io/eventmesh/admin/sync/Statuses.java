package io.eventmesh.admin.sync;

import com.google.protobuf.Any;
import com.google.rpc.ErrorInfo;
import com.google.rpc.Status;
import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.grpc.StatusRuntimeException;
import io.grpc.protobuf.StatusProto;
import java.util.Map;
import java.util.Optional;

/** How a refusal looks in gRPC: a status with {@code google.rpc.ErrorInfo}. */
final class Statuses {
    private Statuses() {}

    /** @param leader where the leader is; told with NOT_LEADER as metadata {@code leader} */
    static StatusRuntimeException of(EventMeshException failure, Optional<String> leader) {
        ErrorCode code = failure.code();
        ErrorInfo.Builder info = ErrorInfo.newBuilder()
                .setDomain("eventmesh")
                .setReason(code.name())
                .putAllMetadata(Map.of("code", Integer.toString(code.number())));
        if (code == ErrorCode.NOT_LEADER) {
            leader.ifPresent(address -> info.putMetadata("leader", address));
        }
        return StatusProto.toStatusRuntimeException(Status.newBuilder()
                .setCode(status(code).value())
                .setMessage(failure.reason())
                .addDetails(Any.pack(info.build()))
                .build());
    }

    static io.grpc.Status.Code status(ErrorCode code) {
        return switch (code) {
            case EVENT_INVALID,
                    EVENT_TOO_LARGE,
                    REQUEST_INVALID,
                    RULE_INVALID,
                    IDEMPOTENCY_MISMATCH,
                    PLUGIN_UNKNOWN,
                    CONNECTOR_CONFIG_INVALID -> io.grpc.Status.Code.INVALID_ARGUMENT;
            case UNAUTHENTICATED -> io.grpc.Status.Code.UNAUTHENTICATED;
            case PERMISSION_DENIED -> io.grpc.Status.Code.PERMISSION_DENIED;
            case TOPIC_NOT_FOUND, NOT_FOUND -> io.grpc.Status.Code.NOT_FOUND;
            case ALREADY_EXISTS -> io.grpc.Status.Code.ALREADY_EXISTS;
            case VERSION_CONFLICT, FENCED -> io.grpc.Status.Code.ABORTED;
            case NOT_SUPPORTED -> io.grpc.Status.Code.UNIMPLEMENTED;
            case PRECONDITION_FAILED, PRECONDITION_REQUIRED, NOT_LEADER -> io.grpc.Status.Code.FAILED_PRECONDITION;
            case RATE_LIMITED, STORAGE_FULL, QUOTA_EXCEEDED -> io.grpc.Status.Code.RESOURCE_EXHAUSTED;
            case OVERLOADED, STORAGE_UNAVAILABLE, META_UNAVAILABLE, SHUTTING_DOWN, DELIVERY_FAILED ->
                io.grpc.Status.Code.UNAVAILABLE;
            case DEADLINE_EXCEEDED -> io.grpc.Status.Code.DEADLINE_EXCEEDED;
            case CONFIG_INVALID, PORT_IN_USE, STORAGE_OWNED, DATABASE_OWNED, INTERNAL -> io.grpc.Status.Code.INTERNAL;
            case DATA_CORRUPT -> io.grpc.Status.Code.DATA_LOSS;
        };
    }
}
