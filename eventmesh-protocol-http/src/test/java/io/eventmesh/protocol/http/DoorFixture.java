package io.eventmesh.protocol.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.eventmesh.common.config.DataSize;
import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.thread.NamedThreads;
import io.eventmesh.common.time.MeshClock;
import io.eventmesh.common.time.Scheduler;
import io.eventmesh.spi.event.Event;
import io.eventmesh.spi.protocol.ProtocolContext;
import io.eventmesh.spi.protocol.ProtocolServer;
import io.eventmesh.spi.security.Authenticator;
import io.eventmesh.spi.security.Principal;
import io.eventmesh.testkit.mesh.RecordingMember;
import io.eventmesh.testkit.mesh.RecordingMesh;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/** A started door over a {@link RecordingMesh}, and a client. */
final class DoorFixture implements AutoCloseable {
    static final Duration SOON = Duration.ofSeconds(10);
    private static final ObjectMapper MAPPER = new ObjectMapper();

    final RecordingMesh mesh = new RecordingMesh();
    final HttpClient http =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    final ProtocolServer door;
    private final ScheduledExecutorService timer =
            Executors.newSingleThreadScheduledExecutor(new NamedThreads("fixture-timer"));

    DoorFixture() {
        this(HttpDoorTest.config("127.0.0.1", 0));
    }

    DoorFixture(HttpConfig config) {
        this(
                config,
                credentials -> credentials.authorization() == null
                        ? Principal.ANONYMOUS
                        : new Principal(credentials.authorization(), Principal.Kind.USER));
    }

    DoorFixture(HttpConfig config, Authenticator authenticator) {
        Scheduler scheduler = (delay, task) -> {
            Future<?> scheduled = timer.schedule(task, delay.toNanos(), TimeUnit.NANOSECONDS);
            return () -> scheduled.cancel(false);
        };
        ProtocolContext context = new ProtocolContext(
                "runtime-1",
                mesh,
                authenticator,
                (key, host) -> {},
                DataSize.ofMebibytes(1),
                MeshClock.system(),
                scheduler,
                timer);
        door = new HttpServerProvider().create(config, context);
        door.start();
    }

    /** The configuration of tests, with some times that may be short. */
    static HttpConfig config(Duration header, Duration body, Duration idle, Duration heartbeat, Duration session) {
        HttpConfig usual = HttpDoorTest.config("127.0.0.1", 0);
        return new HttpConfig(
                true,
                usual.host(),
                0,
                "",
                usual.maxBodySize(),
                1,
                usual.maxConnections(),
                usual.maxConsumers(),
                header,
                body,
                idle,
                heartbeat,
                session,
                usual.drainTimeout(),
                List.of(),
                List.of());
    }

    static HttpConfig origins(List<String> hosts, List<String> origins) {
        HttpConfig usual = HttpDoorTest.config("127.0.0.1", 0);
        return new HttpConfig(
                true,
                usual.host(),
                0,
                "",
                usual.maxBodySize(),
                1,
                usual.maxConnections(),
                usual.maxConsumers(),
                usual.headerTimeout(),
                usual.bodyTimeout(),
                usual.idleTimeout(),
                usual.heartbeat(),
                usual.sessionTimeout(),
                usual.drainTimeout(),
                hosts,
                origins);
    }

    static HttpConfig loops(int eventLoops) {
        HttpConfig usual = HttpDoorTest.config("127.0.0.1", 0);
        return new HttpConfig(
                true,
                usual.host(),
                0,
                "",
                usual.maxBodySize(),
                eventLoops,
                usual.maxConnections(),
                usual.maxConsumers(),
                usual.headerTimeout(),
                usual.bodyTimeout(),
                usual.idleTimeout(),
                usual.heartbeat(),
                usual.sessionTimeout(),
                usual.drainTimeout(),
                List.of(),
                List.of());
    }

    static HttpConfig bounds(int connections, int consumers) {
        HttpConfig usual = HttpDoorTest.config("127.0.0.1", 0);
        return new HttpConfig(
                true,
                usual.host(),
                0,
                "",
                usual.maxBodySize(),
                1,
                connections,
                consumers,
                usual.headerTimeout(),
                usual.bodyTimeout(),
                usual.idleTimeout(),
                usual.heartbeat(),
                usual.sessionTimeout(),
                usual.drainTimeout(),
                List.of(),
                List.of());
    }

    static Event event(String id) {
        return Event.builder()
                .id(id)
                .source("/test")
                .type("tested")
                .dataContentType("application/json")
                .text("{\"n\": \"" + id + "\"}")
                .build();
    }

    int port() {
        return uri("/").getPort();
    }

    URI uri(String path) {
        return URI.create(door.address() + path);
    }

    HttpRequest.Builder to(String path) {
        return HttpRequest.newBuilder(uri(path));
    }

    HttpResponse<String> get(String path, String... headers) throws IOException {
        HttpRequest.Builder request = to(path);
        return send(headers.length == 0 ? request : request.headers(headers));
    }

    HttpResponse<String> post(String path, String body, String... headers) throws IOException {
        HttpRequest.Builder request = to(path).POST(BodyPublishers.ofString(body));
        return send(headers.length == 0 ? request : request.headers(headers));
    }

    HttpResponse<String> put(String path, String body) throws IOException {
        return send(to(path).PUT(BodyPublishers.ofString(body)));
    }

    HttpResponse<String> delete(String path) throws IOException {
        return send(to(path).DELETE());
    }

    HttpResponse<String> send(HttpRequest.Builder request) throws IOException {
        try {
            return http.send(request.build(), BodyHandlers.ofString());
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw new IOException(interrupted);
        }
    }

    CompletableFuture<HttpResponse<String>> getLater(String path, String... headers) {
        HttpRequest.Builder request = to(path);
        return http.sendAsync(
                (headers.length == 0 ? request : request.headers(headers)).build(), BodyHandlers.ofString());
    }

    /** The n-th member, once it is there and asked for events. */
    RecordingMember member(int index) {
        await().atMost(SOON)
                .until(() -> mesh.members().size() > index
                        && mesh.members().get(index).eventCredit() > 0);
        return mesh.members().get(index);
    }

    static JsonNode json(HttpResponse<String> answer) throws IOException {
        return MAPPER.readTree(answer.body());
    }

    static void assertProblem(HttpResponse<String> answer, int status, ErrorCode code, String reason)
            throws IOException {
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(status);
        assertThat(answer.headers().firstValue("content-type")).hasValue("application/problem+json");
        assertThat(json(answer).get("status").asInt()).isEqualTo(status);
        assertThat(json(answer).get("name").asText()).isEqualTo(code.name());
        assertThat(json(answer).get("detail").asText()).contains(reason);
    }

    @Override
    public void close() {
        door.close();
        timer.shutdownNow();
    }
}
