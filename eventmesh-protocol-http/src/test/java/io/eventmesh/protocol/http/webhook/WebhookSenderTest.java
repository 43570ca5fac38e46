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
import io.eventmesh.spi.target.TargetContext;
import io.eventmesh.testkit.ManualTime;
import io.eventmesh.testkit.mesh.RecordingMesh;
import java.io.IOException;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class WebhookSenderTest {
    private static final ObjectMapper JSON = new ObjectMapper();

    private final ManualTime time = new ManualTime();
    private final List<WebhookSender> senders = new ArrayList<>();
    private Endpoint endpoint;

    @BeforeEach
    void listen() throws IOException {
        endpoint = new Endpoint(Endpoint.status(204));
    }

    @AfterEach
    void stop() {
        senders.forEach(WebhookSender::close);
        endpoint.close();
    }

    private WebhookSender sender(String more) {
        return sender(endpoint.url(), more);
    }

    private WebhookSender sender(String url, String more) {
        String spec = "{\"url\": \"%s\"%s}".formatted(url, more.isEmpty() ? "" : ", " + more.replace('\'', '"'));
        TargetContext context = new TargetContext("default", "runtime-1", new RecordingMesh(), time, time);
        WebhookSender sender = new WebhookSender(WebhookSpec.parse(spec), context);
        senders.add(sender);
        return sender;
    }

    private static EventRecord record(Event event) {
        return new EventRecord(TopicName.of("orders/eu"), null, 1, 0, null, null, null, 0, event);
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

    private static Outcome get(CompletionStage<Outcome> stage) {
        CompletableFuture<Outcome> future = stage.toCompletableFuture();
        return future.orTimeout(10, TimeUnit.SECONDS).join();
    }

    @Test
    void anEventGoesAsCloudEventsBinaryModeByDefault() {
        Outcome outcome = get(sender("'headers': {'X-Team': 'blue'}").send(record(order()), 3));

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
    void structuredModeCarriesTheWholeEvent() {
        get(sender("'format': 'structured', 'handshake': 'skip'").send(record(order()), 1));

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

        assertThat(get(sender("'format': 'eventmesh'").send(record(order()), 1)))
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

        get(sender("'format': 'eventmesh', 'call': 'sync'").send(record(binary), 1));

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

        assertThat(get(sender("'format': 'eventmesh'").send(record(order()), 1))
                        .getClass()
                        .getSimpleName())
                .isEqualTo(outcome);
    }

    @ParameterizedTest
    @CsvSource({
        "200, Done", "202, Done", "301, Never", "304, Never", "400, Never", "401, Never", "403, Never", "404, Again",
        "408, Again", "409, Again", "410, Stop", "415, Never", "422, Never", "429, Again", "500, Again", "503, Again",
        "599, Again"
    })
    void theStatusDecides(int status, String outcome) {
        endpoint.answer(Endpoint.status(status, "Location", "/elsewhere"));

        assertThat(get(sender("").send(record(order()), 1)).getClass().getSimpleName())
                .isEqualTo(outcome);
        assertThat(endpoint.received()).as("a redirect is not followed").hasSize(1);
    }

    @ParameterizedTest
    @CsvSource({
        "429, 7, PT7S",
        "503, 7, PT7S",
        "500, 7, PT0S",
        "429, -1, PT0S",
        "429, soon, PT0S",
        "429, 99999999, PT1H"
    })
    void retryAfterIsHeard(int status, String retryAfter, Duration delay) {
        endpoint.answer(Endpoint.status(status, "Retry-After", retryAfter));

        Outcome outcome = get(sender("").send(record(order()), 1));

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

        Outcome outcome = get(sender("'timeout': '100ms'").send(record(order()), 1));
        over.countDown();

        assertThat(((Outcome.Again) outcome).reason())
                .contains("no answer within 100 ms")
                .doesNotContain("secret");
    }

    @Test
    void aDestinationThatIsNotThereIsTriedAgain() {
        String url = endpoint.url();
        endpoint.close();

        Outcome outcome = get(sender(url, "").send(record(order()), 1));

        assertThat(((Outcome.Again) outcome).reason()).contains("127.0.0.1").doesNotContain("secret");
    }

    @Test
    void anAnswerWithoutEndIsCut() {
        endpoint.answer(Endpoint.body(new byte[1 << 20]));

        assertThat(get(sender("").send(record(order()), 1))).isInstanceOf(Outcome.Again.class);
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

        assertThat(get(sender.prepare()).getClass().getSimpleName()).isEqualTo(outcome);

        assertThat(sender.allowedPerMinute()).isEqualTo(rate);
        assertThat(endpoint.received().get(0).method()).isEqualTo("OPTIONS");
        assertThat(endpoint.received().get(0).header("WebHook-Request-Origin")).isEqualTo("runtime-1");
    }

    @Test
    void aDestinationThatFailsWhenAskedIsAskedAgain() {
        endpoint.answer(Endpoint.status(503, "Retry-After", "3"));

        Outcome outcome = get(sender("'rate': 100").prepare());

        assertThat(((Outcome.Again) outcome).delay()).isEqualTo(Duration.ofSeconds(3));
        assertThat(endpoint.received().get(0).header("WebHook-Request-Rate")).isEqualTo("100");
    }

    @Test
    void nobodyIsAskedWhenTheDefinitionSaysSo() {
        assertThat(get(sender("'handshake': 'skip'").prepare())).isEqualTo(new Outcome.Done());
        assertThat(get(sender("'format': 'eventmesh'").prepare())).isEqualTo(new Outcome.Done());

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
