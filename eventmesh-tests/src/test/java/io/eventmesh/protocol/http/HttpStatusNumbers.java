package io.eventmesh.protocol.http;

import io.eventmesh.common.error.ErrorCode;

/** Lets the reference of error codes ask the door's own mapper, which nobody else needs to see. */
public final class HttpStatusNumbers {
    private HttpStatusNumbers() {}

    public static String of(ErrorCode code) {
        return Integer.toString(HttpStatuses.of(code));
    }
}
