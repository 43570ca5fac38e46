package io.eventmesh.connector.http.source;

import java.util.function.BiConsumer;

/**
 * Consents to deliveries, by what is configured and nothing else: a task that moved to another runtime answers as before.
 *
 * <p>The status of an answer is no sign of consent, only {@code WebHook-Allowed-Origin} is. A callback that is offered
 * is never called: consent is given at once or not at all, and an address that a stranger names is not to be called from
 * here. Thread-safe.
 *
 * <p>Spec: CloudEvents HTTP 1.1 Web Hooks 1.0.2, section 4.
 */
final class Handshake {
    static final String ORIGIN = "WebHook-Request-Origin";
    private static final String RATE = "WebHook-Request-Rate";

    private final HandshakeConfig config;

    Handshake(HandshakeConfig config) {
        this.config = config;
    }

    /** The headers of the answer to OPTIONS. */
    void answer(WebhookRequest request, BiConsumer<String, String> header) {
        header.accept("Allow", "POST, OPTIONS");
        String origin = request.header(ORIGIN);
        if (origin.isEmpty() || !allows(origin)) {
            return;
        }
        header.accept("WebHook-Allowed-Origin", origin);
        if (config.ratePerMinute() > 0) {
            header.accept("WebHook-Allowed-Rate", Integer.toString(config.ratePerMinute()));
        } else if (!request.header(RATE).isEmpty()) {
            header.accept("WebHook-Allowed-Rate", "*");
        }
    }

    /** Whether a delivery is refused for its origin. */
    boolean refuses(WebhookRequest delivery) {
        return config.require() && !allows(delivery.header(ORIGIN));
    }

    private boolean allows(String origin) {
        return origin.matches("[A-Za-z0-9._:-]{1,253}")
                && config.allowedOrigins().stream()
                        .anyMatch(allowed -> allowed.equals("*") || allowed.equalsIgnoreCase(origin));
    }
}
