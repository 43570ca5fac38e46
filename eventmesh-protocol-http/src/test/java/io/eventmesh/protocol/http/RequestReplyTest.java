package io.eventmesh.protocol.http;

import static io.eventmesh.protocol.http.DoorFixture.assertProblem;
import static org.assertj.core.api.Assertions.assertThat;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.spi.event.Event;
import java.net.http.HttpResponse;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class RequestReplyTest {
    private final DoorFixture fixture = new DoorFixture();

    @AfterEach
    void close() {
        fixture.close();
    }

    @Test
    void theReplyIsTheAnswer() throws Exception {
        Event reply = Event.builder()
                .id("r1")
                .source("/quotes")
                .type("quote")
                .attribute("currency", "€")
                .dataContentType("text/plain")
                .text("42")
                .build();
        fixture.mesh.answerRequests(request -> CompletableFuture.completedFuture(reply));

        HttpResponse<String> answer =
                fixture.post("/v1/topics/quotes/eu/requests?timeout=2s", "how much?", "content-type", "text/plain");

        assertThat(answer.statusCode()).isEqualTo(200);
        assertThat(answer.body()).isEqualTo("42");
        assertThat(answer.headers().firstValue("content-type")).hasValue("text/plain");
        assertThat(answer.headers().firstValue("ce-id")).hasValue("r1");
        assertThat(answer.headers().firstValue("ce-specversion")).hasValue("1.0");
        assertThat(answer.headers().firstValue("ce-currency")).hasValue("%E2%82%AC");
        assertThat(fixture.mesh.published().get(0).outgoing().topic().value()).isEqualTo("quotes/eu");
    }

    @Test
    void aRequestWithoutReplyInTimeIsATimeOut() throws Exception {
        assertProblem(
                fixture.post("/v1/topics/quotes/requests", "x", "content-type", "text/plain"),
                504,
                ErrorCode.DEADLINE_EXCEEDED,
                "no reply");
        assertProblem(
                fixture.post("/v1/topics/quotes/requests?timeout=0s", "x"),
                400,
                ErrorCode.REQUEST_INVALID,
                "parameter timeout: '0s'");
    }

    @Test
    void aReplyGoesToWhereTheRequestSaid() throws Exception {
        HttpResponse<String> answer = fixture.post(
                "/v1/replies/runtime-1/c%2F7",
                "42",
                "ce-specversion",
                "1.0",
                "ce-id",
                "r1",
                "ce-source",
                "/quotes",
                "ce-type",
                "quote",
                "content-type",
                "text/plain");

        assertThat(answer.statusCode()).isEqualTo(204);
        assertThat(fixture.mesh.replied().get(0).replyTo()).isEqualTo("runtime-1/c/7");
        assertThat(fixture.mesh.replied().get(0).reply().id()).isEqualTo("r1");
    }

    @Test
    void aReplyThatNobodyWaitsForIsNotFound() throws Exception {
        fixture.mesh.refuseWith(ErrorCode.NOT_FOUND);

        assertProblem(fixture.post("/v1/replies/runtime-1/1", "x"), 404, ErrorCode.NOT_FOUND, "value: x");
    }

    @Test
    void aBatchIsNoRequest() throws Exception {
        assertProblem(
                fixture.post("/v1/topics/quotes/requests", "[]", "content-type", "application/cloudevents-batch+json"),
                400,
                ErrorCode.REQUEST_INVALID,
                "one event");
        assertProblem(fixture.get("/v1/topics/quotes/requests"), 405, ErrorCode.REQUEST_INVALID, "POST, OPTIONS");
    }
}
