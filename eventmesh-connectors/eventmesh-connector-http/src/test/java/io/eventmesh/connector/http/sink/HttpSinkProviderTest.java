package io.eventmesh.connector.http.sink;

import static org.assertj.core.api.Assertions.assertThat;

import io.eventmesh.common.config.Binder;
import io.eventmesh.connector.http.sink.FakeDestination.Reply;
import java.io.IOException;
import java.net.ServerSocket;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class HttpSinkProviderTest {
    private final HttpSinkProvider provider = new HttpSinkProvider();

    @ParameterizedTest
    @ValueSource(
            strings = {
                "ftp://example.com/",
                "example.com",
                "http://user:pw@example.com/",
                "http://<$.data.host>/x",
                "http://example.com<$.data.port>/",
                "http://example.com/#x",
                "http://example.com/<$.data",
                "<$.data.url>"
            })
    void noValueOfAnEventDecidesWhereToGo(String url) {
        assertThat(problems(Map.of("url", url))).singleElement().asString().startsWith("url: ");
    }

    @Test
    void aSoundConfigurationHasNoProblems() {
        assertThat(problems(Map.of("url", "https://example.com/a/<$.id>?x=<$.data.y>")))
                .isEmpty();
        assertThat(problems(Map.of(
                        "url",
                        "https://example.com",
                        "format",
                        "template",
                        "body",
                        "{\"a\":<$.data>,\"b\":\"<$.id>\"}")))
                .isEmpty();
    }

    @Test
    void eachProblemNamesItsKey() {
        assertThat(problems(Map.of("url", "http://h/", "format", "template")))
                .singleElement()
                .asString()
                .startsWith("body: missing");
        assertThat(problems(Map.of("url", "http://h/", "format", "template", "body", "{\"a\":<$.id>")))
                .singleElement()
                .asString()
                .startsWith("body: not JSON when filled");
        assertThat(problems(Map.of("url", "http://h/", "headers", Map.of("Host", "x"))))
                .singleElement()
                .asString()
                .startsWith("headers.Host: ");
        assertThat(problems(Map.of("url", "http://h/", "auth", Map.of("type", "oauth2"))))
                .satisfiesExactly(
                        problem -> assertThat(problem).startsWith("auth.token-url: "),
                        problem -> assertThat(problem).startsWith("auth.client-id: "),
                        problem -> assertThat(problem).startsWith("auth.client-secret: "));
        assertThat(Binder.bind(
                                provider.configType(),
                                provider.defaults(),
                                Map.of("in-flight", "x", "batch", Map.of("maxx", 1)),
                                "")
                        .problems())
                .satisfiesExactlyInAnyOrder(
                        problem -> assertThat(problem).startsWith("url: missing"),
                        problem -> assertThat(problem).startsWith("in-flight: "),
                        problem -> assertThat(problem).startsWith("batch.maxx: unknown key"));
    }

    @Test
    void theProbeNamesTheAddressThatCannotBeReached() throws Exception {
        int closed = closedPort();

        assertThat(provider.probe(HttpSinkTest.config(Map.of("url", "http://127.0.0.1:%d/x".formatted(closed)))))
                .containsExactly(
                        "url: 127.0.0.1:%d cannot be reached (expected: a host that can be reached)".formatted(closed));
        assertThat(provider.probe(HttpSinkTest.config(Map.of("url", "http://no-such-host.invalid/"))))
                .singleElement()
                .asString()
                .startsWith("url: host no-such-host.invalid is not known");
    }

    @Test
    void theProbeGetsATokenAndSendsNoEvent() throws Exception {
        try (FakeDestination destination = new FakeDestination()) {
            Map<String, Object> auth = new HashMap<>(Map.of(
                    "type",
                    "oauth2",
                    "token-url",
                    destination.url() + "/token",
                    "client-id",
                    "c",
                    "client-secret",
                    "s"));
            HttpSinkConfig config = HttpSinkTest.config(Map.of("url", destination.url() + "/in", "auth", auth));
            destination.next(new Reply(200, Map.of(), "{\"access_token\":\"t\"}"));
            destination.next(new Reply(400, Map.of(), "{\"error\":\"invalid_client\"}"));

            assertThat(provider.probe(config)).isEmpty();
            assertThat(provider.probe(config)).singleElement().asString().startsWith("auth.client-secret: ");

            assertThat(destination.seen).allMatch(request -> request.uri().equals("/token"));
        }
    }

    private static int closedPort() throws IOException {
        try (ServerSocket free = new ServerSocket(0)) {
            return free.getLocalPort();
        }
    }

    private List<String> problems(Map<String, ?> tree) {
        return provider.validate(HttpSinkTest.config(tree));
    }
}
