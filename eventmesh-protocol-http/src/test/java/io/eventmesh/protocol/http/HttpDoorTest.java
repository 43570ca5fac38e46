package io.eventmesh.protocol.http;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.cloudevents.jackson.JsonFormat;
import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.spi.event.CloudEvents;
import io.eventmesh.spi.event.DataKind;
import io.eventmesh.spi.event.Event;
import io.eventmesh.spi.mesh.MeshEndpoint;
import io.eventmesh.spi.protocol.ProtocolContext;
import io.eventmesh.spi.protocol.ProtocolServer;
import io.eventmesh.testkit.protocol.DoorClient;
import io.eventmesh.testkit.protocol.DoorSubscriber;
import io.eventmesh.testkit.protocol.ProtocolServerContractTest;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class HttpDoorTest extends ProtocolServerContractTest {
    private static final ObjectMapper MAPPER = new ObjectMapper();
    private final HttpClient http =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    static HttpConfig config(String host, int port) {
        HttpConfig defaults = HttpConfig.defaults();
        return new HttpConfig(
                true,
                host,
                port,
                "",
                defaults.maxBodySize(),
                defaults.eventLoops(),
                defaults.maxConnections(),
                defaults.maxConsumers(),
                defaults.headerTimeout(),
                defaults.bodyTimeout(),
                defaults.idleTimeout(),
                defaults.heartbeat(),
                defaults.sessionTimeout(),
                defaults.drainTimeout(),
                defaults.allowedHosts(),
                defaults.allowedOrigins());
    }

    @Override
    protected ProtocolServer door(String host, int port, ProtocolContext context) {
        return new HttpServerProvider().create(config(host, port), context);
    }

    @Override
    protected String portKey() {
        return "mesh.http.port";
    }

    @Override
    protected Optional<DoorSubscriber> subscribe(ProtocolServer door, String pattern, String group) {
        try {
            String path = "/v1/topics/" + pattern.replace(">", "%3E") + "/events?group=" + group;
            SseClient client = new SseClient(http, URI.create(door.address() + path));
            assertThat(client.answer.statusCode()).isEqualTo(200);
            return Optional.of(new Subscriber(door.address(), client));
        } catch (IOException failed) {
            throw new UncheckedIOException(failed);
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(interrupted);
        }
    }

    /** A stream of server-sent events whose events are settled by handle. */
    private final class Subscriber implements DoorSubscriber {
        private final String address;
        private final SseClient client;

        Subscriber(String address, SseClient client) {
            this.address = address;
            this.client = client;
        }

        @Override
        public List<Event> received() {
            return client.events.stream()
                    .map(each -> requireNonNull(each.get("data")).getBytes(StandardCharsets.UTF_8))
                    .map(json -> CloudEvents.fromCloudEvent(new JsonFormat().deserialize(json)))
                    .map(event -> event.without(name -> name.startsWith("mesh")))
                    .toList();
        }

        @Override
        public void ack(int index) {
            try {
                JsonNode event = MAPPER.readTree(client.events.get(index).get("data"));
                String ack =
                        "{\"ack\":[\"%s\"]}".formatted(event.get("meshdelivery").asText());
                assertThat(send(HttpRequest.newBuilder(URI.create(address + "/v1/deliveries:settle"))
                                        .POST(BodyPublishers.ofString(ack)))
                                .statusCode())
                        .isEqualTo(200);
            } catch (IOException failed) {
                throw new UncheckedIOException(failed);
            }
        }

        @Override
        public boolean isEnded() {
            return client.ended;
        }

        @Override
        public void close() {
            try {
                client.close();
            } catch (IOException failed) {
                throw new UncheckedIOException(failed);
            }
        }
    }

    @Override
    protected DoorClient client(ProtocolServer door) {
        String address = door.address();
        return new DoorClient() {
            @Override
            public void publish(String topic, Event event) {
                publishBytes(topic, new JsonFormat().serialize(CloudEvents.toCloudEvent(event)));
            }

            @Override
            public void publishBytes(String topic, byte[] bytes) {
                HttpResponse<String> answer;
                try {
                    answer = post(address, topic, "application/cloudevents+json", bytes);
                } catch (IOException unreachable) {
                    throw new EventMeshException(ErrorCode.SHUTTING_DOWN, "unreachable", unreachable);
                }
                throwProblem(answer);
            }

            @Override
            public void close() {}
        };
    }

    @Test
    void headersBecomeAttributesAndTheBodyData() throws Exception {
        String door = startedDoor().address();

        HttpResponse<String> answer = send(HttpRequest.newBuilder(events(door, "orders/eu"))
                .header("ce-specversion", "1.0")
                .header("ce-id", "a1")
                .header("ce-source", "/shop")
                .header("ce-type", "order.created")
                .header("ce-time", "2026-01-31T09:30:00Z")
                .header("ce-comexample", "Euro%20%E2%82%AC")
                .header("content-type", "application/json")
                .POST(BodyPublishers.ofString("{\"total\":1}")));

        assertThat(answer.statusCode()).isEqualTo(200);
        assertThat(json(answer).get("id").asText()).isEqualTo("a1");
        Event got = mesh.published().get(0).outgoing().event();
        assertThat(got.attribute("comexample")).isEqualTo("Euro €");
        assertThat(got.attribute("time")).isEqualTo("2026-01-31T09:30:00Z");
        assertThat(got.dataContentType()).isEqualTo("application/json");
        assertThat(got.dataKind()).isEqualTo(DataKind.TEXT);
        assertThat(new String(got.data(), StandardCharsets.UTF_8)).isEqualTo("{\"total\":1}");
    }

    @Test
    void anyBodyWithoutHeadersOfCloudEventsIsAnEventToo() throws Exception {
        String door = startedDoor().address();

        HttpResponse<String> answer = post(door, "greetings", "text/plain", "hello".getBytes(StandardCharsets.UTF_8));

        assertThat(answer.statusCode()).isEqualTo(200);
        Event got = mesh.published().get(0).outgoing().event();
        assertThat(got.id()).isNotEmpty().isEqualTo(json(answer).get("id").asText());
        assertThat(got.source()).isEqualTo("/http/anonymous");
        assertThat(got.type()).isEqualTo("http.post");
    }

    @Test
    void aBatchIsAnsweredForEachEvent() throws Exception {
        String door = startedDoor().address();
        String batch = "[%s,%s]".formatted(structured("b1", "t"), structured("b2", "t"));

        HttpResponse<String> answer =
                post(door, "orders", "application/cloudevents-batch+json", batch.getBytes(StandardCharsets.UTF_8));

        assertThat(answer.statusCode()).isEqualTo(200);
        assertThat(json(answer).get("stored").asInt()).isEqualTo(2);
        assertThat(mesh.published()).extracting(p -> p.outgoing().event().id()).containsExactly("b1", "b2");
    }

    @Test
    void aBatchWithARefusedEventSaysWhich() throws Exception {
        String door = startedDoor().address();
        String batch =
                "[%s,{\"specversion\":\"1.0\",\"id\":\"b2\",\"source\":\"/s\",\"type\":\"t\",\"dlreason\":\"x\"}]"
                        .formatted(structured("b1", "t"));

        HttpResponse<String> answer =
                post(door, "orders", "application/cloudevents-batch+json", batch.getBytes(StandardCharsets.UTF_8));

        assertThat(answer.statusCode()).isEqualTo(207);
        assertThat(json(answer).get("results").get(1).get("name").asText()).isEqualTo("EVENT_INVALID");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            quoteCharacter = '`',
            value = {
                "application/cloudevents+json; {\"specversion\":\"1.0\",\"id\":\"1\",\"source\":\"/s\"}; attribute type: absent",
                "application/cloudevents+json; {not json; not JSON at line 1",
                "application/cloudevents+json; []; expected: a JSON object",
                "application/cloudevents-batch+json; {}; expected: a JSON array",
                "application/cloudevents+xml; <e/>; application/cloudevents+json",
            })
    void aBodyThatIsNoEventIsRefusedSayingWhy(String type, String body, String reason) throws Exception {
        String door = startedDoor().address();

        HttpResponse<String> answer = post(door, "orders", type, body.getBytes(StandardCharsets.UTF_8));

        assertProblem(answer, 400, ErrorCode.EVENT_INVALID, reason);
        assertThat(mesh.published()).isEmpty();
    }

    @Test
    void aMissingAttributeInHeadersIsRefused() throws Exception {
        String door = startedDoor().address();

        HttpResponse<String> answer = send(HttpRequest.newBuilder(events(door, "orders"))
                .header("ce-specversion", "1.0")
                .header("ce-id", "a1")
                .header("ce-source", "/shop")
                .POST(BodyPublishers.ofString("x")));

        assertProblem(answer, 400, ErrorCode.EVENT_INVALID, "type");
    }

    @Test
    void textThatIsNotUtf8IsRefused() throws Exception {
        String door = startedDoor().address();

        assertProblem(
                post(door, "orders", "text/plain", new byte[] {'a', (byte) 0xff}),
                400,
                ErrorCode.EVENT_INVALID,
                "UTF-8");
        assertProblem(
                post(door, "orders", "application/cloudevents+json", new byte[] {'{', (byte) 0xff, '}'}),
                400,
                ErrorCode.EVENT_INVALID,
                "UTF-8");
    }

    @Test
    void aBodyOverTheLimitIsRefused() throws Exception {
        String door = startedDoor().address();

        HttpResponse<String> answer = post(door, "orders", "application/octet-stream", new byte[5 * 1024 * 1024]);

        assertProblem(answer, 413, ErrorCode.EVENT_TOO_LARGE, "at most 4194304 bytes");
    }

    @Test
    void unknownPathsAndMethodsAreRefused() throws Exception {
        String door = startedDoor().address();

        assertProblem(
                send(HttpRequest.newBuilder(URI.create(door + "/v2/x")).GET()), 404, ErrorCode.NOT_FOUND, "/v2/x");
        HttpResponse<String> wrong =
                send(HttpRequest.newBuilder(events(door, "orders")).DELETE());
        assertThat(wrong.statusCode()).isEqualTo(405);
        assertThat(wrong.headers().firstValue("allow")).hasValue("GET, POST, OPTIONS");
    }

    @Test
    void endpointsAreThoseThatTheMeshKnows() throws Exception {
        mesh.answerEndpoints(List.of(new MeshEndpoint("r1", "127.0.0.1:1", "http://127.0.0.1:2")));

        HttpResponse<String> answer =
                send(HttpRequest.newBuilder(URI.create(startedDoor().address() + "/v1/endpoints"))
                        .GET());

        assertThat(json(answer).at("/endpoints/0/grpc").asText()).isEqualTo("127.0.0.1:1");
        assertThat(json(answer).at("/endpoints/0/runtime").asText()).isEqualTo("r1");
    }

    private static String structured(String id, String type) {
        return "{\"specversion\":\"1.0\",\"id\":\"%s\",\"source\":\"/s\",\"type\":\"%s\",\"data\":{}}"
                .formatted(id, type);
    }

    private static URI events(String door, String topic) {
        return URI.create(door + "/v1/topics/" + topic + "/events");
    }

    private HttpResponse<String> post(String door, String topic, String contentType, byte[] body) throws IOException {
        return send(HttpRequest.newBuilder(events(door, topic))
                .header("content-type", contentType)
                .POST(BodyPublishers.ofByteArray(body)));
    }

    private HttpResponse<String> send(HttpRequest.Builder request) throws IOException {
        try {
            return http.send(request.build(), BodyHandlers.ofString());
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw new IOException(interrupted);
        }
    }

    private static JsonNode json(HttpResponse<String> answer) throws IOException {
        return MAPPER.readTree(answer.body());
    }

    private static void throwProblem(HttpResponse<String> answer) {
        if (answer.statusCode() == 200) {
            return;
        }
        try {
            JsonNode problem = json(answer);
            assertThat(answer.headers().firstValue("content-type")).hasValue("application/problem+json");
            assertThat(problem.get("status").asInt()).isEqualTo(answer.statusCode());
            ErrorCode code = ErrorCode.valueOf(problem.get("name").asText());
            assertThat(problem.get("code").asInt()).isEqualTo(code.number());
            throw new EventMeshException(code, problem.get("detail").asText());
        } catch (IOException unreadable) {
            throw new EventMeshException(ErrorCode.INTERNAL, answer.body(), unreadable);
        }
    }

    private static void assertProblem(HttpResponse<String> answer, int status, ErrorCode code, String reason)
            throws IOException {
        assertThat(answer.statusCode()).isEqualTo(status);
        assertThat(answer.headers().firstValue("content-type")).hasValue("application/problem+json");
        assertThat(json(answer).get("name").asText()).isEqualTo(code.name());
        assertThat(json(answer).get("detail").asText()).contains(reason);
    }
}
