package io.eventmesh.protocol.http.client;

import io.vertx.core.MultiMap;
import io.vertx.core.buffer.Buffer;

/**
 * What came back.
 *
 * @param body of one that is too long, or did not end in time, its beginning
 * @param whole whether the body is all of it
 */
public record Answer(int status, MultiMap headers, Buffer body, boolean whole) {
    /** Without headers and content, which may be secret. */
    @Override
    public String toString() {
        return "HTTP status " + status;
    }
}
