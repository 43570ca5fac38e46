package io.eventmesh.connector.http.sink;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.eventmesh.common.config.Binder;
import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.topic.TopicName;
import io.eventmesh.connector.http.sink.FakeDestination.Reply;
import io.eventmesh.connector.http.sink.FakeDestination.Request;
import io.eventmesh.spi.connector.SinkConnector;
import io.eventmesh.spi.connector.SinkRecord;
import io.eventmesh.spi.event.Event;
import io.eventmesh.testkit.ManualTime;
import io.eventmesh.testkit.Threads;
import io.eventmesh.testkit.connector.FakeTaskContext;
import io.eventmesh.testkit.connector.SinkConnectorContractTest;
import java.io.IOException;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class HttpSinkTest extends SinkConnectorContractTest {
    private static Threads before;

    private final Map<String, Object> tree = new HashMap<>();
    private final ManualTime time = new ManualTime();
    private final FakeTaskContext context = new FakeTaskContext("sink", 0, 1, time);
    private FakeDestination destination;

    @BeforeEach
    void start() throws IOException {
        destination = new FakeDestination();
        tree.put("url", destination.url() + "/in");
        tree.put("in-flight", 1);
    }

    @AfterEach
    void stop() {
        destination.close();
    }

    @BeforeAll
    static void lookAtThreads() {
        before = Threads.besides(List.of(FakeDestination.THREADS, "HttpClient-"));
    }

    /** Sinks share a loop: one that does not give it back keeps it for all of them. */
    @AfterAll
    static void noLoopIsLeft() {
        before.assertNoneLeft();
    }

    @Override
    protected SinkConnector connector() {
        return new HttpSink(config(), context);
    }

    @Override
    protected List<String> stored() {
        return destination.taken.stream().map(Request::body).toList();
    }

    @Override
    protected List<String> threadsOfTheStandIn() {
        return List.of(FakeDestination.THREADS);
    }

    @Test
    void anEventGoesOutInBinaryModeWithAKeyOfItsOwn() throws Exception {
        SinkConnector sink = opened();

        sink.put(records(0, 2));

        Request request = destination.taken.get(0);
        assertThat(request.method()).isEqualTo("POST");
        assertThat(request.headers().getFirst("ce-id")).isEqualTo("id-0");
        assertThat(request.headers().getFirst("content-type")).isEqualTo("application/json");
        assertThat(request.headers().getFirst("idempotency-key"))
                .hasSize(64)
                .isNotEqualTo(destination.taken.get(1).headers().getFirst("idempotency-key"));
    }

    @Test
    void templatesFillUrlHeadersAndBody() throws Exception {
        tree.put("url", destination.url() + "/items/<$.data.number>?id=<$.id>");
        tree.put("method", "put");
        tree.put("headers", Map.of("X-Type", "<$.type>"));
        tree.put("format", "template");
        tree.put("body", "{\"text\":\"number <$.data.number>\"}");

        opened().put(records(5, 6));

        Request request = destination.taken.get(0);
        assertThat(request.method() + " " + request.uri()).isEqualTo("PUT /items/5?id=id-5");
        assertThat(request.headers().getFirst("X-Type")).isEqualTo("number");
        assertThat(request.body()).isEqualTo("{\"text\":\"number 5\"}");
    }

    @Test
    void severalEventsGoTogetherInEachForm() throws Exception {
        tree.put("batch", Map.of("max", 3, "form", "json-array"));
        opened().put(records(0, 4));
        tree.put("batch", Map.of("max", 3, "form", "ndjson"));
        opened().put(records(0, 2));
        tree.put("batch", Map.of("max", 3));
        opened().put(records(0, 2));

        assertThat(stored().subList(0, 3))
                .containsExactly(
                        "[{\"number\":0},{\"number\":1},{\"number\":2}]",
                        "[{\"number\":3}]",
                        "{\"number\":0}\n{\"number\":1}\n");
        assertThat(stored().get(3)).startsWith("[{\"specversion\":\"1.0\"").contains("\"id\":\"id-1\"");
        assertThat(destination.taken.get(3).headers().getFirst("content-type"))
                .startsWith("application/cloudevents-batch+json");
    }

    @Test
    void aBatchEndsAtItsBytes() throws Exception {
        tree.put("batch", Map.of("max", 100, "bytes", "1KiB", "form", "json-array"));

        opened().put(records(0, 100));

        assertThat(destination.taken).hasSizeBetween(2, 3);
        assertThat(stored()).allMatch(body -> body.length() <= 1_024);
    }

    @Test
    void whatPassesFailsRetryablyWithThePatienceThatWasAskedFor() throws Exception {
        SinkConnector sink = opened();
        destination.next(new Reply(429, Map.of("Retry-After", "7"), ""));
        assertRetryable(sink, Duration.ofSeconds(7));
        // ManualTime begins with 2025
        destination.next(new Reply(503, Map.of("Retry-After", "Wed, 01 Jan 2025 00:01:00 GMT"), ""));
        assertRetryable(sink, Duration.ofMinutes(1));
        destination.next(500);
        assertRetryable(sink, Duration.ZERO);

        sink.put(records(0, 1));

        assertThat(stored()).containsExactly(data(0));
    }

    @Test
    void noDestinationMayAskForMoreThanIsConfigured() throws Exception {
        tree.put("retry-after-max", "1m");
        destination.next(new Reply(429, Map.of("Retry-After", "3600"), ""));

        assertRetryable(opened(), Duration.ofMinutes(1));
    }

    @Test
    void whatWasAnsweredIsNotSentAgainWithTheRestOfItsBatch() throws Exception {
        SinkConnector sink = opened();
        List<SinkRecord> batch = records(0, 3);
        destination.next(200);
        destination.next(503);

        assertThatThrownBy(() -> sink.put(batch)).isInstanceOf(EventMeshException.class);
        sink.put(batch);
        sink.put(records(0, 1));

        assertThat(stored()).containsExactly(data(0), data(1), data(2), data(0));
    }

    @Test
    void anEventThatIsRefusedIsRejectedAloneAndTheRestGoesOn() throws Exception {
        SinkConnector sink = opened();
        destination.next(200);
        destination.next(422);

        sink.put(records(0, 3));

        assertThat(stored()).containsExactly(data(0), data(2));
        assertThat(context.rejected()).singleElement().satisfies(rejected -> {
            assertThat(rejected.record().event().id()).isEqualTo("id-1");
            assertThat(rejected.why()).hasMessageContaining("HTTP status: 422");
        });
    }

    @Test
    void aBatchThatIsRefusedAsksForItsEventsOneByOne() throws Exception {
        tree.put("batch", Map.of("max", 10, "form", "json-array"));
        SinkConnector sink = opened();
        destination.next(400);

        EventMeshException refusal = catchThrowableOfType(EventMeshException.class, () -> sink.put(records(0, 3)));

        assertThat(refusal.retryable()).isFalse();
        assertThat(context.rejected()).isEmpty();
    }

    @Test
    void anEventThatDoesNotFitItsTemplateIsRejected() throws Exception {
        tree.put("url", destination.url() + "/<$.data.number>");
        SinkConnector sink = opened();
        SinkRecord other = record(Event.builder()
                .id("x")
                .source("/s")
                .type("t")
                .dataContentType("application/json")
                .text("{}")
                .build());

        sink.put(List.of(records(0, 1).get(0), other));

        assertThat(stored()).containsExactly(data(0));
        assertThat(context.rejected())
                .singleElement()
                .satisfies(rejected -> assertThat(rejected.why()).hasMessageStartingWith("url: <$.data.number>"));
    }

    @Test
    void whatIsWrongWithTheConfigurationIsNoEventsFault() throws Exception {
        assertFails(302, ErrorCode.CONNECTOR_CONFIG_INVALID, "redirects are not followed");
        assertFails(410, ErrorCode.CONNECTOR_CONFIG_INVALID, "url: ");
        assertFails(401, ErrorCode.UNAUTHENTICATED, "auth: ");
        assertFails(403, ErrorCode.PERMISSION_DENIED, "auth: ");

        assertThat(context.rejected()).isEmpty();
        assertThat(destination.seen).hasSize(4);
    }

    @Test
    void eventsOfOneKeyKeepTheirOrderBesideOthers() throws Exception {
        tree.put("in-flight", 4);
        SinkConnector sink = opened();
        List<SinkRecord> batch =
                IntStream.range(0, 40).mapToObj(i -> keyed("k" + i % 3, i)).toList();

        sink.put(batch);

        for (int key = 0; key < 3; key++) {
            String name = "k" + key;
            assertThat(destination.taken.stream()
                            .filter(request -> name.equals(request.headers().getFirst("ce-partitionkey")))
                            .map(request -> Integer.valueOf(request.body())))
                    .isSorted()
                    .hasSizeGreaterThan(12);
        }
    }

    @Test
    void aDestinationThatIsAwayOrHangsFailsRetryably() throws Exception {
        tree.put("timeout", "200ms");
        destination.always(request -> destination.hang());
        SinkConnector hanging = opened();
        assertThatThrownBy(() -> hanging.put(records(0, 1))).hasMessageContaining("no answer within 200 ms");

        destination.close();
        SinkConnector away = opened();
        assertThatThrownBy(() -> away.put(records(0, 1)))
                .isInstanceOfSatisfying(
                        EventMeshException.class, e -> assertThat(e.retryable()).isTrue())
                .hasMessageContaining("not reached");
    }

    @Test
    void closingEndsAPutOfAnotherThreadAndTakesTheLoopWithIt() throws Exception {
        Threads threads = Threads.besides(List.of(FakeDestination.THREADS));
        CountDownLatch arrived = new CountDownLatch(1);
        destination.always(request -> {
            arrived.countDown();
            return destination.hang();
        });
        SinkConnector sink = opened();
        var put = CompletableFuture.runAsync(() -> {
            try {
                sink.put(records(0, 1));
            } catch (Exception ended) {
                throw new CompletionException(ended);
            }
        });
        assertThat(arrived.await(5, TimeUnit.SECONDS)).isTrue();

        sink.close();

        assertThat(put).failsWithin(Duration.ofSeconds(2));
        threads.assertNoneLeft();
    }

    @Test
    void tokensAreFetchedOnceAndAnewWhenTheyExpire() throws Exception {
        tokens(60 * 60);
        SinkConnector sink = opened();

        sink.put(records(0, 3));
        time.advance(Duration.ofMinutes(58));
        sink.put(records(3, 4));
        assertThat(tokenRequests()).hasSize(1);
        time.advance(Duration.ofMinutes(2));
        sink.put(records(4, 5));

        assertThat(tokenRequests()).hasSize(2).allSatisfy(request -> {
            assertThat(request.body()).isEqualTo("grant_type=client_credentials&scope=write");
            // user mesh, password s3:cret in the form's encoding
            assertThat(request.headers().getFirst("authorization")).isEqualTo("Basic bWVzaDpzMyUzQWNyZXQ=");
        });
        assertThat(destination.taken.stream()
                        .filter(request -> request.uri().equals("/in"))
                        .map(request -> request.headers().getFirst("authorization")))
                .containsExactly("Bearer t1", "Bearer t1", "Bearer t1", "Bearer t1", "Bearer t2");
    }

    @Test
    void aTokenThatIsRefusedIsRenewedOnce() throws Exception {
        tokens(3_600);
        SinkConnector sink = opened();
        destination.always(request -> request.uri().equals("/token")
                ? token(3_600)
                : Reply.of("Bearer t2".equals(request.headers().getFirst("authorization")) ? 200 : 401));

        sink.put(records(0, 2));

        assertThat(tokenRequests()).hasSize(2);
        assertThat(stored()).contains(data(0), data(1));
        destination.always(request -> request.uri().equals("/token") ? token(3_600) : Reply.of(401));
        assertThatThrownBy(() -> sink.put(records(2, 3)))
                .isInstanceOfSatisfying(
                        EventMeshException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.UNAUTHENTICATED));
        assertThat(tokenRequests()).hasSize(3);
    }

    @Test
    void aRefusedClientIsNamedAndNoSecretIsSaid() throws Exception {
        tokens(3_600);
        destination.next(new Reply(401, Map.of(), "{\"error\":\"invalid_client\"}"));
        assertThatThrownBy(() -> opened().put(records(0, 1)))
                .isInstanceOfSatisfying(
                        EventMeshException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.UNAUTHENTICATED))
                .hasMessage("auth.client-secret: invalid_client, HTTP status: 401");

        destination.next(new Reply(400, Map.of(), "{\"error\":\"invalid_scope\",\"x\":\"s3:cret\"}"));
        assertThatThrownBy(() -> opened().put(records(0, 1))).hasMessage("auth.scope: invalid_scope, HTTP status: 400");

        destination.next(new Reply(503, Map.of("Retry-After", "9"), ""));
        assertThatThrownBy(() -> opened().put(records(0, 1)))
                .isInstanceOfSatisfying(
                        EventMeshException.class,
                        e -> assertThat(e.retryAfter()).isEqualTo(Duration.ofSeconds(9)));
    }

    @Test
    void fixedCredentialsAreSent() throws Exception {
        tree.put("auth", Map.of("type", "basic", "username", "u", "secret", "p"));
        opened().put(records(0, 1));
        tree.put("auth", Map.of("type", "bearer", "secret", "t"));
        opened().put(records(0, 1));
        tree.put("auth", Map.of("type", "api-key", "secret", "k"));
        opened().put(records(0, 1));

        assertThat(destination.taken.get(0).headers().getFirst("authorization")).isEqualTo("Basic dTpw");
        assertThat(destination.taken.get(1).headers().getFirst("authorization")).isEqualTo("Bearer t");
        assertThat(destination.taken.get(2).headers().getFirst("x-api-key")).isEqualTo("k");
    }

    private void tokens(int seconds) {
        tree.put(
                "auth",
                Map.of(
                        "type",
                        "oauth2",
                        "token-url",
                        destination.url() + "/token",
                        "client-id",
                        "mesh",
                        "client-secret",
                        "s3:cret",
                        "scope",
                        "write"));
        destination.always(request -> request.uri().equals("/token") ? token(seconds) : Reply.of(200));
    }

    private Reply token(int seconds) {
        return new Reply(
                200,
                Map.of(),
                "{\"access_token\":\"t%d\",\"token_type\":\"Bearer\",\"expires_in\":%d}"
                        .formatted(tokenRequests().size(), seconds));
    }

    private List<Request> tokenRequests() {
        return destination.seen.stream()
                .filter(request -> request.uri().equals("/token"))
                .toList();
    }

    private void assertRetryable(SinkConnector sink, Duration retryAfter) {
        EventMeshException failure = catchThrowableOfType(EventMeshException.class, () -> sink.put(records(0, 1)));
        assertThat(failure.code()).isEqualTo(ErrorCode.DELIVERY_FAILED);
        assertThat(failure.retryable()).isTrue();
        assertThat(failure.retryAfter()).isEqualTo(retryAfter);
    }

    private void assertFails(int status, ErrorCode code, String message) throws Exception {
        destination.next(new Reply(status, Map.of("Location", destination.url() + "/elsewhere"), ""));
        SinkConnector sink = opened();
        assertThatThrownBy(() -> sink.put(records(0, 1)))
                .isInstanceOfSatisfying(
                        EventMeshException.class, e -> assertThat(e.code()).isEqualTo(code))
                .hasMessageContaining(message);
    }

    private static SinkRecord keyed(String key, int number) {
        return new SinkRecord(
                TopicName.of("numbers"),
                Event.builder()
                        .id("id-" + number)
                        .source("/test")
                        .type("number")
                        .attribute("partitionkey", key)
                        .text(Integer.toString(number))
                        .build(),
                1);
    }

    private HttpSinkConfig config() {
        return config(tree);
    }

    static HttpSinkConfig config(Map<String, ?> tree) {
        return Binder.bind(HttpSinkConfig.class, HttpSinkConfig.standard(), tree, "")
                .orThrow("connector http");
    }
}
