package io.eventmesh.protocol.http;

import static io.eventmesh.protocol.http.DoorFixture.SOON;
import static io.eventmesh.protocol.http.DoorFixture.assertProblem;
import static io.eventmesh.protocol.http.DoorFixture.event;
import static io.eventmesh.protocol.http.DoorFixture.json;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.testkit.mesh.RecordingMember;
import java.net.InetAddress;
import java.net.Socket;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class PollTest {
    private static final String PATH = "/v1/topics/orders/events?group=billing&max=3&wait=10s";
    private DoorFixture fixture = new DoorFixture();

    @AfterEach
    void close() {
        fixture.close();
    }

    @Test
    void aPollTakesWhatIsThereAndItsEventsAreSettledByHandle() throws Exception {
        CompletableFuture<HttpResponse<String>> poll = fixture.getLater(PATH);
        RecordingMember member = fixture.member(0);
        assertThat(member.terms().group()).isEqualTo("billing");
        offerAll(member, 3);

        HttpResponse<String> answer = poll.get(10, TimeUnit.SECONDS);

        assertThat(answer.statusCode()).isEqualTo(200);
        assertThat(answer.headers().firstValue("content-type")).hasValue("application/cloudevents-batch+json");
        assertThat(answer.headers().firstValue("eventmesh-session")).isPresent();
        JsonNode events = json(answer);
        assertThat(events).hasSize(3);
        assertThat(events.get(0).get("meshtopic").asText()).isEqualTo("orders");
        assertThat(events.get(0).get("meshattempt").asInt()).isEqualTo(1);
        JsonNode settled = json(fixture.post(
                "/v1/deliveries:settle",
                "{\"ack\":[\"%s\",\"%s\"]}"
                        .formatted(
                                events.get(0).get("meshdelivery").asText(),
                                events.get(2).get("meshdelivery").asText())));
        assertThat(settled.get("settled").asInt()).isEqualTo(2);
        assertThat(member.acked()).containsExactly(0L, 2L);
    }

    @Test
    void aPollWithoutEventsIsAnsweredEmptyWhenItsTimeIsOver() throws Exception {
        HttpResponse<String> answer = fixture.get("/v1/topics/orders/events?group=billing&wait=50ms");

        assertThat(answer.statusCode()).isEqualTo(204);
        assertThat(answer.headers().firstValue("eventmesh-session")).isPresent();
    }

    @Test
    void theNextPollOfASessionGoesOnWithTheSameMember() throws Exception {
        String session = session();
        CompletableFuture<HttpResponse<String>> poll = fixture.getLater(PATH, PollSession.HEADER, session);
        RecordingMember member = fixture.member(0);
        member.offer("orders", event("1"));

        assertThat(json(poll.get(10, TimeUnit.SECONDS)).get(0).get("id").asText())
                .isEqualTo("1");
        assertThat(fixture.mesh.members()).hasSize(1);
    }

    @Test
    void whatComesBetweenPollsWaitsForTheNextOne() throws Exception {
        String session = session();
        RecordingMember member = fixture.member(0);
        assertThat(member.eventCredit())
                .as("held for a client that is up to date")
                .isEqualTo(1);
        member.offer("orders", event("between"));

        HttpResponse<String> answer = fixture.get(PATH, PollSession.HEADER, session);

        assertThat(json(answer).get(0).get("id").asText()).isEqualTo("between");
    }

    @Test
    void aClientThatGoesAwayDuringItsPollHoldsNothing() throws Exception {
        String session = session();
        RecordingMember member = fixture.member(0);
        CompletableFuture<HttpResponse<String>> displaced = fixture.getLater(PATH, PollSession.HEADER, session);
        await().pollDelay(Duration.ofMillis(100)).until(() -> !displaced.isDone());
        try (Socket client = new Socket(InetAddress.getLoopbackAddress(), fixture.port())) {
            client.getOutputStream()
                    .write(("GET " + PATH + " HTTP/1.1\r\nHost: localhost\r\n" + PollSession.HEADER + ": " + session
                                    + "\r\n\r\n")
                            .getBytes(StandardCharsets.US_ASCII));
            displaced.get(10, TimeUnit.SECONDS);
        }
        await().pollDelay(Duration.ofMillis(100)).until(() -> true);

        member.offer("orders", event("1"));

        await().atMost(Duration.ofSeconds(2)).until(() -> member.released().containsKey(0L));
        assertThat(member.isClosed()).isFalse();
    }

    @Test
    void aFirstPollWhoseClientGoesAwayLeavesNoSession() throws Exception {
        try (Socket client = new Socket(InetAddress.getLoopbackAddress(), fixture.port())) {
            client.getOutputStream()
                    .write(("GET " + PATH + " HTTP/1.1\r\nHost: localhost\r\n\r\n")
                            .getBytes(StandardCharsets.US_ASCII));
            fixture.member(0);
        }

        await().atMost(SOON).until(() -> fixture.mesh.members().get(0).isClosed());
    }

    @Test
    void aPollThatComesWhileAnotherWaitsTakesItsPlace() throws Exception {
        String session = session();
        CompletableFuture<HttpResponse<String>> lost = fixture.getLater(PATH, PollSession.HEADER, session);
        await().pollDelay(Duration.ofMillis(100)).until(() -> !lost.isDone());

        CompletableFuture<HttpResponse<String>> next = fixture.getLater(PATH, PollSession.HEADER, session);

        assertThat(lost.get(10, TimeUnit.SECONDS).statusCode()).isEqualTo(204);
        fixture.member(0).offer("orders", event("1"));
        assertThat(json(next.get(10, TimeUnit.SECONDS))).hasSize(1);
    }

    @Test
    void aSessionThatIsNotUsedEnds() throws Exception {
        fixture.close();
        Duration usual = Duration.ofSeconds(10);
        fixture = new DoorFixture(DoorFixture.config(usual, usual, usual, usual, Duration.ofMillis(200)));
        String session = session();

        await().atMost(SOON).until(() -> fixture.mesh.members().get(0).isClosed());

        assertProblem(fixture.get(PATH, PollSession.HEADER, session), 404, ErrorCode.NOT_FOUND, "session");
    }

    @Test
    void aSessionIsEndedByItsOwnerOnly() throws Exception {
        String session = session();

        assertProblem(
                fixture.send(fixture.to("/v1/sessions/" + session)
                        .header("authorization", "mallory")
                        .DELETE()),
                404,
                ErrorCode.NOT_FOUND,
                "session");
        assertProblem(
                fixture.get(PATH, PollSession.HEADER, session, "authorization", "mallory"),
                404,
                ErrorCode.NOT_FOUND,
                "session");
        assertThat(fixture.delete("/v1/sessions/" + session).statusCode()).isEqualTo(204);
        assertThat(fixture.mesh.members().get(0).isClosed()).isTrue();
    }

    @Test
    void aSessionKeepsItsTerms() throws Exception {
        String session = session();

        assertProblem(
                fixture.get("/v1/topics/orders/events?group=other", PollSession.HEADER, session),
                400,
                ErrorCode.REQUEST_INVALID,
                "other terms");
    }

    @Test
    void aGroupIsNeededToPoll() throws Exception {
        assertProblem(fixture.get("/v1/topics/orders/events"), 400, ErrorCode.REQUEST_INVALID, "text/event-stream");
    }

    @Test
    void theMeshsEndOfTheMembershipAnswersTheWaitingPoll() throws Exception {
        CompletableFuture<HttpResponse<String>> poll = fixture.getLater(PATH);

        fixture.member(0).end(new EventMeshException(ErrorCode.FENCED, "a newer one"));

        assertProblem(poll.get(10, TimeUnit.SECONDS), 409, ErrorCode.FENCED, "a newer one");
    }

    @Test
    void closingTheDoorAnswersTheWaitingPoll() throws Exception {
        CompletableFuture<HttpResponse<String>> poll = fixture.getLater(PATH);
        RecordingMember member = fixture.member(0);

        fixture.door.close();

        assertProblem(poll.get(10, TimeUnit.SECONDS), 503, ErrorCode.SHUTTING_DOWN, "drains");
        assertThat(member.isClosed()).isTrue();
    }

    @Test
    void autoAckIsDoneWhenTheAnswerHasLeft() throws Exception {
        CompletableFuture<HttpResponse<String>> poll = fixture.getLater(PATH + "&ack=auto");
        RecordingMember member = fixture.member(0);
        member.offer("orders", event("1"));

        JsonNode events = json(poll.get(10, TimeUnit.SECONDS));

        assertThat(events.get(0).has("meshdelivery")).isFalse();
        await().atMost(SOON).until(() -> member.acked().equals(List.of(0L)));
    }

    @Test
    void aLargeAnswerIsCompressedForWhoeverTakesIt() throws Exception {
        CompletableFuture<HttpResponse<String>> poll = fixture.getLater(PATH, "accept-encoding", "br, gzip");
        RecordingMember member = fixture.member(0);
        member.offer(
                "orders",
                io.eventmesh.spi.event.Event.builder()
                        .id("1")
                        .source("/s")
                        .type("t")
                        .data("text/plain", "x".repeat(20_000).getBytes(StandardCharsets.US_ASCII))
                        .build());

        HttpResponse<String> answer = poll.get(10, TimeUnit.SECONDS);

        assertThat(answer.headers().firstValue("content-encoding")).hasValue("gzip");
        assertThat(answer.headers().firstValueAsLong("content-length").orElse(Long.MAX_VALUE))
                .isLessThan(1_000);
    }

    private String session() throws Exception {
        HttpResponse<String> first = fixture.get("/v1/topics/orders/events?group=billing&max=3&wait=20ms");
        assertThat(first.statusCode()).isEqualTo(204);
        return first.headers().firstValue("eventmesh-session").orElseThrow();
    }

    private static void offerAll(RecordingMember member, int count) {
        for (int i = 0; i < count; i++) {
            String id = "e" + i;
            // without a wait between them where there is none, since a poll is answered soon after its first event
            if (!member.offer("orders", event(id))) {
                await().atMost(SOON).pollInterval(Duration.ofMillis(1)).until(() -> member.offer("orders", event(id)));
            }
        }
    }
}
