package io.eventmesh.protocol.http;

import static io.eventmesh.protocol.http.DoorFixture.SOON;
import static io.eventmesh.protocol.http.DoorFixture.assertProblem;
import static io.eventmesh.protocol.http.DoorFixture.event;
import static io.eventmesh.protocol.http.DoorFixture.json;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.spi.event.Event;
import io.eventmesh.spi.mesh.Mode;
import io.eventmesh.spi.storage.Start;
import io.eventmesh.testkit.mesh.RecordingMember;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class EventStreamTest {
    private static final ObjectMapper MAPPER = new ObjectMapper();
    private DoorFixture fixture = new DoorFixture();

    @AfterEach
    void close() {
        fixture.close();
    }

    @Test
    void aStreamWithoutGroupPassesAndHasNothingToSettle() throws Exception {
        try (SseClient client = stream("/v1/topics/orders/%3E/events")) {
            RecordingMember member = fixture.member(0);
            assertThat(member.terms().isPassing()).isTrue();
            assertThat(member.terms().pattern().value()).isEqualTo("orders/>");

            member.offer("orders/eu", event("1"));

            await().atMost(SOON).until(() -> client.events.size() == 1);
            assertThat(client.answer.headers().firstValue("content-type")).hasValue("text/event-stream");
            assertThat(client.events.get(0)).containsEntry("id", "orders/0@0").doesNotContainKey("event");
            JsonNode shown = MAPPER.readTree(client.events.get(0).get("data"));
            assertThat(shown.get("id").asText()).isEqualTo("1");
            assertThat(shown.at("/data/n").asText()).isEqualTo("1");
            assertThat(shown.get("meshtopic").asText()).isEqualTo("orders/eu");
            assertThat(shown.has("meshdelivery")).isFalse();
            await().atMost(SOON).until(() -> member.acked().equals(List.of(0L)));
        }
    }

    @Test
    void withAGroupEachEventIsSettledByItsHandle() throws Exception {
        try (SseClient client = stream("/v1/topics/orders/events?group=billing&max=3")) {
            RecordingMember member = fixture.member(0);
            assertThat(member.terms().group()).isEqualTo("billing");
            for (int i = 0; i < 3; i++) {
                assertThat(member.offer("orders", event("e" + i))).isTrue();
            }
            assertThat(member.offer("orders", event("too much"))).isFalse();
            await().atMost(SOON).until(() -> client.events.size() == 3);
            assertThat(member.acked()).isEmpty();

            JsonNode answer = json(fixture.post(
                    "/v1/deliveries:settle",
                    "{\"ack\":[\"%s\"],\"release\":[{\"id\":\"%s\",\"delay\":\"5s\"}],\"reject\":[{\"id\":\"%s\",\"reason\":\"bad\"}]}"
                            .formatted(handle(client, 0), handle(client, 1), handle(client, 2))));

            assertThat(answer.get("settled").asInt()).isEqualTo(3);
            assertThat(answer.get("unknown")).isEmpty();
            assertThat(member.acked()).containsExactly(0L);
            assertThat(member.released()).containsEntry(1L, Duration.ofSeconds(5));
            assertThat(member.rejected()).containsEntry(2L, "bad");
            assertThat(member.eventCredit()).isEqualTo(3);
        }
    }

    @Test
    void nobodyElseSettlesAndNothingIsSettledTwice() throws Exception {
        try (SseClient client = stream("/v1/topics/orders/events?group=billing", "authorization", "alice")) {
            RecordingMember member = fixture.member(0);
            member.offer("orders", event("1"));
            await().atMost(SOON).until(() -> client.events.size() == 1);
            String ack = "{\"ack\":[\"%s\"]}".formatted(handle(client, 0));

            JsonNode others = json(fixture.post("/v1/deliveries:settle", ack));
            JsonNode own = json(fixture.post("/v1/deliveries:settle", ack, "authorization", "alice"));
            JsonNode again = json(fixture.post("/v1/deliveries:settle", ack, "authorization", "alice"));

            assertThat(others.get("settled").asInt()).isZero();
            assertThat(own.get("settled").asInt()).isEqualTo(1);
            assertThat(again.get("unknown")).hasSize(1);
            assertThat(member.acked()).containsExactly(0L);
        }
    }

    @Test
    void aStreamOfDataAloneNamesTheType() throws Exception {
        try (SseClient client = stream("/v1/topics/orders/events?format=data")) {
            RecordingMember member = fixture.member(0);
            Event lines = Event.builder()
                    .id("1")
                    .source("/s")
                    .type("log.line")
                    .dataContentType("text/plain")
                    .text("one\r\ntwo")
                    .build();

            member.offer("orders", lines);

            await().atMost(SOON).until(() -> client.events.size() == 1);
            assertThat(client.events.get(0)).containsEntry("event", "log.line").containsEntry("data", "one\ntwo");
        }
    }

    @Test
    void dataThatOnlyCallsItselfJsonDoesNotBreakTheDocument() throws Exception {
        try (SseClient client = stream("/v1/topics/orders/events")) {
            RecordingMember member = fixture.member(0);
            Event broken = Event.builder()
                    .id("1")
                    .source("/s")
                    .type("t")
                    .dataContentType("application/json")
                    .text("{]\n\nid: forged")
                    .build();

            member.offer("orders", broken);
            member.offer("orders", event("2"));

            await().atMost(SOON).until(() -> client.events.size() == 2);
            JsonNode shown = MAPPER.readTree(client.events.get(0).get("data"));
            assertThat(new String(shown.get("data_base64").binaryValue(), StandardCharsets.UTF_8))
                    .isEqualTo("{]\n\nid: forged");
        }
    }

    @Test
    void whoComesBackWithoutAGroupIsToldThatEventsMayBeMissing() throws Exception {
        try (SseClient client = stream("/v1/topics/orders/events", "last-event-id", "orders/0@17")) {
            await().atMost(SOON).until(() -> client.events.size() == 1);

            assertThat(client.events.get(0))
                    .containsEntry("event", "mesh.gap")
                    .containsEntry("data", "{\"after\":\"orders/0@17\"}");
        }
    }

    @Test
    void aClientThatLeavesLeavesTheMesh() throws Exception {
        SseClient client = stream("/v1/topics/orders/events?group=billing");
        RecordingMember member = fixture.member(0);

        client.close();

        await().atMost(SOON).until(member::isClosed);
    }

    @Test
    void theMeshsGoodbyeSaysWhy() throws Exception {
        try (SseClient client = stream("/v1/topics/orders/events?group=billing")) {
            fixture.member(0).end(new EventMeshException(ErrorCode.NOT_FOUND, "subscription: deleted"));

            await().atMost(SOON).until(() -> client.ended);

            assertThat(client.events.get(0)).containsEntry("event", "mesh.end");
            assertThat(client.events.get(0).get("data")).contains("NOT_FOUND", "subscription: deleted");
        }
    }

    @Test
    void aQuietStreamSaysThatItLives() throws Exception {
        fixture.close();
        Duration usual = Duration.ofSeconds(10);
        fixture = new DoorFixture(DoorFixture.config(usual, usual, usual, Duration.ofMillis(50), usual));

        try (SseClient client = stream("/v1/topics/orders/events")) {
            await().atMost(SOON)
                    .until(() -> client.comments.stream().filter(":"::equals).count() >= 3);
        }
    }

    @Test
    void aReaderThatDoesNotReadHoldsAWindowAndIsCutOff() throws Exception {
        fixture.close();
        Duration usual = Duration.ofSeconds(10);
        fixture = new DoorFixture(DoorFixture.config(usual, usual, usual, Duration.ofMillis(300), usual));
        Event large = Event.builder()
                .id("1")
                .source("/s")
                .type("t")
                .data(new byte[100_000])
                .build();
        try (Socket stuck = new Socket()) {
            stuck.setReceiveBufferSize(4_096);
            stuck.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), fixture.port()));
            OutputStream out = stuck.getOutputStream();
            String head =
                    "GET /v1/topics/orders/events?group=g HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n\r\n";
            out.write(head.getBytes(StandardCharsets.US_ASCII));
            out.flush();
            RecordingMember member = fixture.member(0);
            InputStream in = stuck.getInputStream();
            assertThat(in.read()).isPositive();

            await().atMost(SOON).pollInterval(Duration.ofMillis(5)).until(() -> {
                member.offer("orders", large);
                return member.isClosed();
            });

            assertThat(member.eventCredit()).as("not stopped by the count").isPositive();
        }
    }

    @Test
    void termsComeFromTheParameters() throws Exception {
        try (SseClient client =
                stream("/v1/topics/orders/+/events?group=g&mode=broadcasting&namespace=shop&ackTimeout=7s"
                        + "&ordered=false&maxAttempts=3&retryDelay=1s&retryMultiplier=3&retryMaxDelay=9s"
                        + "&filter=type+%3D+%27a%27")) {
            RecordingMember member = fixture.member(0);

            assertThat(client.answer.statusCode()).isEqualTo(200);
            assertThat(member.context().namespace()).isEqualTo("shop");
            assertThat(member.terms().mode()).isEqualTo(Mode.BROADCASTING);
            assertThat(member.terms().delivery().ackTimeout()).isEqualTo(Duration.ofSeconds(7));
            assertThat(member.terms().delivery().ordered()).isFalse();
            assertThat(member.terms().delivery().retry().maxAttempts()).isEqualTo(3);
            assertThat(member.terms().delivery().retry().maxDelay()).isEqualTo(Duration.ofSeconds(9));
            assertThat(member.terms().delivery().filter()).isEqualTo("[{\"sql\":\"type = 'a'\"}]");
        }
    }

    @Test
    void aGroupMayStartAtATimeOrAPosition() throws Exception {
        try (SseClient at = stream("/v1/topics/orders/events?group=a&from=@2026-01-31T09:30:00Z");
                SseClient position = stream("/v1/topics/orders/events?group=b&from=orders/3@42")) {
            assertThat(at.answer.statusCode() + position.answer.statusCode()).isEqualTo(400);
            assertThat(fixture.member(0).terms().start())
                    .isEqualTo(new Start.AtTime(Instant.parse("2026-01-31T09:30:00Z")));
            assertThat(fixture.member(1).terms().start().toString()).contains("orders/3@42");
        }
    }

    @ParameterizedTest
    @CsvSource({
        "/v1/topics/orders/events?group=g&from=yesterday, start: 'yesterday'",
        "/v1/topics/orders/events?from=earliest, parameter from",
        "/v1/topics/orders/events?max=0, 1..1000",
        "/v1/topics/orders/events?wait=1s, parameter: 'wait'",
        "/v1/topics/orders/events?group=g&group=h, given twice",
        "/v1/topics/orders/events?group=%ff, percent-encoded UTF-8",
        "/v1/topics/orders/events?filter=%5Bx, parameter filter",
        "/v1/topics/orders/%3E/x/events, only as the last level",
    })
    void aWrongParameterIsRefusedSayingWhich(String path, String reason) throws Exception {
        assertProblem(fixture.get(path, "accept", "text/event-stream"), 400, ErrorCode.REQUEST_INVALID, reason);
        assertThat(fixture.mesh.members()).isEmpty();
    }

    @Test
    void whatTheMeshRefusesIsAProblem() throws Exception {
        fixture.mesh.refuseWith(ErrorCode.ALREADY_EXISTS);

        assertProblem(
                fixture.get("/v1/topics/orders/events?group=g", "accept", "text/event-stream"),
                409,
                ErrorCode.ALREADY_EXISTS,
                "value: x");
    }

    @Test
    void thereIsABoundOnStreams() throws Exception {
        fixture.close();
        fixture = new DoorFixture(DoorFixture.bounds(100, 1));
        SseClient only = stream("/v1/topics/orders/events");
        fixture.member(0);

        assertProblem(
                fixture.get("/v1/topics/orders/events", "accept", "text/event-stream"),
                429,
                ErrorCode.QUOTA_EXCEEDED,
                "consumers: 2");
        only.close();
        await().atMost(SOON).until(() -> fixture.mesh.members().get(0).isClosed());
        try (SseClient next = stream("/v1/topics/orders/events")) {
            assertThat(next.answer.statusCode()).isEqualTo(200);
        }
    }

    private SseClient stream(String path, String... headers) throws Exception {
        return new SseClient(fixture.http, fixture.uri(path), headers);
    }

    private static String handle(SseClient client, int index) throws Exception {
        return MAPPER.readTree(client.events.get(index).get("data"))
                .get("meshdelivery")
                .asText();
    }
}
