package io.eventmesh.connector.http.source;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class HandshakeTest {
    @Test
    void anAllowedOriginGetsConsentInItsName() {
        Handshake handshake = new Handshake(new HandshakeConfig(List.of("mesh.example.com"), 0, false));

        assertThat(answer(handshake, "WebHook-Request-Origin", "Mesh.example.com"))
                .containsEntry("WebHook-Allowed-Origin", "Mesh.example.com")
                .containsEntry("Allow", "POST, OPTIONS")
                .doesNotContainKey("WebHook-Allowed-Rate");
    }

    @Test
    void anotherOriginGetsNoSignOfConsent() {
        Handshake handshake = new Handshake(new HandshakeConfig(List.of("mesh.example.com"), 0, false));

        assertThat(answer(handshake, "WebHook-Request-Origin", "evil.example.com"))
                .containsOnlyKeys("Allow");
        assertThat(answer(handshake)).containsOnlyKeys("Allow");
    }

    @Test
    void aRateIsAnsweredWhenItIsAskedForOrConfigured() {
        Handshake any = new Handshake(HandshakeConfig.defaults());
        Handshake slow = new Handshake(new HandshakeConfig(List.of("*"), 60, false));

        assertThat(answer(any, "WebHook-Request-Origin", "a", "WebHook-Request-Rate", "120"))
                .containsEntry("WebHook-Allowed-Rate", "*");
        assertThat(answer(slow, "WebHook-Request-Origin", "a", "WebHook-Request-Rate", "120"))
                .containsEntry("WebHook-Allowed-Rate", "60");
        assertThat(answer(slow, "WebHook-Request-Origin", "a")).containsEntry("WebHook-Allowed-Rate", "60");
    }

    @Test
    void deliveriesNeedAnAllowedOriginOnlyWhereThatIsRequired() {
        Handshake required = new Handshake(new HandshakeConfig(List.of("a"), 0, true));
        Handshake open = new Handshake(new HandshakeConfig(List.of("a"), 0, false));

        assertThat(required.refuses(VerifierTest.request("x"))).isTrue();
        assertThat(required.refuses(VerifierTest.request("x", "WebHook-Request-Origin", "b")))
                .isTrue();
        assertThat(required.refuses(VerifierTest.request("x", "WebHook-Request-Origin", "a")))
                .isFalse();
        assertThat(open.refuses(VerifierTest.request("x"))).isFalse();
    }

    private static Map<String, String> answer(Handshake handshake, String... headers) {
        Map<String, String> answer = new TreeMap<>();
        handshake.answer(VerifierTest.request("", headers), answer::put);
        return answer;
    }
}
