package io.eventmesh.protocol.http.webhook;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.net.CallableAddresses;
import io.eventmesh.common.topic.TopicName;
import io.eventmesh.spi.event.Event;
import io.eventmesh.spi.mesh.Outgoing;
import io.eventmesh.spi.storage.EventRecord;
import io.eventmesh.spi.target.Credential;
import io.eventmesh.spi.target.Outcome;
import io.eventmesh.spi.target.Preview;
import io.eventmesh.spi.target.SecretValues;
import io.eventmesh.spi.target.SendTerms;
import io.eventmesh.spi.target.TargetContext;
import io.eventmesh.spi.target.TargetEnvironment;
import io.eventmesh.testkit.ManualTime;
import io.eventmesh.testkit.mesh.RecordingMesh;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Functions on a real HTTP server, and what becomes of their answers. */
class FunctionSenderTest {
    private static final String STRUCTURED = "application/cloudevents+json";
    private static final String BATCH = "application/cloudevents-batch+json";

    private final RecordingMesh mesh = new RecordingMesh();
    private final ManualTime time = new ManualTime();
    private final List<FunctionSender> senders = new ArrayList<>();
    private final CountDownLatch over = new CountDownLatch(1);
    private Endpoint function;

    @BeforeEach
    void listen() throws IOException {
        function = new Endpoint(Endpoint.status(204));
    }

    @AfterEach
    void stop() {
        over.countDown();
        senders.forEach(FunctionSender::close);
        function.close();
    }

    private FunctionSender sender(String more, SendTerms terms) {
        TargetEnvironment environment = new TargetEnvironment(
                "runtime-1",
                mesh,
                time,
                time,
                (namespace, name) -> Optional.of(new Credential(name, 1, "bearer", "{\"token\":\"abc\"}")),
                SecretValues.none(),
                new CallableAddresses(true, List.of()));
        String spec = "{\"url\": \"%s\", \"topic\": \"orders/enriched\"%s}"
                .formatted(function.url(), more.replace('\'', '"'));
        FunctionSender sender = new FunctionSender(
                FunctionSpec.parse(spec), new TargetContext("default", "orders/enrich", terms, "key", environment));
        senders.add(sender);
        return sender;
    }

    private Outcome send() {
        return send(sender("", SendTerms.defaults().withTimeout(Duration.ofSeconds(5))), 1);
    }

    private static Outcome send(FunctionSender sender, int attempt) {
        Event event = Event.builder()
                .id("7")
                .source("/shop")
                .type("order")
                .dataContentType("application/json")
                .text("{\"n\": 7}")
                .build();
        EventRecord record = new EventRecord(
                TopicName.of("_t/default/default"), null, 1, 3, "orders/enrich@12;2;1;1", null, null, 0, event);
        return Sending.get(sender.send(record, attempt));
    }

    private void answers(int status, @Nullable String type, String body, String... headers) {
        function.answer(exchange -> {
            if (type != null) {
                exchange.getResponseHeaders().set("Content-Type", type);
            }
            for (int i = 0; i < headers.length; i += 2) {
                exchange.getResponseHeaders().set(headers[i], headers[i + 1]);
            }
            byte[] bytes = body.getBytes(UTF_8);
            exchange.sendResponseHeaders(status, bytes.length == 0 ? -1 : bytes.length);
            if (bytes.length > 0) {
                exchange.getResponseBody().write(bytes);
            }
        });
    }

    private List<Event> published() {
        return mesh.published().stream().map(each -> each.outgoing().event()).toList();
    }

    @Test
    void isCalledWithTheEventAndAskedForAReply() {
        assertThat(send()).isInstanceOf(Outcome.Done.class);

        Endpoint.Received request = function.received().get(0);
        assertThat(request.method()).isEqualTo("POST");
        assertThat(request.header("Prefer")).isEqualTo("reply");
        assertThat(request.header("ce-id")).isEqualTo("7");
        assertThat(request.header("Content-Type")).isEqualTo("application/json");
        assertThat(request.header("Authorization")).isEqualTo("Bearer abc");
        assertThat(request.header("EventMesh-Target")).isEqualTo("orders/enrich");
        assertThat(request.header("EventMesh-Attempt")).isEqualTo("1");
        assertThat(request.body()).hasToString("{\"n\": 7}");
        assertThat(mesh.published()).isEmpty();
    }

    @Test
    void mayBeCalledInStructuredMode() {
        send(sender(", 'format': 'structured', 'headers': {'x-a': 'b'}", SendTerms.defaults()), 4);

        Endpoint.Received request = function.received().get(0);
        assertThat(request.header("Content-Type")).startsWith(STRUCTURED);
        assertThat(request.header("x-a")).isEqualTo("b");
        assertThat(request.header("EventMesh-Attempt")).isEqualTo("4");
        assertThat(request.body().toString()).contains("\"id\":\"7\"");
    }

    @Test
    void anEventInItsAnswerGoesToTheTopicWithTheHopsOfItsCause() {
        answers(
                200,
                "application/json",
                "{\"total\": 1.10}",
                "ce-specversion",
                "1.0",
                "ce-id",
                "n1",
                "ce-source",
                "/enricher",
                "ce-type",
                "order.enriched",
                "ce-tenant",
                "a%20b");

        assertThat(send()).isInstanceOf(Outcome.Done.class);

        Outgoing outgoing = mesh.published().get(0).outgoing();
        assertThat(outgoing.topic()).isEqualTo(TopicName.of("orders/enriched"));
        assertThat(outgoing.hops()).isEqualTo(3);
        assertThat(outgoing.target()).isEqualTo("orders/enrich@12");
        assertThat(outgoing.event().id()).isEqualTo("n1");
        assertThat(outgoing.event().attribute("tenant")).isEqualTo("a b");
        assertThat(new String(outgoing.event().data(), UTF_8)).isEqualTo("{\"total\": 1.10}");
    }

    @Test
    void severalEventsMayComeInABatch() {
        answers(
                200,
                BATCH,
                "[{\"specversion\":\"1.0\",\"id\":\"a\",\"source\":\"/f\",\"type\":\"t\",\"data\":{\"p\":1.10}},"
                        + "{\"specversion\":\"1.0\",\"type\":\"t\",\"data\":2}]");

        assertThat(send()).isInstanceOf(Outcome.Done.class);

        assertThat(published()).extracting(Event::source).containsExactly("/f", "/functions/default/orders/enrich");
        assertThat(new String(published().get(0).data(), UTF_8)).isEqualTo("{\"p\":1.10}");
    }

    @ParameterizedTest
    @ValueSource(strings = {"binary", STRUCTURED, BATCH})
    void anEventWithoutAnIdIsGivenOneThatIsTheSameAtTheNextAttempt(String mode) {
        String event = "{\"specversion\":\"1.0\",\"type\":\"t\",\"data\":1}";
        switch (mode) {
            case "binary" -> answers(200, "application/json", "1", "ce-specversion", "1.0", "ce-type", "t");
            case BATCH -> answers(200, BATCH, "[%s,%s]".formatted(event, event));
            default -> answers(200, mode, event);
        }
        FunctionSender sender = sender("", SendTerms.defaults());

        send(sender, 1);
        int each = published().size();
        send(sender, 2);

        List<String> ids = published().stream().map(Event::id).toList();
        assertThat(ids).allMatch(id -> id.length() == 24);
        assertThat(ids.subList(0, each)).isEqualTo(ids.subList(each, 2 * each)).doesNotHaveDuplicates();
        assertThat(published()).allMatch(one -> one.source().equals("/functions/default/orders/enrich"));
    }

    @ParameterizedTest
    @CsvSource({"202,{}", "204,''", "200,''", "201,''"})
    void anAnswerWithoutAnEventIsEnough(int status, String body) {
        answers(status, null, status == 204 ? "" : body);

        assertThat(send()).isInstanceOf(Outcome.Done.class);
        assertThat(mesh.published()).isEmpty();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            quoteCharacter = '`',
            value = {
                "text/plain; done; no CloudEvent (expected: ce- headers",
                "application/json; {\"n\": 1}; no CloudEvent",
                "application/cloudevents+json; {\"n\":; not JSON",
                "application/cloudevents+json; {\"specversion\":\"1.0\"}; attribute type: absent",
                "application/cloudevents+json; {\"specversion\":\"1.0\",\"id\":\"\",\"type\":\"t\"}; attribute id",
                "application/cloudevents+json; {\"specversion\":\"1.0\",\"type\":\"t\",\"meshx\":\"1\"}; none that the mesh",
                "application/cloudevents+json; {\"specversion\":\"1.0\",\"type\":\"t\",\"dlreason\":\"1\"}; none that the mesh",
                "application/cloudevents-batch+json; {}; a JSON array",
                "application/cloudevents-batch+json; [7]; a JSON object",
                "application/cloudevents+avro; x; content-type",
            })
    void anAnswerThatIsNoEventIsTheEventsFailure(String type, String body, String reason) {
        answers(200, type, body);

        assertThat(send()).isInstanceOfSatisfying(Outcome.Never.class, never -> {
            assertThat(never.code()).isEqualTo(ErrorCode.EVENT_INVALID);
            assertThat(never.reason()).startsWith("answer: ").contains(reason);
        });
        assertThat(mesh.published()).isEmpty();
    }

    @Test
    void tooManyEventsOrTooLargeAnswersAreTheEventsFailure() {
        String event = "{\"specversion\":\"1.0\",\"type\":\"t\"}";
        answers(200, BATCH, "[" + (event + ",").repeat(100) + event + "]");
        assertThat(send())
                .isInstanceOfSatisfying(
                        Outcome.Never.class, never -> assertThat(never.reason()).contains("101 events"));

        answers(200, "text/plain", "x".repeat(FunctionSender.MAX_ANSWER + 1), "ce-specversion", "1.0", "ce-type", "t");
        assertThat(send())
                .isInstanceOfSatisfying(
                        Outcome.Never.class, never -> assertThat(never.code()).isEqualTo(ErrorCode.EVENT_TOO_LARGE));
        assertThat(mesh.published()).isEmpty();
    }

    @Test
    void anAnswerThatBreaksOffComesAgain() {
        function.answer(exchange -> {
            exchange.getResponseHeaders().set("ce-specversion", "1.0");
            exchange.sendResponseHeaders(200, 1_000);
            exchange.getResponseBody().write(new byte[10]);
            exchange.getResponseBody().flush();
            throw new IOException("gone");
        });

        assertThat(send())
                .isInstanceOfSatisfying(
                        Outcome.Again.class, again -> assertThat(again.reason()).contains("broke off"));
    }

    @ParameterizedTest
    @CsvSource({"400,Never", "302,Never", "404,Again", "429,Again", "503,Again", "410,Stop"})
    void theStatusDecides(int status, String outcome) {
        answers(status, null, "", "Retry-After", "7");

        Outcome found = send();

        assertThat(found.getClass().getSimpleName()).isEqualTo(outcome);
        if (status == 429 || status == 503) {
            assertThat(found)
                    .isInstanceOfSatisfying(
                            Outcome.Again.class,
                            again -> assertThat(again.delay()).isEqualTo(Duration.ofSeconds(7)));
        }
    }

    @Test
    void oneThatIsNotThereOrTooSlowIsCalledAgain() {
        FunctionSender slow = sender(", 'timeout': '100ms'", SendTerms.defaults());
        function.answer(exchange -> {
            try {
                over.await(10, TimeUnit.SECONDS);
            } catch (InterruptedException over) {
                Thread.currentThread().interrupt();
            }
        });
        assertThat(send(slow, 1)).isInstanceOf(Outcome.Again.class);

        FunctionSender gone = sender("", SendTerms.defaults());
        function.close();
        assertThat(send(gone, 1)).isInstanceOf(Outcome.Again.class);
    }

    @Test
    void whatTheMeshDoesNotStoreComesAgainUnlessItNeverWill() {
        answers(200, STRUCTURED, "{\"specversion\":\"1.0\",\"type\":\"t\"}");

        mesh.refuseWith(ErrorCode.STORAGE_FULL);
        assertThat(send())
                .isInstanceOfSatisfying(
                        Outcome.Again.class, again -> assertThat(again.code()).isEqualTo(ErrorCode.STORAGE_FULL));
        mesh.refuseWith(ErrorCode.EVENT_TOO_LARGE);
        assertThat(send())
                .isInstanceOfSatisfying(
                        Outcome.Never.class, never -> assertThat(never.code()).isEqualTo(ErrorCode.EVENT_TOO_LARGE));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            quoteCharacter = '`',
            value = {
                "{\"url\":\"http://a/b\"}; spec.topic",
                "{\"topic\":\"a\"}; spec.url",
                "{\"url\":\"http://a/b\",\"topic\":\"_t/a\"}; spec.topic: '_t/a'",
                "{\"url\":\"http://a/b\",\"topic\":\"a//b\"}; spec.topic",
                "{\"url\":\"http://a/b\",\"topic\":7}; spec.topic",
                "{\"url\":\"http://a/b\",\"topic\":\"a\",\"format\":\"batch\"}; spec.format: 'batch' (expected: one of binary",
                "{\"url\":\"http://a/b\",\"topic\":\"a\",\"other\":1}; spec.other",
            })
    void aSpecificationThatMeansNothingIsRefused(String spec, String reason) {
        assertThatThrownBy(() -> new FunctionTargetProvider().validate("default", spec))
                .isInstanceOfSatisfying(
                        EventMeshException.class,
                        refused -> assertThat(refused.code()).isEqualTo(ErrorCode.RULE_INVALID))
                .hasMessageContaining(reason);
    }

    @Test
    void showsWhatItWouldSendWithoutSecrets() {
        String spec =
                "{\"url\":\"http://a/b?token=x\",\"topic\":\"a\",\"headers\":{\"x-key\":\"secret\"},\"signing\":\"seal\"}";

        Preview preview = new FunctionTargetProvider()
                .preview(spec, "bearer", Sending.record("7"))
                .orElseThrow();

        assertThat(preview.method()).isEqualTo("POST");
        assertThat(preview.uri()).isEqualTo("http://a/b?" + Preview.HIDDEN);
        assertThat(preview.headers())
                .containsEntry("ce-id", "7")
                .containsEntry("Prefer", "reply")
                .containsEntry("x-key", Preview.HIDDEN)
                .containsEntry("authorization", Preview.HIDDEN);
        assertThat(preview.body()).isEqualTo("{\"n\": \"7\"}");
    }

    @Test
    void namesTheCredentialsThatItUses() {
        String spec = "{\"url\":\"http://a/b\",\"topic\":\"a\",\"signing\":\"seal\"}";

        assertThat(new FunctionTargetProvider().credentials(spec)).containsExactly("seal");
        assertThat(new FunctionTargetProvider().credentialKinds()).contains("bearer", "oauth2");
        assertThat(new FunctionTargetProvider().batches(spec)).isFalse();
    }
}
