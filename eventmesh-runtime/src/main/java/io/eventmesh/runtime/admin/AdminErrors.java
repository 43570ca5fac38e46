package io.eventmesh.runtime.admin;

import com.google.protobuf.Any;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.rpc.ErrorInfo;
import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.grpc.Status;
import io.grpc.protobuf.StatusProto;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** What a failed call to the admin means here. */
final class AdminErrors {
    private static final String LEADER = "leader";

    private AdminErrors() {}

    /** The admin's refusal with its code; anything that came without one means that no admin answered. */
    static EventMeshException of(Throwable failure) {
        ErrorInfo info = info(failure);
        Status status = Status.fromThrowable(failure);
        String message = status.getDescription() == null ? status.getCode().name() : status.getDescription();
        if (info != null) {
            for (ErrorCode code : ErrorCode.values()) {
                if (code.name().equals(info.getReason())) {
                    return new EventMeshException(code, message, failure);
                }
            }
        }
        ErrorCode code = switch (status.getCode()) {
            case UNAUTHENTICATED -> ErrorCode.UNAUTHENTICATED;
            case PERMISSION_DENIED -> ErrorCode.PERMISSION_DENIED;
            case UNIMPLEMENTED -> ErrorCode.NOT_SUPPORTED;
            case NOT_FOUND -> ErrorCode.NOT_FOUND;
            default -> ErrorCode.META_UNAVAILABLE;
        };
        return new EventMeshException(code, "admin: " + message, failure);
    }

    /** The leader's address, when another admin named it. */
    static Optional<String> leader(Throwable failure) {
        ErrorInfo info = info(failure);
        if (info == null || !info.getReason().equals(ErrorCode.NOT_LEADER.name())) {
            return Optional.empty();
        }
        return Optional.ofNullable(info.getMetadataMap().get(LEADER)).filter(address -> !address.isEmpty());
    }

    private static @Nullable ErrorInfo info(Throwable failure) {
        com.google.rpc.Status status = StatusProto.fromThrowable(failure);
        if (status == null) {
            return null;
        }
        for (Any detail : status.getDetailsList()) {
            if (detail.is(ErrorInfo.class)) {
                try {
                    return detail.unpack(ErrorInfo.class);
                } catch (InvalidProtocolBufferException malformed) {
                    return null;
                }
            }
        }
        return null;
    }
}
