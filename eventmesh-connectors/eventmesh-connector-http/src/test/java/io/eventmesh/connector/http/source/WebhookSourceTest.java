package io.eventmesh.connector.http.source;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.spi.connector.SourceRecord;
import io.eventmesh.spi.event.Event;
import io.eventmesh.testkit.Threads;
import io.eventmesh.testkit.connector.FakeTaskContext;
import io.eventmesh.testkit.connector.SourceConnectorContractTest;
import java.io.IOException;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class WebhookSourceTest extends SourceConnectorContractTest {
    private static final Executor SOON = CompletableFuture.delayedExecutor(50, TimeUnit.MILLISECONDS);

    private final HttpClient client = HttpClient.newHttpClient();
    private final Map<String, Object> tree = new HashMap<>();
    private volatile boolean over;
    private int produced;

    @BeforeEach
    void findPort() throws IOException {
        try (ServerSocket free = new ServerSocket(0)) {
            tree.put("port", free.getLocalPort());
        }
        tree.put("path", "/hook");
    }

    @AfterEach
    void stopSending() {
        over = true;
    }

    @Override
    protected WebhookSource connector() {
        return new WebhookSource(WebhookEventsTest.config(tree), FakeTaskContext.of("hook"));
    }

    /** Senders that do not give up, as senders of webhooks are. */
    @Override
    protected void produce(int records) {
        for (int i = 0; i < records; i++) {
            insist(post("{\"number\":%d}".formatted(produced++)));
        }
    }

    /** Those of the senders. */
    @Override
    protected List<String> threadsOfTheStandIn() {
        return List.of("HttpClient-");
    }

    private void insist(HttpRequest request) {
        client.sendAsync(request, BodyHandlers.discarding()).whenComplete((answer, failure) -> {
            if (!over && (failure != null || answer.statusCode() != 202)) {
                SOON.execute(() -> insist(request));
            }
        });
    }

    @Test
    void aPortThatIsTakenIsToldAndLeavesNothingBehind() throws Exception {
        Threads threads = Threads.besides(threadsOfTheStandIn());
        try (ServerSocket other = new ServerSocket(0)) {
            tree.put("port", other.getLocalPort());
            WebhookSource source = connector();

            assertThatThrownBy(() -> source.open(Map.of()))
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("port: " + other.getLocalPort());
            source.close();
        }
        threads.assertNoneLeft();
    }

    // there are no positions: these three hold in another way

    @Test
    @Override
    public void theNextOwnerGoesOnBehindThePosition() throws Exception {
        produce(6);
        WebhookSource first = (WebhookSource) opened(Map.of());
        List<SourceRecord> records = poll(first, 6);
        records.subList(0, 4).forEach(WebhookSourceTest::store);
        first.close();

        WebhookSource second = (WebhookSource) opened(Map.of());

        assertThat(poll(second, 2).stream().map(SourceConnectorContractTest::data))
                .containsExactlyInAnyOrderElementsOf(records.subList(4, 6).stream()
                        .map(SourceConnectorContractTest::data)
                        .toList());
        assertThat(second.poll()).isEmpty();
    }

    @Test
    @Override
    public void aRecordReadTwiceHasTheSamePosition() throws Exception {
        HttpRequest request = request("/hook")
                .header("Idempotency-Key", "k-1")
                .POST(BodyPublishers.ofString("x"))
                .build();
        WebhookSource source = (WebhookSource) opened(Map.of());

        var one = client.sendAsync(request, BodyHandlers.ofString());
        var other = client.sendAsync(request, BodyHandlers.ofString());

        assertThat(poll(source, 2).stream().map(record -> event(record).id())).containsExactly("k-1", "k-1");
        one.cancel(true);
        other.cancel(true);
    }

    @Test
    @Override
    public void eachRecordOfAPartitionHasItsOwnPosition() throws Exception {
        produce(1);

        SourceRecord record = poll(opened(Map.of()), 1).get(0);

        assertThat(record.isPositionless()).isTrue();
        assertThat(record.identity()).isEqualTo(SourceRecord.Identity.KEPT);
    }

    @Test
    void aSenderIsAnsweredWhenItsEventIsStoredAndNotBefore() throws Exception {
        WebhookSource source = (WebhookSource) opened(Map.of());
        CompletableFuture<HttpResponse<String>> answer = client.sendAsync(post("x"), BodyHandlers.ofString());

        SourceRecord record = poll(source, 1).get(0);
        assertThat(answer).isNotDone();
        store(record);

        assertThat(answer.get(5, TimeUnit.SECONDS).statusCode()).isEqualTo(202);
    }

    @Test
    void theSenderOfABatchIsAnsweredWhenAllOfItIsStored() throws Exception {
        WebhookSource source = (WebhookSource) opened(Map.of());
        String event = "{\"specversion\":\"1.0\",\"id\":\"%d\",\"source\":\"/s\",\"type\":\"t\"}";
        HttpRequest batch = request("/hook")
                .header("Content-Type", "application/cloudevents-batch+json")
                .POST(BodyPublishers.ofString("[" + event.formatted(1) + "," + event.formatted(2) + "]"))
                .build();
        CompletableFuture<HttpResponse<String>> answer = client.sendAsync(batch, BodyHandlers.ofString());

        List<SourceRecord> records = poll(source, 2);
        store(records.get(0));
        assertThat(answer).isNotDone();
        store(records.get(1));

        assertThat(records.stream().map(record -> event(record).id())).containsExactly("1", "2");
        assertThat(answer.get(5, TimeUnit.SECONDS).statusCode()).isEqualTo(202);
    }

    @Test
    void whatTheMeshRefusesIsAnsweredWithTheReason() throws Exception {
        WebhookSource source = (WebhookSource) opened(Map.of());

        assertThat(refused(source, ErrorCode.EVENT_TOO_LARGE).statusCode()).isEqualTo(413);
        assertThat(refused(source, ErrorCode.PERMISSION_DENIED).statusCode()).isEqualTo(422);
        HttpResponse<String> later = refused(source, ErrorCode.STORAGE_UNAVAILABLE);
        assertThat(later.statusCode()).isEqualTo(503);
        assertThat(later.headers().firstValue("Retry-After")).isPresent();
    }

    @Test
    void badRequestsAreToldWhatWasExpected() throws Exception {
        tree.put("max-body", "1KiB");
        opened(Map.of());

        assertThat(send(request("/other").POST(BodyPublishers.ofString("x"))).statusCode())
                .isEqualTo(404);
        assertThat(send(request("/hook").GET()).statusCode()).isEqualTo(405);
        assertThat(send(request("/hook").header("ce-id", "1").POST(BodyPublishers.ofString("x")))
                        .statusCode())
                .isEqualTo(400);
        assertThat(send(request("/hook").header("Content-Encoding", "gzip").POST(BodyPublishers.ofString("x")))
                        .statusCode())
                .isEqualTo(415);
        HttpResponse<String> large = send(request("/hook").POST(BodyPublishers.ofString("x".repeat(2_000))));
        assertThat(large.statusCode()).isEqualTo(413);
        assertThat(large.body()).contains("at most 1024 bytes").contains("EVENT_TOO_LARGE");
    }

    @Test
    void onlyVerifiedSendersAreHeard() throws Exception {
        tree.put("verification", Map.of("preset", "github", "secrets", List.of("It's a Secret to Everybody")));
        WebhookSource source = (WebhookSource) opened(Map.of());
        String signature = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17";

        HttpResponse<String> stranger = send(request("/hook").POST(BodyPublishers.ofString("Hello, World!")));
        CompletableFuture<HttpResponse<String>> friend = client.sendAsync(
                request("/hook")
                        .header("X-Hub-Signature-256", signature)
                        .POST(BodyPublishers.ofString("Hello, World!"))
                        .build(),
                BodyHandlers.ofString());
        poll(source, 1).forEach(WebhookSourceTest::store);

        assertThat(stranger.statusCode()).isEqualTo(401);
        assertThat(friend.get(5, TimeUnit.SECONDS).statusCode()).isEqualTo(202);
    }

    @Test
    void consentIsAnsweredToOptions() throws Exception {
        tree.put("handshake", Map.of("allowed-origins", List.of("mesh-1"), "require", true));
        opened(Map.of());

        HttpResponse<String> consent = send(
                request("/hook").header("WebHook-Request-Origin", "mesh-1").method("OPTIONS", BodyPublishers.noBody()));
        HttpResponse<String> unasked = send(request("/hook").POST(BodyPublishers.ofString("x")));

        assertThat(consent.headers().firstValue("WebHook-Allowed-Origin")).contains("mesh-1");
        assertThat(unasked.statusCode()).isEqualTo(403);
    }

    @Test
    void whoeverWaitsWhenTheTaskEndsIsToldToComeAgain() throws Exception {
        WebhookSource source = (WebhookSource) opened(Map.of());
        CompletableFuture<HttpResponse<String>> polled = client.sendAsync(post("a"), BodyHandlers.ofString());
        assertThat(poll(source, 1)).hasSize(1);
        CompletableFuture<HttpResponse<String>> queued = client.sendAsync(post("b"), BodyHandlers.ofString());
        Awaitility.await().atMost(Duration.ofSeconds(5)).until(() -> source.waiting() == 1);

        source.close();

        assertThat(polled.get(5, TimeUnit.SECONDS).statusCode()).isEqualTo(503);
        assertThat(queued.get(5, TimeUnit.SECONDS).statusCode()).isEqualTo(503);
        assertThatThrownBy(() -> send(request("/hook").POST(BodyPublishers.ofString("c"))))
                .isInstanceOf(IOException.class);
    }

    @Test
    void aSenderThatWaitsTooLongIsToldToComeAgainAndItsEventIsNotPublished() throws Exception {
        tree.put("answer-timeout", "200ms");
        WebhookSource source = (WebhookSource) opened(Map.of());

        HttpResponse<String> answer = send(request("/hook").POST(BodyPublishers.ofString("x")));

        assertThat(answer.statusCode()).isEqualTo(503);
        assertThat(source.poll()).isEmpty();
    }

    @Test
    void moreThanMayWaitIsRefusedAndGetsItsTurnLater() throws Exception {
        tree.put("max-body", "8MiB");
        WebhookSource source = (WebhookSource) opened(Map.of());
        CompletableFuture<HttpResponse<String>> first =
                client.sendAsync(post("x".repeat(5 << 20)), BodyHandlers.ofString());
        Awaitility.await().atMost(Duration.ofSeconds(10)).until(() -> source.waiting() == 1);

        HttpResponse<String> second = send(request("/hook").POST(BodyPublishers.ofString("y".repeat(5 << 20))));
        assertThat(second.statusCode()).isEqualTo(503);
        assertThat(second.headers().firstValue("Retry-After")).contains("1");

        poll(source, 1).forEach(WebhookSourceTest::store);
        assertThat(first.get(5, TimeUnit.SECONDS).statusCode()).isEqualTo(202);
    }

    @Test
    void aPortThatIsTakenIsTriedAgainByTheRuntime() throws Exception {
        opened(Map.of());

        assertThatThrownBy(() -> opened(Map.of()))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("port: " + tree.get("port"));
    }

    private HttpResponse<String> refused(WebhookSource source, ErrorCode code) throws Exception {
        CompletableFuture<HttpResponse<String>> answer = client.sendAsync(post("x"), BodyHandlers.ofString());
        SourceRecord record = poll(source, 1).get(0);
        Objects.requireNonNull(record.receipt()).refused(new EventMeshException(code, "why"));
        return answer.get(5, TimeUnit.SECONDS);
    }

    private HttpResponse<String> send(HttpRequest.Builder request) throws Exception {
        return client.send(request.build(), BodyHandlers.ofString());
    }

    private HttpRequest post(String body) {
        return request("/hook")
                .POST(BodyPublishers.ofByteArray(body.getBytes(UTF_8)))
                .build();
    }

    private HttpRequest.Builder request(String path) {
        return HttpRequest.newBuilder(URI.create("http://127.0.0.1:%s%s".formatted(tree.get("port"), path)))
                .version(HttpClient.Version.HTTP_1_1);
    }

    private static void store(SourceRecord record) {
        Objects.requireNonNull(record.receipt()).stored();
    }

    private static Event event(SourceRecord record) {
        return Objects.requireNonNull(record.event()).build();
    }
}
