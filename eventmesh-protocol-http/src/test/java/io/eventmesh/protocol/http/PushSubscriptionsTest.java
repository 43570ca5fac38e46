package io.eventmesh.protocol.http;

import static io.eventmesh.protocol.http.DoorFixture.assertProblem;
import static io.eventmesh.protocol.http.DoorFixture.json;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.topic.StreamName;
import io.eventmesh.common.topic.SubscriptionName;
import io.eventmesh.common.topic.TopicPattern;
import io.eventmesh.spi.mesh.SubscribeTerms;
import io.eventmesh.spi.mesh.SubscriptionStatus;
import io.eventmesh.spi.storage.DeliveryTerms;
import io.eventmesh.spi.storage.Gap;
import io.eventmesh.spi.storage.Start;
import io.eventmesh.spi.storage.StreamPartition;
import io.eventmesh.spi.target.Destination;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PushSubscriptionsTest {
    private static final String PATH = "/v1/subscriptions/audit";
    private static final SubscriptionName NAME = new SubscriptionName("default", "audit", TopicPattern.of("orders/>"));
    private final DoorFixture fixture = new DoorFixture();

    @AfterEach
    void close() {
        fixture.close();
    }

    @Test
    void aSubscriptionIsMadeOnceAndPutAgainWithoutHarm() throws Exception {
        String body = """
                {"topic": "orders/>", "sink": "https://example.com/hook", "format": "structured",
                 "filters": [{"prefix": {"type": "order."}}], "start": "earliest",
                 "webhook": {"headers": {"authorization": "Bearer secret"}, "timeout": "5s"},
                 "delivery": {"ackTimeout": "10s", "ordered": false,
                              "retry": {"maxAttempts": 9, "initialDelay": "1s", "multiplier": 3, "maxDelay": "1m"}}}
                """;

        HttpResponse<String> made = fixture.put(PATH, body);
        HttpResponse<String> again = fixture.put(PATH, body);

        assertThat(made.statusCode()).isEqualTo(201);
        assertThat(made.headers().firstValue("location")).hasValue(PATH);
        assertThat(again.statusCode()).isEqualTo(200);
        SubscribeTerms terms = requireNonNull(fixture.mesh.puts().get(NAME)).terms();
        assertThat(terms.start()).isEqualTo(Start.earliest());
        assertThat(terms.delivery().filter()).isEqualTo("[{\"prefix\":{\"type\":\"order.\"}}]");
        assertThat(terms.delivery().ackTimeout()).isEqualTo(Duration.ofSeconds(10));
        assertThat(terms.delivery().ordered()).isFalse();
        assertThat(terms.delivery().retry().maxAttempts()).isEqualTo(9);
        Destination destination = requireNonNull(terms.delivery().destination());
        assertThat(destination.kind()).isEqualTo("webhook");
        assertThat(destination.spec())
                .contains("\"url\":\"https://example.com/hook\"", "\"format\":\"structured\"", "Bearer secret");
        assertThat(made.body()).contains("https://example.com/hook").doesNotContain("secret");
    }

    @Test
    void whatNothingIsSaidAboutIsAsUsual() throws Exception {
        assertThat(fixture.put(PATH, "{\"topic\": \"orders/>\", \"url\": \"http://example.com\"}")
                        .statusCode())
                .isEqualTo(201);

        DeliveryTerms terms =
                requireNonNull(fixture.mesh.puts().get(NAME)).terms().delivery();
        assertThat(terms.withDestination(null)).isEqualTo(DeliveryTerms.DEFAULT);
    }

    @Test
    void itsStateSaysWhatKeepsItsEvents() throws Exception {
        fixture.mesh.answerSubscriptions(List.of(status(NAME)));

        JsonNode shown = json(fixture.get(PATH));

        assertThat(shown.get("sink").asText()).isEqualTo("https://example.com/hook");
        assertThat(shown.at("/status/problem").asText()).isEqualTo("the destination did not consent");
        assertThat(shown.at("/status/state").asText()).isEqualTo("cut-off");
        assertThat(shown.at("/status/lagEvents").asLong()).isEqualTo(7);
        assertThat(shown.at("/status/gaps/0/count").asLong()).isEqualTo(5);
        assertThat(shown.at("/delivery/retry/initialDelay").asText()).isEqualTo("200ms");
        assertThat(json(fixture.get("/v1/subscriptions")).at("/items/0/name").asText())
                .isEqualTo("audit");
        assertThat(json(fixture.get("/v1/subscriptions?namespace=other")).at("/items"))
                .isEmpty();
    }

    @Test
    void aNameThatIsTakenForAnotherTopicIsAConflict() throws Exception {
        fixture.mesh.answerSubscriptions(List.of(status(NAME)));

        assertProblem(
                fixture.put(PATH, "{\"topic\": \"other\", \"sink\": \"http://example.com\"}"),
                409,
                ErrorCode.ALREADY_EXISTS,
                "'other' (expected: 'orders/>'");
    }

    @Test
    void aGroupOfSeveralTopicsIsToldApartByTopic() throws Exception {
        SubscriptionName other = new SubscriptionName("default", "audit", TopicPattern.of("other"));
        fixture.mesh.answerSubscriptions(List.of(status(NAME), status(other)));

        assertProblem(fixture.get(PATH), 400, ErrorCode.REQUEST_INVALID, "orders/>, other");
        assertThat(json(fixture.get(PATH + "?topic=other")).get("topic").asText())
                .isEqualTo("other");
    }

    @Test
    void aDeletedSubscriptionIsGone() throws Exception {
        fixture.put(PATH, "{\"topic\": \"orders/>\", \"sink\": \"http://example.com\"}");
        fixture.mesh.answerSubscriptions(List.of(status(NAME)));

        HttpResponse<String> deleted = fixture.delete(PATH);
        fixture.mesh.answerSubscriptions(List.of());

        assertThat(deleted.statusCode()).isEqualTo(204);
        assertThat(fixture.mesh.puts()).isEmpty();
        assertProblem(fixture.get(PATH), 404, ErrorCode.NOT_FOUND, "audit");
        assertProblem(fixture.delete(PATH), 404, ErrorCode.NOT_FOUND, "audit");
    }

    @Test
    void whatTheMeshRefusesIsAProblem() throws Exception {
        fixture.mesh.refuseWith(ErrorCode.RULE_INVALID);

        assertProblem(
                fixture.put(PATH, "{\"topic\": \"orders/>\", \"sink\": \"http://example.com\"}"),
                422,
                ErrorCode.RULE_INVALID,
                "value: x");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            value = {
                "{\"topic\": \"a\"}; /sink: absent",
                "{\"topic\": \"a\", \"sink\": \"http://x\", \"url\": \"http://x\"}; /sink: given twice",
                "{\"sink\": \"http://x\"}; /topic: absent",
                "{\"topic\": \"a//b\", \"sink\": \"http://x\"}; topic pattern: 'a//b'",
                "{\"topic\": \"a\", \"sink\": 7}; /sink: 7",
                "{\"topic\": \"a\", \"sink\": \"http://x\", \"colour\": 1}; /colour: unknown field",
                "{\"topic\": \"a\", \"sink\": \"http://x\", \"format\": \"xml\"}; /format: 'xml'",
                "{\"topic\": \"a\", \"sink\": \"http://x\", \"delivery\": {\"retry\": {\"maxAttempts\": 0}}}; /delivery/retry/maxAttempts: 0",
                "{\"topic\": \"a\", \"sink\": \"http://x\", \"delivery\": {\"ackTimeout\": \"soon\"}}; /delivery/ackTimeout: 'soon'",
                "{\"topic\": \"a\", \"sink\": \"http://x\", \"delivery\": []}; /delivery: []",
                "{\"topic\": \"a\", \"sink\": \"http://x\", \"filters\": \"sql\"}; /filters",
                "{\"topic\": \"a\", \"topic\": \"b\"}; Duplicate",
                "[]; body: []",
                "{}{}; body",
                "''; body",
            })
    void aBodyThatIsWrongIsRefusedSayingWhere(String body, String reason) throws Exception {
        assertProblem(fixture.put(PATH, body), 400, ErrorCode.REQUEST_INVALID, reason);
        assertThat(fixture.mesh.puts()).isEmpty();
    }

    @Test
    void methodsAreListedAndHeadIsAGetWithoutBody() throws Exception {
        fixture.mesh.answerSubscriptions(List.of(status(NAME)));

        assertThat(fixture.post(PATH, "{}").headers().firstValue("allow")).hasValue("GET, HEAD, PUT, DELETE, OPTIONS");
        HttpResponse<String> head =
                fixture.send(fixture.to(PATH).method("HEAD", java.net.http.HttpRequest.BodyPublishers.noBody()));
        assertThat(head.statusCode()).isEqualTo(200);
        assertThat(head.body()).isEmpty();
    }

    private static SubscriptionStatus status(SubscriptionName name) {
        Destination destination =
                new Destination("webhook", "{\"url\": \"https://example.com/hook\", \"format\": \"binary\"}");
        return new SubscriptionStatus(
                name,
                SubscriptionStatus.State.CUT_OFF,
                DeliveryTerms.DEFAULT.withDestination(destination),
                1,
                7,
                2,
                3,
                List.of(new Gap(new StreamPartition(new StreamName("default", "orders"), 0), 1, 6, 5, Gap.Why.CUT_OFF)),
                "the destination did not consent");
    }
}
