package io.eventmesh.admin.rest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.eventmesh.admin.AdminProcess;
import io.eventmesh.admin.FakeConnectors;
import io.eventmesh.admin.FakeRules;
import io.eventmesh.admin.MemoryMetaStore;
import io.eventmesh.admin.database.DatabaseConfig;
import io.eventmesh.admin.sync.FakeRuntime;
import io.eventmesh.common.topic.StreamName;
import io.eventmesh.common.topic.SubscriptionName;
import io.eventmesh.common.topic.TopicPattern;
import io.eventmesh.proto.v1.GetDefinitionsRequest;
import io.eventmesh.spi.event.Event;
import io.eventmesh.spi.mesh.CallContext;
import io.eventmesh.spi.mesh.Member;
import io.eventmesh.spi.mesh.Mesh;
import io.eventmesh.spi.mesh.MeshEndpoint;
import io.eventmesh.spi.mesh.Outgoing;
import io.eventmesh.spi.mesh.Receiver;
import io.eventmesh.spi.mesh.StreamStatus;
import io.eventmesh.spi.mesh.SubscribeTerms;
import io.eventmesh.spi.mesh.SubscriptionStatus;
import io.eventmesh.spi.meta.MetaPaths;
import io.eventmesh.spi.meta.RuntimeRegistration;
import io.eventmesh.spi.storage.DeliveryTerms;
import io.eventmesh.spi.storage.Durability;
import io.eventmesh.spi.storage.Position;
import io.eventmesh.spi.target.Destination;
import io.eventmesh.spi.target.Outcome;
import java.io.IOException;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What an admin answers; each database has a subclass. */
abstract class AdminRestTest {
    private static final ObjectMapper JSON = new ObjectMapper();

    @TempDir
    static Path directory;

    private static final MemoryMetaStore META = new MemoryMetaStore();

    @SuppressWarnings("NullAway.Init") // each subclass starts it first
    private static AdminProcess admin;

    static void start(DatabaseConfig database) {
        admin = new AdminProcess("admin-1", META, directory)
                .with(new FakeConnectors())
                .with(FakeRules.all());
        admin.offerMesh(new StillMesh());
        admin.start(AdminProcess.config(Duration.ofSeconds(15), database));
        await().atMost(Duration.ofSeconds(10))
                .until(() -> admin.http("GET", "/", "").body().contains("\"leads\":true"));
    }

    @AfterAll
    static void stop() {
        admin.close();
    }

    @AfterEach
    void nothingStays() {
        for (String kind : List.of("connectors", "rules")) {
            for (JsonNode item : json(get("/api/v1/" + kind)).get("items")) {
                delete("/api/v1/" + kind + "/" + item.at("/metadata/name").asText());
            }
        }
        await().atMost(Duration.ofSeconds(10))
                .until(() -> json(get("/api/v1/connectors")).get("items").isEmpty());
    }

    private static HttpResponse<String> get(String path) {
        return admin.http("GET", path, "");
    }

    private static HttpResponse<String> post(String path, String body) {
        return admin.http("POST", path, body);
    }

    private static HttpResponse<String> put(String path, String body) {
        return admin.http("PUT", path, body);
    }

    private static HttpResponse<String> replace(String path, String body) {
        return admin.http("PUT", path, body, "If-Match", "*", "Content-Type", "application/json");
    }

    private static HttpResponse<String> delete(String path) {
        return admin.http("DELETE", path, "", "If-Match", "*");
    }

    private static JsonNode json(HttpResponse<String> answer) {
        try {
            return JSON.readTree(answer.body());
        } catch (IOException notJson) {
            throw new IllegalStateException(answer.body(), notJson);
        }
    }

    private static JsonNode problem(HttpResponse<String> answer, int status, String name) {
        JsonNode problem = json(answer);
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(status);
        assertThat(answer.headers().firstValue("Content-Type")).contains("application/problem+json");
        assertThat(problem.get("name").asText()).as(answer.body()).isEqualTo(name);
        assertThat(problem.get("status").asInt()).isEqualTo(status);
        assertThat(problem.get("code").asInt()).isPositive();
        assertThat(problem.get("detail").asText()).containsAnyOf("expected", "did you mean");
        return problem;
    }

    private static String connector(String name, String spec) {
        return "{\"metadata\":{\"name\":\"%s\",\"labels\":{\"team\":\"a\"}},\"spec\":{%s}}".formatted(name, spec);
    }

    private static final String SPEC =
            "\"plugin\":\"fake\",\"kind\":\"SOURCE\",\"topic\":\"packages\",\"config\":{\"path\":\"/x\"}";

    private static String rule(String name, String patterns, String more) {
        return ("{\"metadata\":{\"name\":\"%s\"},\"spec\":{\"patterns\":%s,%s"
                        + "\"targets\":[{\"name\":\"out\",\"kind\":\"topic\",\"spec\":{\"topic\":\"names\"}}]}}")
                .formatted(name, patterns, more);
    }

    @Test
    void aConnectorIsCreatedReadReplacedListedAndDeleted() {
        HttpResponse<String> created = post("/api/v1/connectors", connector("one", SPEC));
        HttpResponse<String> read = get("/api/v1/connectors/one");
        HttpResponse<String> same = put("/api/v1/connectors/one", read.body());
        HttpResponse<String> paused =
                replace("/api/v1/connectors/one", connector("one", SPEC + ",\"desired\":\"PAUSED\""));
        HttpResponse<String> made = put("/api/v1/connectors/two", connector("two", SPEC + ",\"tasksMax\":2"));

        assertThat(created.statusCode()).isEqualTo(201);
        assertThat(created.headers().firstValue("ETag")).contains("\"1\"");
        JsonNode resource = json(read);
        assertThat(resource.at("/metadata/name").asText()).isEqualTo("one");
        assertThat(resource.at("/metadata/namespace").asText()).isEqualTo("default");
        assertThat(resource.at("/metadata/labels/team").asText()).isEqualTo("a");
        assertThat(resource.at("/spec/desired").asText()).isEqualTo("RUNNING");
        assertThat(resource.at("/spec/config/path").asText()).isEqualTo("/x");
        assertThat(resource.at("/status/conditions/0/type").asText()).isEqualTo("Ready");
        assertThat(resource.at("/status/tasks")).hasSize(1);
        assertThat(same.statusCode()).isEqualTo(200);
        assertThat(json(same).at("/metadata/revision").asLong()).isEqualTo(1);
        assertThat(json(paused).at("/metadata/revision").asLong()).isEqualTo(2);
        assertThat(made.statusCode()).isEqualTo(201);
        assertThat(json(get("/api/v1/connectors")).get("items")).hasSize(2);
        assertThat(json(get("/api/v1/tasks?connector=two")).get("items")).hasSize(2);
        assertThat(json(get("/api/v1/connectors?namespace=other")).get("items")).isEmpty();
        assertThat(delete("/api/v1/connectors/one").statusCode()).isEqualTo(204);
        await().atMost(Duration.ofSeconds(10))
                .until(() -> get("/api/v1/connectors/one").statusCode() == 404);
    }

    @Test
    void listsComeInPages() {
        for (String name : List.of("a", "b", "c")) {
            post("/api/v1/rules", rule(name, "[\"x\"]", ""));
        }

        JsonNode first = json(get("/api/v1/rules?limit=2"));
        JsonNode second = json(
                get("/api/v1/rules?limit=2&cursor=" + first.get("nextCursor").asText()));

        assertThat(first.get("items")).hasSize(2);
        assertThat(second.get("items")).hasSize(1);
        assertThat(second.at("/items/0/metadata/name").asText()).isEqualTo("c");
        assertThat(second.get("nextCursor").isNull()).isTrue();
        problem(get("/api/v1/rules?limit=0"), 400, "REQUEST_INVALID");
        problem(get("/api/v1/rules?cursor=%25"), 400, "REQUEST_INVALID");
    }

    @Test
    void aRuleReachesTheRuntimesWithItsBus() {
        FakeRuntime runtime = FakeRuntime.of("f1", admin).connect().report();
        await().atMost(Duration.ofSeconds(10)).until(() -> runtime.definitions() > 0);
        long before = runtime.definitions();

        String more = "\"filter\":{\"data\":{\"line\":[{\"prefix\":\"Package: \"}]}},"
                + "\"transform\":{\"kind\":\"template\",\"spec\":{\"template\":\"<x>\"}},";
        HttpResponse<String> created = post("/api/v1/rules", rule("names", "[\"packages\",\"p/>\"]", more));

        assertThat(created.statusCode()).as(created.body()).isEqualTo(201);
        await().atMost(Duration.ofSeconds(10)).until(() -> runtime.definitions() > before);
        var definitions = runtime.calls().getDefinitions(GetDefinitionsRequest.getDefaultInstance());
        assertThat(definitions.getVersion()).isEqualTo(runtime.definitions());
        assertThat(definitions.getBusesList()).singleElement().satisfies(bus -> {
            assertThat(bus.getName()).isEqualTo("default");
            assertThat(bus.getPatternsList()).containsExactly("p/>", "packages");
        });
        assertThat(definitions.getRulesList()).singleElement().satisfies(rule -> {
            assertThat(rule.getFilter()).isEqualTo("{\"data\":{\"line\":[{\"prefix\":\"Package: \"}]}}");
            assertThat(rule.getTransforms(0).getSpec()).isEqualTo("{\"template\":\"<x>\"}");
            assertThat(rule.getTargets(0).getSpec()).isEqualTo("{\"topic\":\"names\"}");
        });
        runtime.close();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "'{' | 400 | REQUEST_INVALID | ''",
                "'[]' | 400 | REQUEST_INVALID | ''",
                "'{} {}' | 400 | REQUEST_INVALID | ''",
                "'{\"spec\":{},\"spec\":{}}' | 400 | REQUEST_INVALID | ''",
                "'{\"metadata\":{\"name\":\"x\"}}' | 400 | REQUEST_INVALID | /spec",
                "'{\"metadata\":{\"name\":\"a b\"},\"spec\":{SPEC}}' | 400 | REQUEST_INVALID | /metadata/name",
                "'{\"metadata\":{\"name\":\"x\",\"namespace\":\"n\"},\"spec\":{SPEC}}' | 400 | REQUEST_INVALID | /metadata/namespace",
                "'{\"metadata\":{\"name\":\"x\"},\"spec\":{SPEC,\"tasks\":1}}' | 400 | REQUEST_INVALID | /spec/tasks",
                "'{\"metadata\":{\"name\":\"x\"},\"spec\":{SPEC,\"tasksMax\":0}}' | 400 | REQUEST_INVALID | /spec/tasksMax",
                "'{\"metadata\":{\"name\":\"x\"},\"spec\":{SPEC,\"desired\":\"ON\"}}' | 400 | REQUEST_INVALID | /spec/desired",
                "'{\"metadata\":{\"name\":\"x\"},\"spec\":{\"plugin\":\"fake\",\"kind\":\"BOTH\",\"topic\":\"t\"}}' | 400 | REQUEST_INVALID | /spec/kind",
                "'{\"metadata\":{\"name\":\"x\"},\"spec\":{\"plugin\":\"fake\",\"kind\":\"SOURCE\",\"topic\":\"a//b\"}}' | 400 | REQUEST_INVALID | /spec/topic",
                "'{\"metadata\":{\"name\":\"x\"},\"spec\":{\"plugin\":\"fake\",\"kind\":\"SOURCE\",\"topic\":\"_t/x\"}}' | 400 | REQUEST_INVALID | /spec/topic",
                "'{\"metadata\":{\"name\":\"x\"},\"spec\":{\"plugin\":\"fake\",\"kind\":\"SOURCE\",\"topic\":\"t\"}}' | 422 | CONNECTOR_CONFIG_INVALID | /spec/config/path",
                "'{\"metadata\":{\"name\":\"x\"},\"spec\":{\"plugin\":\"fake\",\"kind\":\"SOURCE\",\"topic\":\"t\",\"config\":{\"path\":\"/x\",\"rate\":-1}}}' | 422 | CONNECTOR_CONFIG_INVALID | /spec/config/rate",
                "'{\"metadata\":{\"name\":\"x\"},\"spec\":{\"plugin\":\"fake\",\"kind\":\"SOURCE\",\"topic\":\"t\",\"config\":{\"path\":\"/x\",\"rat\":1}}}' | 422 | CONNECTOR_CONFIG_INVALID | /spec/config/rat",
            })
    void aBadConnectorIsRefusedAndNothingIsStored(String body, int status, String name, String path) {
        HttpResponse<String> refused = post("/api/v1/connectors", body.replace("SPEC", SPEC));

        JsonNode problem = problem(refused, status, name);
        if (!path.isEmpty()) {
            assertThat(problem.at("/errors").findValuesAsText("path")).contains(path);
        }
        assertThat(json(get("/api/v1/connectors")).get("items")).isEmpty();
        assertThat(json(get("/api/v1/tasks")).get("items")).isEmpty();
    }

    @Test
    void whatTheRuntimeFillsInIsNotJudgedHere() {
        String spec = SPEC.replace("\"/x\"", "\"${env:WHERE}\",\"rate\":-1");
        String good = spec.replace("-1", "\"${env:RATE}\"");

        problem(post("/api/v1/connectors", connector("x", spec)), 422, "CONNECTOR_CONFIG_INVALID");
        assertThat(post("/api/v1/connectors", connector("x", good)).statusCode())
                .isEqualTo(201);
    }

    @Test
    void anUnknownPluginIsRefusedNamingTheKnownOnes() {
        String spec = SPEC.replace("fake", "kafak");

        JsonNode problem = problem(post("/api/v1/connectors", connector("x", spec)), 422, "PLUGIN_UNKNOWN");

        assertThat(problem.get("detail").asText()).contains("'kafak'").contains("[fake]");
        assertThat(json(get("/api/v1/connectors")).get("items")).isEmpty();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "'[]' | '' | /spec/patterns",
                "'[\"a/>/b\"]' | '' | /spec/patterns/0",
                "'[\"ok\",\"_t/x\"]' | '' | /spec/patterns/1",
                "'[7]' | '' | /spec/patterns/0",
                "'[\"a\"]' | '\"bus\":\"other\",' | /spec/bus",
                "'[\"a\"]' | '\"filter\":{\"bad\":[1]},' | /spec/filter/bad",
                "'[\"a\"]' | '\"filter\":\"text\",' | /spec/filter",
                "'[\"a\"]' | '\"transform\":{\"kind\":\"template\",\"spec\":\"bad\"},' | /spec/transform/spec",
                "'[\"a\"]' | '\"transform\":{\"kind\":\"magic\"},' | /spec/transform/kind",
                "'[\"a\"]' | '\"more\":1,' | /spec/more",
            })
    void aBadRuleIsRefusedWithPathAndReasonAndNothingIsStored(String patterns, String more, String path) {
        JsonNode problem = problem(post("/api/v1/rules", rule("x", patterns, more)), 422, "RULE_INVALID");

        assertThat(problem.at("/errors").findValuesAsText("path")).containsExactly(path);
        assertThat(json(get("/api/v1/rules")).get("items")).isEmpty();
    }

    @Test
    void badTargetsAreRefused() {
        String targets = "{\"metadata\":{\"name\":\"x\"},\"spec\":{\"patterns\":[\"a\"],\"targets\":[%s]}}";
        String good = "{\"name\":\"out\",\"kind\":\"topic\",\"spec\":{}}";

        problem(post("/api/v1/rules", targets.formatted("")), 422, "RULE_INVALID");
        problem(post("/api/v1/rules", targets.formatted(good + "," + good)), 422, "RULE_INVALID");
        problem(post("/api/v1/rules", targets.formatted(good.replace("topic", "smoke"))), 422, "RULE_INVALID");
        problem(post("/api/v1/rules", targets.formatted(good.replace("{}", "\"bad\""))), 422, "RULE_INVALID");
        assertThat(json(get("/api/v1/rules")).get("items")).isEmpty();
    }

    @Test
    void whatExistsAndWhatDoesNotAreSaid() {
        post("/api/v1/connectors", connector("one", SPEC));
        post("/api/v1/rules", rule("one", "[\"a\"]", ""));

        problem(post("/api/v1/connectors", connector("one", SPEC)), 409, "ALREADY_EXISTS");
        problem(post("/api/v1/rules", rule("one", "[\"a\"]", "")), 409, "ALREADY_EXISTS");
        problem(get("/api/v1/connectors/none"), 404, "NOT_FOUND");
        problem(delete("/api/v1/connectors/none"), 404, "NOT_FOUND");
        problem(get("/api/v1/rules/none"), 404, "NOT_FOUND");
        problem(delete("/api/v1/rules/none"), 404, "NOT_FOUND");
        problem(get("/api/v1/tasks/none"), 404, "NOT_FOUND");
        problem(get("/api/v1/runtimes/none"), 404, "NOT_FOUND");
        problem(get("/api/v1/nothing"), 404, "NOT_FOUND");
        problem(get("/elsewhere"), 404, "NOT_FOUND");
        problem(put("/api/v1/connectors", "{}"), 405, "REQUEST_INVALID");
        problem(get("/api/v1/rules?namespace=a%20b"), 400, "REQUEST_INVALID");
        String other = connector("one", SPEC.replace("SOURCE", "SINK"));
        assertThat(put("/api/v1/connectors/one", other).statusCode()).isIn(400, 422);
        problem(put("/api/v1/connectors/two", connector("one", SPEC)), 400, "REQUEST_INVALID");
        assertThat(json(get("/api/v1/connectors")).get("items")).hasSize(1);
    }

    @Test
    void aStaleRevisionIsRefused() {
        post("/api/v1/rules", rule("one", "[\"a\"]", ""));
        String changed = rule("one", "[\"b\"]", "");
        String type = "application/json";

        problem(
                admin.http("PUT", "/api/v1/rules/one", changed, "If-Match", "\"9\"", "Content-Type", type),
                412,
                "PRECONDITION_FAILED");
        problem(
                admin.http("PUT", "/api/v1/rules/one", changed, "If-None-Match", "*", "Content-Type", type),
                412,
                "PRECONDITION_FAILED");
        problem(admin.http("DELETE", "/api/v1/rules/one", "", "If-Match", "\"2\""), 412, "PRECONDITION_FAILED");
        HttpResponse<String> stored =
                admin.http("PUT", "/api/v1/rules/one", changed, "If-Match", "\"1\"", "Content-Type", type);
        assertThat(stored.statusCode()).isEqualTo(200);
        assertThat(stored.headers().firstValue("ETag")).contains("\"2\"");
    }

    @Test
    void aBodyThatIsTooLargeOrNotJsonIsRefused() {
        String large = connector("x", SPEC.replace("/x", "x".repeat(1 << 20)));

        problem(post("/api/v1/connectors", large), 413, "REQUEST_INVALID");
        problem(
                admin.http("POST", "/api/v1/connectors", connector("x", SPEC), "Content-Type", "text/plain"),
                415,
                "REQUEST_INVALID");
        assertThat(json(get("/api/v1/connectors")).get("items")).isEmpty();
    }

    @Test
    void aRequestThatNamesAForeignHostIsRefused() throws IOException {
        URI uri = URI.create(admin.endpoint("admin.http"));
        try (Socket socket = new Socket(uri.getHost(), uri.getPort())) {
            socket.setSoTimeout(10_000);
            socket.getOutputStream()
                    .write("GET /api/v1/rules HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n"
                            .getBytes(StandardCharsets.US_ASCII));
            String answer = new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);

            assertThat(answer)
                    .startsWith("HTTP/1.1 403")
                    .contains("PERMISSION_DENIED")
                    .contains("evil.example");
        }
    }

    @Test
    void runtimesPluginsStreamsAndSubscriptionsAreShown() {
        META.put(
                MetaPaths.RUNTIMES + "/admin-1",
                new RuntimeRegistration("admin-1", "i", List.of("admin"), "1", Map.of("ops", "http://o"), 1).encode(),
                -2);
        FakeRuntime runtime = FakeRuntime.of("r9", admin).connect().report();
        await().atMost(Duration.ofSeconds(10))
                .until(() -> get("/api/v1/plugins").body().contains("\"r9\""));

        JsonNode runtimes = json(get("/api/v1/runtimes")).get("items");
        JsonNode plugins = json(get("/api/v1/plugins")).get("items");

        assertThat(runtimes.findValuesAsText("name")).contains("admin-1", "r9");
        assertThat(json(get("/api/v1/runtimes/r9")).at("/status/state").asText())
                .isEqualTo("ALIVE");
        assertThat(json(get("/api/v1/runtimes/admin-1"))
                        .at("/status/endpoints/ops")
                        .asText())
                .isEqualTo("http://o");
        assertThat(plugins).singleElement().satisfies(plugin -> {
            assertThat(plugin.get("kind").asText()).isEqualTo("SOURCE");
            assertThat(plugin.at("/schema/properties/rate/type").asText()).isEqualTo("integer");
            assertThat(plugin.get("runtimes")).hasSizeGreaterThanOrEqualTo(1);
        });
        assertThat(json(get("/api/v1/streams")).at("/items/0/status/events").asLong())
                .isEqualTo(5);
        assertThat(json(get("/api/v1/subscriptions")).at("/items/0/spec/group").asText())
                .isEqualTo("billing");
        runtime.close();
    }

    /** A mesh that has one stream and one subscription, and does nothing. */
    private static final class StillMesh implements Mesh {
        @Override
        public CompletionStage<Position> publish(CallContext context, Outgoing event) {
            throw new UnsupportedOperationException();
        }

        @Override
        public List<CompletionStage<Position>> publish(CallContext context, List<Outgoing> events) {
            throw new UnsupportedOperationException();
        }

        @Override
        public CompletionStage<Member> subscribe(CallContext context, SubscribeTerms terms, Receiver receiver) {
            throw new UnsupportedOperationException();
        }

        @Override
        public CompletionStage<Member> deliverTo(
                CallContext context, SubscribeTerms terms, Destination destination, Consumer<Outcome.Stop> onStopped) {
            throw new UnsupportedOperationException();
        }

        @Override
        public CompletionStage<Boolean> putSubscription(CallContext context, SubscribeTerms terms) {
            throw new UnsupportedOperationException();
        }

        @Override
        public CompletionStage<Boolean> deleteSubscription(CallContext context, SubscriptionName subscription) {
            throw new UnsupportedOperationException();
        }

        @Override
        public CompletionStage<Event> request(CallContext context, Outgoing request, Duration timeout) {
            throw new UnsupportedOperationException();
        }

        @Override
        public CompletionStage<Void> reply(CallContext context, String replyTo, Event reply) {
            throw new UnsupportedOperationException();
        }

        @Override
        public List<MeshEndpoint> endpoints() {
            return List.of();
        }

        @Override
        public CompletionStage<List<StreamStatus>> streams() {
            return CompletableFuture.completedFuture(
                    List.of(new StreamStatus(new StreamName("default", "orders"), 1, 5, 50, Durability.MEMORY)));
        }

        @Override
        public CompletionStage<List<SubscriptionStatus>> subscriptions() {
            SubscriptionName name = new SubscriptionName("default", "billing", TopicPattern.of("orders"));
            return CompletableFuture.completedFuture(List.of(new SubscriptionStatus(
                    name, SubscriptionStatus.State.ACTIVE, DeliveryTerms.DEFAULT, 1, 2, 3, 4, List.of(), "")));
        }
    }
}
