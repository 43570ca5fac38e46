package io.eventmesh.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class MainTest {
    private final List<String> requests = new CopyOnWriteArrayList<>();
    private final List<String> delays = new CopyOnWriteArrayList<>();
    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();
    private HttpServer server = newServer();
    private int status = 200;
    private String answer = "{\"stream\":\"orders\",\"partition\":2,\"offset\":7}";

    private static HttpServer newServer() {
        try {
            return HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 1);
        } catch (IOException failure) {
            throw new IllegalStateException(failure);
        }
    }

    @BeforeEach
    void serve() {
        server.createContext("/", exchange -> {
            String body = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
            requests.add("%s %s %s %s"
                    .formatted(
                            exchange.getRequestMethod(),
                            exchange.getRequestURI(),
                            exchange.getRequestHeaders().getFirst("ce-shop"),
                            body));
            delays.addAll(exchange.getRequestHeaders().getOrDefault("EventMesh-Delay", List.of()));
            byte[] bytes = answer.getBytes(StandardCharsets.UTF_8);
            exchange.sendResponseHeaders(status, bytes.length);
            exchange.getResponseBody().write(bytes);
            exchange.close();
        });
        server.start();
    }

    @AfterEach
    void stop() {
        server.stop(0);
    }

    @Test
    void publishSaysWhereTheEventIsStored() {
        int exit = run("publish", "orders/eu", "{}", "--id", "e1", "-H", "shop=a b", "--url", url());

        assertThat(exit).isZero();
        assertThat(out.toString()).contains("e1 stored in orders, partition 2, offset 7");
        assertThat(requests).containsExactly("POST /v1/topics/orders/eu/events a%20b {}");
    }

    @Test
    void publishTellsTheMeshOfADelay() {
        assertThat(run("publish", "orders", "{}", "--delay", "90", "--url", url()))
                .isZero();

        assertThat(delays).containsExactly("PT1M30S");
    }

    @Test
    void publishNumbersWhatItRepeats() {
        int exit = run("publish", "orders", "n={{count}}", "--count", "2", "--url", url());

        assertThat(exit).isZero();
        assertThat(requests).hasSize(2);
        assertThat(requests.get(1)).endsWith("n=2");
    }

    @Test
    void aRefusalIsShownWithItsCodeAndEndsWithOne() {
        status = 400;
        answer = "{\"name\":\"EVENT_INVALID\",\"code\":1001,\"detail\":\"value: x (expected: y)\"}";

        int exit = run("publish", "orders", "{}", "--url", url());

        assertThat(exit).isEqualTo(1);
        assertThat(err.toString()).contains("✗ EVENT_INVALID 1001: value: x (expected: y)");
    }

    @Test
    void anUnreachableMeshEndsWithThreeAndSaysWhatToDo() {
        String gone = url();
        server.stop(0);

        int exit = run("publish", "orders", "{}", "--url", gone);

        assertThat(exit).isEqualTo(3);
        assertThat(err.toString()).contains("cannot be reached").contains("→ bin/start.sh");
    }

    @Test
    void aWrongCommandLineEndsWithTwo() {
        assertThat(run("publish")).isEqualTo(2);
        assertThat(run("nonsense")).isEqualTo(2);
        assertThat(run("quickstart", "--break=nonsense")).isEqualTo(2);
        assertThat(run("subscribe", "t", "--from=yesterday")).isEqualTo(2);
        assertThat(run("subscribe", "t", "--mode=some")).isEqualTo(2);
        assertThat(run("publish", "t", "--delay=soon")).isEqualTo(2);
        assertThat(run("request", "t", "--timeout=soon")).isEqualTo(2);
        assertThat(err.toString()).contains("expected one of: [publish, receive, rule, connector]");
    }

    @Test
    void theDoctorFailsWhenNothingAnswers() {
        String gone = url();
        server.stop(0);

        int exit = run("doctor", "--url", gone, "--admin-url", gone);

        assertThat(exit).isEqualTo(1);
        assertThat(out.toString()).contains("✓ java").contains("✗ mesh").contains("✗ admin");
    }

    @Test
    void headerValuesAreEncodedAsTheBindingAsks() {
        assertThat(EventOptions.encoded("Euro € \"100%\"")).isEqualTo("Euro%20%E2%82%AC%20%22100%25%22");
    }

    private String url() {
        return "http://127.0.0.1:" + server.getAddress().getPort();
    }

    private int run(String... arguments) {
        return Main.run(new PrintWriter(out, true), new PrintWriter(err, true), arguments);
    }
}
