package io.eventmesh.http.auth;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.eventmesh.common.config.Secret;
import java.time.Instant;
import java.util.Base64;
import java.util.List;
import java.util.stream.Collectors;

/**
 * Signs deliveries by Standard Webhooks, under several secrets at a time while one takes the place of another. Thread-safe.
 *
 * <p>Spec: Standard Webhooks 1.0.0, symmetric signatures.
 */
public final class WebhookSignature {
    public static final String ID = "webhook-id";
    public static final String TIMESTAMP = "webhook-timestamp";
    public static final String SIGNATURE = "webhook-signature";

    private final Hmac hmac;

    /** @throws IllegalArgumentException for a secret that {@link StandardSecret} does not take */
    public WebhookSignature(List<Secret> secrets) {
        this.hmac =
                new Hmac("HmacSHA256", secrets.stream().map(StandardSecret::key).toList());
    }

    /**
     * The value of {@link #SIGNATURE}.
     *
     * @param id the value of {@link #ID}, the same for each attempt
     * @param time of the attempt; {@link #TIMESTAMP} has its seconds
     */
    public String of(String id, Instant time, byte[] body) {
        byte[] before = "%s.%d.".formatted(id, time.getEpochSecond()).getBytes(UTF_8);
        return hmac.signatures(before, body).stream()
                .map(signature -> "v1," + Base64.getEncoder().encodeToString(signature))
                .collect(Collectors.joining(" "));
    }
}
