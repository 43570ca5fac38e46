package io.eventmesh.connector.http.source;

import io.eventmesh.common.config.Check;
import io.eventmesh.common.config.Doc;
import java.util.List;

/**
 * To whom a source consents when it is asked by OPTIONS.
 *
 * @param allowedOrigins names, or {@code *} for everybody
 * @param ratePerMinute how many requests a minute it consents to, 0 for as many as it is asked for
 * @param require whether each delivery must carry an origin that is allowed
 */
record HandshakeConfig(
        @Doc("""
                The origins that may send, when they ask by OPTIONS as the CloudEvents webhook specification says: DNS \
                names, or * for everybody. Consent proves nobody's identity; that is the verification's business.""") List<String> allowedOrigins,

        @Doc("How many requests a minute are consented to; 0 for as many as are asked for.")
        int ratePerMinute,

        @Doc("Whether each delivery must carry WebHook-Request-Origin with one of the allowed origins.")
        boolean require) {
    HandshakeConfig {
        for (String origin : allowedOrigins) {
            Check.require(
                    origin.equals("*") || origin.matches("[A-Za-z0-9._-]{1,253}"),
                    "allowed-origins",
                    "'" + origin + "'",
                    "DNS names, or *");
        }
        Check.range("rate-per-minute", ratePerMinute, 0, 1_000_000_000);
    }

    static HandshakeConfig defaults() {
        return new HandshakeConfig(List.of("*"), 0, false);
    }
}
