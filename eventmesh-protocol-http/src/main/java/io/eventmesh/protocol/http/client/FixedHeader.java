package io.eventmesh.protocol.http.client;

import io.vertx.core.Future;

/** A header that is always the same. */
final class FixedHeader implements Proof {
    private final String name;
    private final String value;

    FixedHeader(String name, String value) {
        this.name = name;
        this.value = value;
    }

    @Override
    public Future<Void> prove(Message message) {
        message.headers().set(name, value);
        return Future.succeededFuture();
    }

    @Override
    public boolean renews(Message refused) {
        return !value.equals(refused.headers().get(name));
    }
}
