package io.eventmesh.connector.http.source;

import io.eventmesh.common.config.Check;
import io.eventmesh.common.config.Doc;
import io.eventmesh.common.config.Secret;
import java.time.Duration;
import java.util.List;
import java.util.Locale;

/**
 * How a source knows who posts.
 *
 * @param preset whose way of proving it
 * @param secrets any of them will do, so that one can be replaced without a gap
 * @param header where a generic signature or an API key stands
 * @param algorithm of a generic signature
 * @param encoding of a generic signature
 * @param prefix stands before a generic signature
 * @param username of {@code basic}
 * @param tolerance how far a signed time may be from now
 */
record VerificationConfig(
        @Doc("""
                none: anybody may post. github: X-Hub-Signature-256. stripe: Stripe-Signature. standard: the headers of \
                Standard Webhooks (webhook-id, -timestamp, -signature). slack: X-Slack-Signature. generic: an HMAC of \
                the body in a header. basic: user and password. api-key: a key in a header.""") Preset preset,

        @Doc("""
                The shared secrets; any one of them will do, so that a secret can be replaced without a gap. \
                Passwords with basic, keys with api-key.""") List<Secret> secrets,

        @Doc("The header with the signature (generic) or the key (api-key).")
        String header,

        @Doc("The HMAC of generic.") Algorithm algorithm,
        @Doc("How the signature of generic is written.") Encoding encoding,

        @Doc("What stands before the signature of generic, such as sha256=.")
        String prefix,

        @Doc("The user of basic.") String username,

        @Doc("How far the signed time of stripe, standard and slack may be from now.")
        Duration tolerance) {

    /** Whose way of proving who posts. */
    enum Preset {
        NONE,
        GITHUB,
        STRIPE,
        STANDARD,
        SLACK,
        GENERIC,
        BASIC,
        API_KEY
    }

    /** A keyed hash. */
    enum Algorithm {
        SHA1("HmacSHA1"),
        SHA256("HmacSHA256"),
        SHA512("HmacSHA512");

        private final String hmac;

        Algorithm(String hmac) {
            this.hmac = hmac;
        }

        String hmac() {
            return hmac;
        }
    }

    /** How bytes are written as text. */
    enum Encoding {
        HEX,
        BASE64
    }

    VerificationConfig {
        Check.require(secrets.size() <= 8, "secrets", secrets.size() + " of them", "at most 8");
        Check.require(
                header.matches("[A-Za-z0-9!#$%&'*+.^_`|~-]{0,128}"), "header", "'" + header + "'", "a header's name");
        Check.positive("tolerance", tolerance);
        Check.require(tolerance.compareTo(Duration.ofDays(1)) <= 0, "tolerance", tolerance, "at most 1 day");
    }

    static VerificationConfig defaults() {
        return new VerificationConfig(
                Preset.NONE, List.of(), "", Algorithm.SHA256, Encoding.HEX, "", "", Duration.ofMinutes(5));
    }

    /** The header with the signature or key. */
    String headerName() {
        return header.isEmpty() && preset == Preset.API_KEY ? "x-api-key" : header.toLowerCase(Locale.ROOT);
    }
}
