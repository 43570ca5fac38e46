package io.eventmesh.protocol.http.webhook;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.cloudevents.CloudEvent;
import io.cloudevents.jackson.JsonFormat;
import io.eventmesh.common.topic.TopicName;
import io.eventmesh.http.HttpOutcomes;
import io.eventmesh.spi.event.Event;
import io.eventmesh.spi.storage.EventRecord;
import io.eventmesh.spi.target.Outcome;
import java.io.IOException;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class WebhookSenderTest {
    private static final ObjectMapper JSON = new ObjectMapper();

    private final Sending sending = new Sending();
    private Endpoint endpoint;

    @BeforeEach
    void listen() throws IOException {
        endpoint = new Endpoint(Endpoint.status(204));
    }

    @AfterEach
    void stop() {
        sending.close();
        endpoint.close();
    }

    private WebhookSender sender(String more) {
        return sender(endpoint.url(), more);
    }

    private WebhookSender sender(String url, String more) {
        return sending.to(url, more);
    }

    private static Event order() {
        return Event.builder()
                .id("1")
                .source("/shop")
                .type("order.created")
                .attribute("customer", "Jürgen \"J\" 100%")
                .attribute("uniqueid", "u1")
                .attribute("seqnum", "s1")
                .dataContentType("application/json")
                .text("{\"total\": 100}")
                .build();
    }

    @Test
    void anEventGoesAsCloudEventsBinaryModeByDefault() {
        Outcome outcome = Sending.get(sender("'headers': {'X-Team': 'blue'}").send(Sending.record(order()), 3));

        assertThat(outcome).isEqualTo(new Outcome.Done());
        Endpoint.Received got = endpoint.received().get(0);
        assertThat(got.method()).isEqualTo("POST");
        assertThat(got.header("ce-specversion")).isEqualTo("1.0");
        assertThat(got.header("ce-id")).isEqualTo("1");
        assertThat(got.header("ce-source")).isEqualTo("/shop");
        assertThat(got.header("ce-type")).isEqualTo("order.created");
        assertThat(got.header("ce-customer")).isEqualTo("J%C3%BCrgen%20%22J%22%20100%25");
        assertThat(got.header("ce-datacontenttype")).isNull();
        assertThat(got.header("content-type")).isEqualTo("application/json");
        assertThat(got.header("EventMesh-Topic")).isEqualTo("orders/eu");
        assertThat(got.header("EventMesh-Attempt")).isEqualTo("3");
        assertThat(got.header("X-Team")).isEqualTo("blue");
        assertThat(got.header("WebHook-Request-Origin")).isEqualTo("runtime-1");
        assertThat(got.body().toString(StandardCharsets.UTF_8)).isEqualTo("{\"total\": 100}");
    }

    @Test
    void aResultNamesTheTargetAndTheRevisionThatJudgedInsteadOfTheMeshsOwnTopic() {
        EventRecord result =
                new EventRecord(TopicName.of("_t/default/main"), null, 1, 1, "orders/hook@7", null, null, 0, order());

        Sending.get(sender("").send(result, 1));

        Endpoint.Received got = endpoint.received().get(0);
        assertThat(got.header("EventMesh-Target")).isEqualTo("orders/hook@7");
        assertThat(got.header("EventMesh-Topic")).isNull();
    }

    @Test
    void structuredModeCarriesTheWholeEvent() {
        Sending.get(sender("'format': 'structured', 'handshake': 'skip'").send(Sending.record(order()), 1));

        Endpoint.Received got = endpoint.received().get(0);
        assertThat(got.header("content-type")).startsWith("application/cloudevents+json");
        assertThat(got.header("WebHook-Request-Origin")).isNull();
        CloudEvent event = new JsonFormat().deserialize(got.body().getBytes());
        assertThat(event.getId()).isEqualTo("1");
        assertThat(event.getExtension("customer")).isEqualTo("Jürgen \"J\" 100%");
        assertThat(new String(event.getData().toBytes(), StandardCharsets.UTF_8))
                .contains("100");
    }

    @Test
    void subscribersOfEventMeshGetTheirForm() throws IOException {
        endpoint.answer(Endpoint.body("{\"retCode\": 1}".getBytes(StandardCharsets.UTF_8)));

        assertThat(Sending.get(sender("'format': 'eventmesh'").send(Sending.record(order()), 1)))
                .isEqualTo(new Outcome.Done());

        Endpoint.Received got = endpoint.received().get(0);
        assertThat(got.header("code")).isEqualTo("105");
        assertThat(got.header("language")).isEqualTo("JAVA");
        assertThat(got.header("protocoltype")).isEqualTo("eventmeshmessage");
        Map<String, String> form = form(got.body().getBytes());
        assertThat(form)
                .containsEntry("content", "{\"total\": 100}")
                .containsEntry("topic", "orders/eu")
                .containsEntry("uniqueId", "u1")
                .containsEntry("bizseqno", "s1");
        JsonNode fields = JSON.readTree(form.get("extFields"));
        assertThat(fields.path("customer").asText()).isEqualTo("Jürgen \"J\" 100%");
    }

    @Test
    void subscribersOfEventMeshGetCloudEventsAndBinaryDataWhole() {
        endpoint.answer(Endpoint.body("{\"retCode\": 1}".getBytes(StandardCharsets.UTF_8)));
        Event binary = Event.builder()
                .id("2")
                .source("/shop")
                .type("t")
                .data(new byte[] {0, -1, 7})
                .build();

        Sending.get(sender("'format': 'eventmesh', 'call': 'sync'").send(Sending.record(binary), 1));

        Endpoint.Received got = endpoint.received().get(0);
        assertThat(got.header("code")).isEqualTo("106");
        assertThat(got.header("protocoltype")).isEqualTo("cloudevents");
        CloudEvent event = new JsonFormat()
                .deserialize(
                        form(got.body().getBytes()).getOrDefault("content", "").getBytes(StandardCharsets.UTF_8));
        assertThat(event.getData().toBytes()).containsExactly(0, -1, 7);
    }

    @ParameterizedTest
    @CsvSource({
        "'{\"retCode\": 1}', Done",
        "'{\"retCode\": \"0\"}', Done",
        "'{\"retCode\": 2}', Again",
        "'{\"retCode\": 5}', Again",
        "'{\"retCode\": 3}', Never",
        "'{}', Never",
        "'<html>', Never",
        "'', Never"
    })
    void theReturnCodeOfAnEventMeshSubscriberDecides(String answer, String outcome) {
        endpoint.answer(Endpoint.body(answer.getBytes(StandardCharsets.UTF_8)));

        assertThat(Sending.get(sender("'format': 'eventmesh'").send(Sending.record(order()), 1))
                        .getClass()
                        .getSimpleName())
                .isEqualTo(outcome);
    }

    @ParameterizedTest
    @CsvSource({
        "200, Done",
        "202, Done",
        "301, Never",
        "307, Never",
        "400, Never",
        "404, Again",
        "410, Stop",
        "429, Again",
        "500, Again"
    })
    void theStatusDecides(int status, String outcome) {
        endpoint.answer(Endpoint.status(status, "Location", "/elsewhere"));

        assertThat(Sending.name(Sending.get(sender("").send(Sending.record(order()), 1))))
                .isEqualTo(outcome);
        assertThat(endpoint.received()).as("a redirect is not followed").hasSize(1);
    }

    @Test
    void aPolicysCodesTakeThePlaceOfTheUsualOnes() {
        sending.terms = sending.terms.withRetryOn(Set.of(401, 503));
        WebhookSender sender = sender("");

        Map<Integer, String> expected = Map.of(401, "Again", 503, "Again", 500, "Never", 429, "Never", 410, "Stop");
        expected.forEach((status, outcome) -> {
            endpoint.answer(Endpoint.status(status));
            assertThat(Sending.name(Sending.get(sender.send(Sending.record(order()), 1))))
                    .as("status %d", status)
                    .isEqualTo(outcome);
        });
    }

    @ParameterizedTest
    @CsvSource({"PT30S, PT10S, PT10S", "PT5S, PT10S, PT5S", "PT30S, PT0S, PT0S"})
    void aPolicyBoundsWhatADestinationMayAskFor(Duration asked, Duration bound, Duration heard) {
        sending.terms = sending.terms.withRetryAfterMax(bound);
        endpoint.answer(Endpoint.status(503, "Retry-After", Long.toString(asked.toSeconds())));

        Outcome outcome = Sending.get(sender("").send(Sending.record(order()), 1));

        assertThat(((Outcome.Again) outcome).delay()).isEqualTo(heard);
    }

    @Test
    void parametersOfTheQueryStandBehindThoseOfTheUrl() {
        Sending.get(sender("'query': {'team': 'blue & green', 'ü': '1+1'}").send(Sending.record(order()), 1));

        assertThat(endpoint.received().get(0).uri())
                .isEqualTo("/hook?token=secret&team=blue%20%26%20green&%C3%BC=1%2B1");
    }

    @ParameterizedTest
    @CsvSource({
        "429, 7, PT7S",
        "503, 7, PT7S",
        "500, 7, PT0S",
        "429, -1, PT0S",
        "429, soon, PT0S",
        "429, 99999999, PT1H",
        "429, 999999999999, PT1H"
    })
    void retryAfterIsHeard(int status, String retryAfter, Duration delay) {
        endpoint.answer(Endpoint.status(status, "Retry-After", retryAfter));

        Outcome outcome = Sending.get(sender("").send(Sending.record(order()), 1));

        assertThat(((Outcome.Again) outcome).delay()).isEqualTo(delay);
    }

    @Test
    void retryAfterMayBeADate() {
        Duration asked = HttpOutcomes.retryAfter(
                "Sun, 06 Nov 1994 08:49:37 GMT", java.time.Instant.parse("1994-11-06T08:49:30Z"));

        assertThat(asked).isEqualTo(Duration.ofSeconds(7));
    }

    @Test
    void aDestinationThatDoesNotAnswerInTimeIsTriedAgain() {
        CountDownLatch over = new CountDownLatch(1);
        endpoint.answer(exchange -> {
            try {
                over.await(10, TimeUnit.SECONDS);
            } catch (InterruptedException stopped) {
                Thread.currentThread().interrupt();
            }
        });

        Outcome outcome = Sending.get(sender("'timeout': '100ms'").send(Sending.record(order()), 1));
        over.countDown();

        assertThat(((Outcome.Again) outcome).reason())
                .contains("no answer within 100 ms")
                .doesNotContain("secret");
    }

    @Test
    void aDestinationThatIsNotThereIsTriedAgain() {
        String url = endpoint.url();
        endpoint.close();

        Outcome outcome = Sending.get(sender(url, "").send(Sending.record(order()), 1));

        assertThat(((Outcome.Again) outcome).reason()).contains("127.0.0.1").doesNotContain("secret");
    }

    @ParameterizedTest
    @CsvSource({
        "runtime-1, , Done, 0",
        "*, , Done, 0",
        "Runtime-1, 30, Done, 30",
        "*, *, Done, 0",
        "elsewhere.example, , Stop, 0",
        ", , Stop, 0"
    })
    void consentIsAskedBeforeTheFirstEvent(String allowedOrigin, String allowedRate, String outcome, int rate) {
        List<String> headers = new ArrayList<>();
        if (allowedOrigin != null) {
            headers.addAll(List.of("WebHook-Allowed-Origin", allowedOrigin));
        }
        if (allowedRate != null) {
            headers.addAll(List.of("WebHook-Allowed-Rate", allowedRate));
        }
        endpoint.answer(Endpoint.status(200, headers.toArray(String[]::new)));
        WebhookSender sender = sender("");

        assertThat(Sending.get(sender.prepare()).getClass().getSimpleName()).isEqualTo(outcome);

        assertThat(sender.allowedPerMinute()).isEqualTo(rate);
        assertThat(endpoint.received().get(0).method()).isEqualTo("OPTIONS");
        assertThat(endpoint.received().get(0).header("WebHook-Request-Origin")).isEqualTo("runtime-1");
    }

    @Test
    void aDestinationThatFailsWhenAskedIsAskedAgain() {
        endpoint.answer(Endpoint.status(503, "Retry-After", "3"));

        Outcome outcome = Sending.get(sender("'rate': 100").prepare());

        assertThat(((Outcome.Again) outcome).delay()).isEqualTo(Duration.ofSeconds(3));
        assertThat(endpoint.received().get(0).header("WebHook-Request-Rate")).isEqualTo("100");
    }

    @Test
    void nobodyIsAskedWhenTheDefinitionSaysSo() {
        assertThat(Sending.get(sender("'handshake': 'skip'").prepare())).isEqualTo(new Outcome.Done());
        assertThat(Sending.get(sender("'format': 'eventmesh'").prepare())).isEqualTo(new Outcome.Done());

        assertThat(endpoint.received()).isEmpty();
    }

    private static Map<String, String> form(byte[] body) {
        Map<String, String> form = new HashMap<>();
        for (String pair : new String(body, StandardCharsets.UTF_8).split("&", -1)) {
            int at = pair.indexOf('=');
            form.put(pair.substring(0, at), URLDecoder.decode(pair.substring(at + 1), StandardCharsets.UTF_8));
        }
        return form;
    }
}
