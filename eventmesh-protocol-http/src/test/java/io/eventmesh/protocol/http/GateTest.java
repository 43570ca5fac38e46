package io.eventmesh.protocol.http;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What pages in a browser on this machine may do. */
class GateTest {
    private static final String PAGE = "https://console.example.com";
    private final DoorFixture fixture = new DoorFixture(DoorFixture.origins(List.of("Mesh.Internal"), List.of(PAGE)));

    @AfterEach
    void close() {
        fixture.close();
    }

    @ParameterizedTest
    @ValueSource(strings = {"localhost", "LOCALHOST:1", "127.0.0.1:10105", "127.9.9.9", "[::1]:8080", "mesh.internal"})
    void aHostThatMeansThisMachineIsServed(String host) throws Exception {
        assertThat(answer("POST", "Host: " + host)).startsWith("HTTP/1.1 200");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"evil.example.com", "127.0.0.1.evil.com", "localhost.evil.com", "10.0.0.1", "169.254.169.254"})
    void aNameThatSomebodyPointedHereIsRefused(String host) throws Exception {
        assertThat(answer("POST", "Host: " + host)).startsWith("HTTP/1.1 403").contains("allowed-hosts");
        assertThat(fixture.mesh.published()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "Origin: https://evil.example.com",
                "Origin: null",
                "Origin: https://console.example.com.evil.com",
                "Origin: http://localhost:1",
                "Sec-Fetch-Site: cross-site",
                "Sec-Fetch-Site: same-site",
            })
    void aPageOfAnotherPlaceIsRefused(String header) throws Exception {
        assertThat(answer("POST", "Host: localhost\r\n" + header)).startsWith("HTTP/1.1 403");
        assertThat(answer("GET", "Host: localhost\r\n" + header))
                .startsWith("HTTP/1.1 403")
                .doesNotContain("access-control-allow-origin");
        assertThat(fixture.mesh.published()).isEmpty();
    }

    @Test
    void aPageThatConfigurationNamesIsServedAndMayRead() throws Exception {
        assertThat(answer("POST", "Host: localhost\r\nSec-Fetch-Site: cross-site\r\nOrigin: " + PAGE))
                .startsWith("HTTP/1.1 200")
                .contains("access-control-allow-origin: " + PAGE, "vary: Origin");
    }

    @Test
    void aPreflightIsAnsweredForThatPageOnly() throws Exception {
        String asks = "Access-Control-Request-Method: POST\r\nAccess-Control-Request-Headers: ce-id, content-type\r\n";

        assertThat(answer("OPTIONS", "Host: localhost\r\n" + asks + "Origin: " + PAGE))
                .startsWith("HTTP/1.1 204")
                .contains(
                        "access-control-allow-origin: " + PAGE,
                        "access-control-allow-methods: GET, POST, OPTIONS",
                        "access-control-allow-headers: ce-id, content-type");
        assertThat(answer("OPTIONS", "Host: localhost\r\n" + asks + "Origin: https://evil.example.com"))
                .startsWith("HTTP/1.1 403")
                .doesNotContain("access-control-allow");
    }

    private String answer(String method, String headers) throws Exception {
        try (RawHttp client = new RawHttp(fixture.port())) {
            client.send(method + " /v1/topics/orders/events HTTP/1.1\r\n" + headers
                    + "\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
            return client.readAll();
        }
    }
}
