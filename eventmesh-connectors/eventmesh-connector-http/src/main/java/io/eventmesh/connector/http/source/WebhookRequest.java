package io.eventmesh.connector.http.source;

import io.vertx.core.MultiMap;

/** A request as it came, its body untouched. */
@SuppressWarnings("ArrayRecordComponent") // handed through, never compared
record WebhookRequest(MultiMap headers, byte[] body) {
    /** The header's first value, empty when it is absent. */
    String header(String name) {
        String value = headers.get(name);
        return value == null ? "" : value.strip();
    }
}
