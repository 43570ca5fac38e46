package io.eventmesh.connector.http.source;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.eventmesh.common.config.Secret;
import io.eventmesh.common.time.MeshClock;
import io.eventmesh.http.auth.Hmac;
import io.eventmesh.http.auth.StandardSecret;
import java.security.MessageDigest;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Tells whether a request comes from who may post. Thread-safe, compares in constant time. */
interface Verifier {
    /** Why the request is refused, without any of its values; null when it is not. */
    @Nullable
    String refusal(WebhookRequest request);

    static Verifier of(VerificationConfig config, MeshClock clock) {
        return switch (config.preset()) {
            case NONE -> request -> null;
            case GITHUB ->
                new HeaderSignature(
                        "x-hub-signature-256",
                        "sha256=",
                        VerificationConfig.Encoding.HEX,
                        new Hmac(VerificationConfig.Algorithm.SHA256.hmac(), keys(config)));
            case GENERIC ->
                new HeaderSignature(
                        config.headerName(),
                        config.prefix(),
                        config.encoding(),
                        new Hmac(config.algorithm().hmac(), keys(config)));
            case STRIPE ->
                TimedSignature.stripe(
                        new Hmac(VerificationConfig.Algorithm.SHA256.hmac(), keys(config)), config, clock);
            case SLACK ->
                TimedSignature.slack(new Hmac(VerificationConfig.Algorithm.SHA256.hmac(), keys(config)), config, clock);
            case STANDARD ->
                TimedSignature.standard(
                        new Hmac(
                                VerificationConfig.Algorithm.SHA256.hmac(),
                                config.secrets().stream()
                                        .map(StandardSecret::key)
                                        .toList()),
                        config,
                        clock);
            case BASIC -> basic(config);
            case API_KEY ->
                request -> isOneOf(
                                config.secrets(),
                                request.header(config.headerName()).getBytes(UTF_8))
                        ? null
                        : "header %s: no key that is known here".formatted(config.headerName());
        };
    }

    private static List<byte[]> keys(VerificationConfig config) {
        return config.secrets().stream()
                .map(secret -> secret.reveal().getBytes(UTF_8))
                .toList();
    }

    private static Verifier basic(VerificationConfig config) {
        List<Secret> credentials = config.secrets().stream()
                .map(password -> Secret.of(config.username() + ":" + password.reveal()))
                .toList();
        return request -> {
            String header = request.header("authorization");
            if (header.toLowerCase(Locale.ROOT).startsWith("basic ")) {
                try {
                    byte[] given =
                            Base64.getDecoder().decode(header.substring(6).strip());
                    if (isOneOf(credentials, given)) {
                        return null;
                    }
                } catch (IllegalArgumentException notBase64) {
                    return "header authorization: not Base64 (expected: Basic and Base64)";
                }
            }
            return "header authorization: no user and password that are known here";
        };
    }

    private static boolean isOneOf(List<Secret> secrets, byte[] given) {
        boolean one = false;
        for (Secret secret : secrets) {
            one |= secret.isPresent() && MessageDigest.isEqual(secret.reveal().getBytes(UTF_8), given);
        }
        return one;
    }
}
