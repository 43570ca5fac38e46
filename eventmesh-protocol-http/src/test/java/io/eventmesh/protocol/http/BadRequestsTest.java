package io.eventmesh.protocol.http;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Requests that another program on the way could read differently, or that are none: refused, never published. */
class BadRequestsTest {
    private static final DoorFixture FIXTURE = new DoorFixture();

    @AfterAll
    static void close() {
        FIXTURE.close();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "Content-Length: 5\r\nTransfer-Encoding: chunked",
                "Transfer-Encoding: chunked\r\nContent-Length: 5",
                "Transfer-Encoding: chunked, identity",
                "Transfer-Encoding: identity, chunked, chunked",
                "Transfer-Encoding: xchunked",
                "Transfer-Encoding : chunked",
                "Content-Length: 5\r\nContent-Length: 6",
                "Content-Length: +5",
                "Content-Length: -5",
                "Content-Length: 0x5",
                "Content-Length: 5 5",
                "Content-Length: 99999999999999999999",
                "Bad Header: x\r\nContent-Length: 0",
                "X: a\u0000b\r\nContent-Length: 0",
                " folded: x\r\nContent-Length: 0",
                "X: y\r\n folded\r\nContent-Length: 0\r\nContent-Length: 3",
            })
    void framingThatCanBeReadTwoWaysIsRefused(String headers) throws Exception {
        try (RawHttp client = new RawHttp(FIXTURE.port())) {
            client.send("POST /v1/topics/orders/events HTTP/1.1\r\nHost: localhost\r\n" + headers
                    + "\r\n\r\n0\r\n\r\nPOST /v1/topics/smuggled/events HTTP/1.1\r\nHost: localhost\r\n"
                    + "Content-Length: 0\r\n\r\n");

            String answer = client.readAll();

            assertThat(answer).startsWith("HTTP/1.1 400").contains("application/problem+json", "REQUEST_INVALID");
            assertThat(answer.indexOf("HTTP/1.1 ", 1))
                    .as("one answer: %s", answer)
                    .isNegative();
            assertThat(FIXTURE.mesh.published()).isEmpty();
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/v1/topics/orders/%/events",
                "/v1/topics/orders/%4/events",
                "/v1/topics/orders/%zz/events",
                "/v1/topics/orders/%ff/events",
                "/v1/topics/orders/%c0%ae/events",
                "/v1/topics/orders/%00/events",
                "/v1/topics/orders/%0a/events",
                "/v1/topics/orders/../events",
                "/v1/topics/orders/./events",
                "/v1/topics/orders/%2e%2E/events",
                "/v1/topics/orders%2f../events",
                "/v1/topics/orders\\x/events",
                "/v1/topics/orders//events",
                "/v1/topics/or\u00e9/events",
                "/v1/topics/orders/events?namespace=%",
                "/v1/topics/orders/events?namespace=%ff",
                "/v1/topics/orders/events?namespace=a%00",
                "/v1/topics/orders/events?namespace=a&namespace=b",
                "/v1/topics/orders/events?colour=blue",
                "http://localhost/v1/topics/orders%/events",
                "*",
                "orders",
            })
    void aTargetThatIsNotPlainIsRefused(String target) throws Exception {
        try (RawHttp client = new RawHttp(FIXTURE.port())) {
            client.send("POST " + target + " HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n"
                    + "Connection: close\r\n\r\n");

            assertThat(client.readAll()).startsWith("HTTP/1.1 400").contains("REQUEST_INVALID");
            assertThat(FIXTURE.mesh.published()).isEmpty();
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"", "Host: a\r\nHost: b\r\n", "Host: a b\r\n", "Host: localhost:99999999\r\n", "Host: \r\n"})
    void aRequestWithoutOneHostIsRefused(String hosts) throws Exception {
        try (RawHttp client = new RawHttp(FIXTURE.port())) {
            client.send("GET /v1/endpoints HTTP/1.1\r\n" + hosts + "Connection: close\r\n\r\n");

            assertThat(client.readAll()).startsWith("HTTP/1.1 4").contains("problem+json");
        }
    }

    @Test
    void aHeadThatIsTooLongIsRefused() throws Exception {
        try (RawHttp client = new RawHttp(FIXTURE.port())) {
            client.send("GET /v1/endpoints HTTP/1.1\r\nHost: localhost\r\nX: " + "x".repeat(20_000) + "\r\n\r\n");

            assertThat(client.readAll()).startsWith("HTTP/1.1 431").contains("REQUEST_INVALID");
        }
        try (RawHttp client = new RawHttp(FIXTURE.port())) {
            client.send("GET /v1/" + "x".repeat(8_000) + " HTTP/1.1\r\nHost: localhost\r\n\r\n");

            assertThat(client.readAll()).contains(" 414 ").contains("REQUEST_INVALID");
        }
    }

    @Test
    void aBrokenChunkEndsTheConnectionAndPublishesNothing() throws Exception {
        try (RawHttp client = new RawHttp(FIXTURE.port())) {
            String head =
                    "POST /v1/topics/orders/events HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n";
            client.send(head);
            client.send("zz\r\nhello\r\n0\r\n\r\n");

            assertThat(client.readAll()).doesNotContain("HTTP/1.1 200");
            assertThat(FIXTURE.mesh.published()).isEmpty();
        }
    }

    @Test
    void pipelinedRequestsAreAnsweredInTheirOrder() throws Exception {
        DoorFixture own = new DoorFixture();
        try (own;
                RawHttp client = new RawHttp(own.port())) {
            own.mesh.hold();
            StringBuilder requests = new StringBuilder();
            for (int i = 0; i < 5; i++) {
                requests.append("POST /v1/topics/orders/events HTTP/1.1\r\nHost: localhost\r\nce-specversion: 1.0\r\n")
                        .append("ce-id: e")
                        .append(i)
                        .append("\r\nce-source: /s\r\nce-type: t\r\nContent-Length: 0\r\n\r\n");
            }
            client.send(requests + "GET /v1/nowhere HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
            org.awaitility.Awaitility.await().until(() -> own.mesh.heldCount() == 1);
            own.mesh.release();

            String answers = client.readAll();

            List<Integer> places = new ArrayList<>();
            for (int i = 0; i < 5; i++) {
                places.add(answers.indexOf("\"id\":\"e" + i + "\""));
            }
            places.add(answers.indexOf("HTTP/1.1 404"));
            assertThat(places).doesNotContain(-1).isSorted();
        }
    }

    @ParameterizedTest
    @MethodSource("methods")
    void aMethodThatAPathDoesNotKnowIsRefusedWithThoseThatItKnows(String path, String method, String allowed)
            throws Exception {
        try (RawHttp client = new RawHttp(FIXTURE.port())) {
            client.send(method + " " + path + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");

            assertThat(client.readAll()).startsWith("HTTP/1.1 405").contains("allow: " + allowed);
        }
    }

    static List<Object[]> methods() {
        return Arrays.asList(
                new Object[] {"/v1/topics/a/events", "PATCH", "GET, POST, OPTIONS"},
                new Object[] {"/v1/topics/a/events", "HEAD", "GET, POST, OPTIONS"},
                new Object[] {"/v1/topics/a/events", "TRACE", "GET, POST, OPTIONS"},
                new Object[] {"/v1/topics/a/events", "BREW", "GET, POST, OPTIONS"},
                new Object[] {"/v1/endpoints", "POST", "GET, HEAD, OPTIONS"},
                new Object[] {"/v1/subscriptions/a", "POST", "GET, HEAD, PUT, DELETE, OPTIONS"},
                new Object[] {"/v1/deliveries:settle", "GET", "POST, OPTIONS"},
                new Object[] {"/v1/sessions/a", "GET", "DELETE, OPTIONS"});
    }

    @Test
    void pathsThatMeanNothingAreNotFound() throws Exception {
        for (String path :
                List.of("/", "/v1", "/v1/topics/events", "/v1/topics//events", "/v1/replies/", "/eventmesh/x")) {
            try (RawHttp client = new RawHttp(FIXTURE.port())) {
                client.send("GET " + path + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");

                assertThat(client.readAll()).as(path).startsWith("HTTP/1.1 404").contains("NOT_FOUND");
            }
        }
    }

    @Test
    void optionsSayWhatAPathKnows() throws Exception {
        try (RawHttp client = new RawHttp(FIXTURE.port())) {
            client.send("OPTIONS /v1/topics/a/events HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");

            assertThat(client.readAll()).startsWith("HTTP/1.1 204").contains("allow: GET, POST, OPTIONS");
        }
    }
}
