package io.eventmesh.protocol.http.client;

import io.vertx.core.MultiMap;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpMethod;

/**
 * A request on its way: who makes it and who proves who it is from add headers to it. Used on the loop.
 *
 * @param url the whole, with its query
 * @param id the same for each attempt at the same content, for receivers that know it again
 */
public record Message(HttpMethod method, String url, MultiMap headers, Buffer body, String id) {
    /** The same content, to be sent with other proof. */
    Message again() {
        return new Message(method, url, MultiMap.caseInsensitiveMultiMap().addAll(headers), body, id);
    }

    /** Without query, headers and content, which may be secret. */
    @Override
    public String toString() {
        return method + " " + Caller.where(url);
    }
}
