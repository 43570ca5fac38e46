package io.eventmesh.protocol.grpc;

import io.eventmesh.common.error.ErrorCode;

/** Lets the reference of error codes ask the door's own mapper, which nobody else needs to see. */
public final class GrpcStatusNames {
    private GrpcStatusNames() {}

    public static String of(ErrorCode code) {
        return Statuses.code(code).name();
    }
}
