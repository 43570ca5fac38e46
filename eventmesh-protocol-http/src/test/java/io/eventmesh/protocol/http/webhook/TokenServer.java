package io.eventmesh.protocol.http.webhook;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.atomic.AtomicInteger;

/** Gives tokens {@code t1}, {@code t2} … to whoever asks. Thread-safe. */
final class TokenServer implements AutoCloseable {
    private final AtomicInteger granted = new AtomicInteger();
    private final Endpoint endpoint;

    TokenServer(int expiresIn) throws IOException {
        endpoint = new Endpoint(exchange -> {
            byte[] body = "{\"access_token\": \"t%d\", \"expires_in\": %d}"
                    .formatted(granted.incrementAndGet(), expiresIn)
                    .getBytes(StandardCharsets.UTF_8);
            exchange.sendResponseHeaders(200, body.length);
            exchange.getResponseBody().write(body);
        });
    }

    Endpoint endpoint() {
        return endpoint;
    }

    String spec(String more) {
        return "{'tokenUrl': '%s', 'clientId': 'shop', 'clientSecret': 's3cret'%s}".formatted(endpoint.url(), more);
    }

    int asked() {
        return endpoint.received().size();
    }

    @Override
    public void close() {
        endpoint.close();
    }
}
