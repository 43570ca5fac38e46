package io.eventmesh.sdk;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;

/**
 * What order is kept by: events of one key stay in the order of their publishing. Travels as the CloudEvents extension
 * {@code partitionkey}.
 *
 * @param value not empty
 */
public record Key(String value) {
    /** The name of the extension. */
    static final String ATTRIBUTE = "partitionkey";

    public Key {
        if (value.isEmpty()) {
            throw new EventMeshException(ErrorCode.REQUEST_INVALID, "key: '' (expected: not empty)");
        }
    }

    /** @throws EventMeshException REQUEST_INVALID when it is empty */
    public static Key of(String value) {
        return new Key(value);
    }
}
