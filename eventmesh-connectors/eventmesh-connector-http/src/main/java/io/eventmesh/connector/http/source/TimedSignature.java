package io.eventmesh.connector.http.source;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.eventmesh.common.time.MeshClock;
import io.eventmesh.connector.http.source.VerificationConfig.Encoding;
import io.eventmesh.http.auth.Hmac;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A signature of time and body, so that a request that somebody has recorded cannot be sent again later.
 *
 * <p>Several signatures may be given, one of which must match: a sender that changes its secret signs with both.
 */
final class TimedSignature implements Verifier {
    /** What stands in the headers. */
    private record Given(String time, String before, List<byte[]> signatures) {}

    private interface Reading {
        Given of(WebhookRequest request);
    }

    private final String what;
    private final Hmac hmac;
    private final Duration tolerance;
    private final MeshClock clock;
    private final Reading reading;

    private TimedSignature(String what, Hmac hmac, VerificationConfig config, MeshClock clock, Reading reading) {
        this.what = what;
        this.hmac = hmac;
        this.tolerance = config.tolerance();
        this.clock = clock;
        this.reading = reading;
    }

    /** {@code Stripe-Signature: t=1492774577,v1=5257a8…,v1=…}, over {@code t.body}. */
    static TimedSignature stripe(Hmac hmac, VerificationConfig config, MeshClock clock) {
        return new TimedSignature("header stripe-signature", hmac, config, clock, request -> {
            String time = "";
            List<byte[]> signatures = new ArrayList<>();
            for (String pair : request.header("stripe-signature").split(",", 32)) {
                String part = pair.strip();
                if (part.startsWith("t=")) {
                    time = part.substring(2);
                } else if (part.startsWith("v1=")) {
                    add(signatures, part.substring(3), Encoding.HEX);
                }
            }
            return new Given(time, time + ".", signatures);
        });
    }

    /** {@code webhook-signature: v1,g0hM9S… v1,…}, over {@code id.time.body}; see standardwebhooks.com. */
    static TimedSignature standard(Hmac hmac, VerificationConfig config, MeshClock clock) {
        return new TimedSignature(
                "headers webhook-id, webhook-timestamp and webhook-signature", hmac, config, clock, request -> {
                    String time = request.header("webhook-timestamp");
                    List<byte[]> signatures = new ArrayList<>();
                    for (String signature : request.header("webhook-signature").split(" ", 32)) {
                        if (signature.startsWith("v1,")) {
                            add(signatures, signature.substring(3), Encoding.BASE64);
                        }
                    }
                    return new Given(time, request.header("webhook-id") + "." + time + ".", signatures);
                });
    }

    /** {@code X-Slack-Signature: v0=a2114d…}, over {@code v0:time:body}. */
    static TimedSignature slack(Hmac hmac, VerificationConfig config, MeshClock clock) {
        return new TimedSignature(
                "headers x-slack-request-timestamp and x-slack-signature", hmac, config, clock, request -> {
                    String time = request.header("x-slack-request-timestamp");
                    List<byte[]> signatures = new ArrayList<>();
                    String signature = request.header("x-slack-signature");
                    if (signature.startsWith("v0=")) {
                        add(signatures, signature.substring(3), Encoding.HEX);
                    }
                    return new Given(time, "v0:" + time + ":", signatures);
                });
    }

    /** What is unreadable matches nothing. */
    private static void add(List<byte[]> signatures, String text, Encoding encoding) {
        try {
            signatures.add(HeaderSignature.decoded(text, encoding));
        } catch (IllegalArgumentException unreadable) {
            // another one may match
        }
    }

    @Override
    public @Nullable String refusal(WebhookRequest request) {
        Given given = reading.of(request);
        if (given.signatures().isEmpty() || !given.time().matches("\\d{1,11}")) {
            return what + ": absent or unreadable (expected: a time and a signature)";
        }
        if (!hmac.matches(given.signatures(), given.before().getBytes(UTF_8), request.body())) {
            return what + ": no match with the body under any secret here";
        }
        long off = Math.abs(clock.instant().getEpochSecond() - Long.parseLong(given.time()));
        return off <= tolerance.toSeconds()
                ? null
                : "%s: %d s off (expected: at most %d s)".formatted(what, off, tolerance.toSeconds());
    }
}
