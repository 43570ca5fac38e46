package io.eventmesh.protocol.http;

import static io.eventmesh.protocol.http.DoorFixture.assertProblem;
import static io.eventmesh.protocol.http.DoorFixture.json;
import static org.assertj.core.api.Assertions.assertThat;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.time.MeshClock;
import io.eventmesh.spi.mesh.Outgoing;
import io.eventmesh.spi.security.Principal;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.http.HttpClient;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.zip.Deflater;
import java.util.zip.DeflaterOutputStream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class IngressTest {
    private static final String EVENTS = "/v1/topics/orders/events";
    private final DoorFixture fixture = new DoorFixture();

    @AfterEach
    void close() {
        fixture.close();
    }

    @ParameterizedTest
    @ValueSource(strings = {"gzip", "deflate", "raw"})
    void aCompressedBodyIsTheDataItWas(String coding) throws Exception {
        String text = "hello ".repeat(1_000);

        HttpResponse<String> answer = compressed(coding, text.getBytes(StandardCharsets.UTF_8));

        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
        assertThat(fixture.mesh.published().get(0).outgoing().event().data())
                .asString(StandardCharsets.UTF_8)
                .isEqualTo(text);
    }

    @Test
    void aBodyThatGrowsTooMuchIsRefused() throws Exception {
        assertProblem(compressed("gzip", new byte[1_000_000]), 413, ErrorCode.EVENT_TOO_LARGE, "100 times");
        byte[] noise = new byte[5_000_000];
        new java.util.Random(1).nextBytes(noise);
        for (int i = 0; i < noise.length; i++) {
            noise[i] &= 0x0f;
        }
        assertProblem(compressed("gzip", noise), 413, ErrorCode.EVENT_TOO_LARGE, "4194304 bytes when decompressed");
        assertThat(fixture.mesh.published()).isEmpty();
    }

    @Test
    void aCodingThatIsUnknownOrNotWhatItSaysIsRefused() throws Exception {
        assertProblem(fixture.post(EVENTS, "hello", "content-encoding", "br"), 400, ErrorCode.REQUEST_INVALID, "'br'");
        assertProblem(
                fixture.post(EVENTS, "hello", "content-encoding", "gzip"), 400, ErrorCode.REQUEST_INVALID, "not gzip");
    }

    @Test
    void anEventMayBeDeliveredLater() throws Exception {
        long before = MeshClock.system().millis();

        assertThat(fixture.post(EVENTS, "x", "EventMesh-Delay", "90s").statusCode())
                .isEqualTo(200);
        assertThat(fixture.post(EVENTS, "x", "EventMesh-Deliver-At", "2026-12-31T09:30:00+01:00")
                        .statusCode())
                .isEqualTo(200);
        assertThat(fixture.post(EVENTS, "x", "EventMesh-Deliver-At", "2001-01-01T00:00:00Z")
                        .statusCode())
                .isEqualTo(200);

        List<Long> due = fixture.mesh.published().stream()
                .map(each -> each.outgoing())
                .map(Outgoing::notBeforeMillis)
                .toList();
        assertThat(due.get(0)).isBetween(before + 90_000, before + 100_000);
        assertThat(due.get(1)).isEqualTo(Instant.parse("2026-12-31T08:30:00Z").toEpochMilli());
        assertThat(due.get(2)).as("in the past: at once").isZero();
    }

    @ParameterizedTest
    @CsvSource({
        "EventMesh-Delay, soon, 'soon'",
        "EventMesh-Delay, -5s, '-5s'",
        "EventMesh-Delay, 1000d, '1000d'",
        "EventMesh-Deliver-At, tomorrow, 'tomorrow'",
        "EventMesh-Deliver-At, 9999-01-01T00:00:00Z, within 366 days",
    })
    void aTimeThatIsNoneIsRefused(String header, String value, String reason) throws Exception {
        assertProblem(fixture.post(EVENTS, "x", header, value), 400, ErrorCode.REQUEST_INVALID, reason);
        assertThat(fixture.mesh.published()).isEmpty();
    }

    @Test
    void anOverloadedMeshSaysWhenToComeAgain() throws Exception {
        for (ErrorCode code : List.of(ErrorCode.RATE_LIMITED, ErrorCode.STORAGE_FULL, ErrorCode.OVERLOADED)) {
            fixture.mesh.refuseWith(code);

            assertThat(fixture.post(EVENTS, "x").headers().firstValue("retry-after"))
                    .as(code.name())
                    .hasValue("1");
        }
    }

    @Test
    void everyEventLoopServesThePort() throws Exception {
        Set<String> threads = ConcurrentHashMap.newKeySet();
        try (DoorFixture three = new DoorFixture(DoorFixture.loops(3), credentials -> {
            threads.add(Thread.currentThread().getName());
            return Principal.ANONYMOUS;
        })) {
            for (int i = 0; i < 9; i++) {
                try (RawHttp client = new RawHttp(three.port())) {
                    client.send("POST " + EVENTS
                            + " HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
                    assertThat(client.readAll()).startsWith("HTTP/1.1 200");
                }
            }
        }
        assertThat(threads).hasSize(3);
    }

    @Test
    void manyRequestsShareOneConnectionOfHttp2() throws Exception {
        HttpClient http2 =
                HttpClient.newBuilder().version(HttpClient.Version.HTTP_2).build();

        HttpResponse<String> upgraded = http2.send(
                fixture.to(EVENTS).POST(BodyPublishers.ofString("first")).build(), BodyHandlers.ofString());
        List<CompletableFuture<HttpResponse<String>>> answers = new ArrayList<>();
        for (int i = 0; i < 50; i++) {
            answers.add(http2.sendAsync(
                    fixture.to(EVENTS)
                            .POST(BodyPublishers.ofString("x".repeat(10_000)))
                            .build(),
                    BodyHandlers.ofString()));
        }

        assertThat(upgraded.version()).isEqualTo(HttpClient.Version.HTTP_2);
        for (CompletableFuture<HttpResponse<String>> answer : answers) {
            assertThat(answer.get(10, TimeUnit.SECONDS).version()).isEqualTo(HttpClient.Version.HTTP_2);
            assertThat(json(answer.join()).get("id").asText()).isNotEmpty();
        }
        assertThat(fixture.mesh.published()).hasSize(51);
    }

    @Test
    void aStreamOfHttp2ThatIsCancelledLeavesTheMesh() throws Exception {
        HttpClient http2 =
                HttpClient.newBuilder().version(HttpClient.Version.HTTP_2).build();
        http2.send(fixture.to(EVENTS).POST(BodyPublishers.ofString("upgrade")).build(), BodyHandlers.ofString());
        SseClient client = new SseClient(http2, fixture.uri(EVENTS + "?group=g"));
        assertThat(client.answer.version()).isEqualTo(HttpClient.Version.HTTP_2);
        fixture.member(0).offer("orders", DoorFixture.event("1"));
        org.awaitility.Awaitility.await().until(() -> client.events.size() == 1);

        client.close();

        org.awaitility.Awaitility.await()
                .atMost(Duration.ofSeconds(10))
                .until(() -> fixture.mesh.members().get(0).isClosed());
    }

    private HttpResponse<String> compressed(String coding, byte[] body) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (OutputStream out = switch (coding) {
            case "gzip" -> new GZIPOutputStream(bytes);
            case "deflate" -> new DeflaterOutputStream(bytes);
            default -> new DeflaterOutputStream(bytes, new Deflater(6, true));
        }) {
            out.write(body);
        }
        return fixture.send(fixture.to(EVENTS)
                .header("content-type", "text/plain")
                .header("content-encoding", coding.equals("gzip") ? "gzip" : "deflate")
                .POST(BodyPublishers.ofByteArray(bytes.toByteArray())));
    }
}
