package io.eventmesh.admin.rest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.eventmesh.admin.AdminProcess;
import io.eventmesh.admin.FakeConnectors;
import io.eventmesh.admin.FakeRules;
import io.eventmesh.admin.MemoryMetaStore;
import io.eventmesh.admin.sync.FakeRuntime;
import io.eventmesh.proto.v1.GetTaskRequest;
import io.eventmesh.proto.v1.TaskAssignment;
import io.eventmesh.proto.v1.TaskDefinition;
import io.eventmesh.proto.v1.TransformDefinition;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.UUID;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a connector says of its tasks' events and failures, and how that reaches the runtime. */
class ConnectorFieldsTest {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String ALL = """
            "placement": {"labels": {"zone": "a"}},
            "filter": {"type": ["order"]},
            "transforms": [{"kind": "template", "spec": {"template": "<x>"}}, {"kind": "template"}],
            "restartPolicy": {"maxRestarts": 7, "initialDelay": "PT2S"},
            "deadLetter": {"topic": "bad/ones", "tolerance": "NONE"},
            "drainTimeout": "PT40S"
            """;

    @TempDir
    static Path directory;

    private static AdminProcess admin;

    @BeforeAll
    static void start() {
        admin = new AdminProcess("admin-1", new MemoryMetaStore(), directory)
                .with(new FakeConnectors())
                .with(FakeRules.all())
                .start(AdminProcess.config(Duration.ofSeconds(15)));
        await().atMost(Duration.ofSeconds(10))
                .until(() -> admin.http("GET", "/", "").body().contains("\"leads\":true"));
    }

    @AfterAll
    static void stop() {
        admin.close();
    }

    private final String name = "c" + UUID.randomUUID();
    private final String path = "/api/v1/connectors/" + name;

    private static JsonNode json(String text) {
        try {
            return JSON.readTree(text);
        } catch (IOException notJson) {
            throw new IllegalStateException(text, notJson);
        }
    }

    private static JsonNode done(HttpResponse<String> answer) {
        assertThat(answer.statusCode()).as(answer.body()).isBetween(200, 299);
        return json(answer.body());
    }

    private static JsonNode refused(HttpResponse<String> answer, int status, String problem) {
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(status);
        assertThat(json(answer.body()).get("name").asText()).isEqualTo(problem);
        return json(answer.body());
    }

    private String document(String more) {
        return document("{\"path\": \"/x\"}", more);
    }

    private String document(String config, String more) {
        return """
                {"metadata": {"name": "%s"}, "spec": {"plugin": "fake", "kind": "SOURCE", "topic": "orders",
                 "config": %s%s}}""".formatted(name, config, more.isEmpty() ? "" : ", " + more);
    }

    private HttpResponse<String> put(String body, String... query) {
        return admin.http(
                "PUT",
                path + (query.length == 0 ? "" : "?" + query[0]),
                body,
                "If-Match",
                "*",
                "Content-Type",
                "application/json");
    }

    private HttpResponse<String> create(String body) {
        return admin.http("POST", "/api/v1/connectors", body);
    }

    @Test
    void everyFieldIsShownAsItWasWritten() {
        done(create(document(ALL)));

        JsonNode spec = done(admin.http("GET", path, "")).get("spec");

        JsonNode wanted =
                json("{" + ALL.replace("\"kind\": \"template\"}", "\"kind\": \"template\", \"spec\": {}}") + "}");
        wanted.fieldNames()
                .forEachRemaining(field -> assertThat(spec.get(field)).as(field).isEqualTo(wanted.get(field)));
    }

    @Test
    void theRuntimeIsToldWhatItsTaskDoesWithEventsAndFailures() {
        try (FakeRuntime runtime =
                FakeRuntime.of("r-" + name, admin).slots(100).connect().report()) {
            JsonNode created =
                    done(create(document(ALL.replace("\"placement\": {\"labels\": {\"zone\": \"a\"}},", ""))));
            String task = created.at("/status/tasks/0/id").asText();
            await().atMost(Duration.ofSeconds(10))
                    .until(() -> order(runtime, task).isPresent());

            TaskDefinition told = runtime.calls()
                    .getTask(GetTaskRequest.newBuilder().setTaskId(task).build());

            assertThat(order(runtime, task).orElseThrow().getDrainMs()).isEqualTo(40_000);
            assertThat(told.getFilter()).isEqualTo("{\"type\":[\"order\"]}");
            assertThat(told.getTransformsList())
                    .extracting(TransformDefinition::getSpec)
                    .containsExactly("{\"template\":\"<x>\"}", "{}");
            assertThat(json(told.getRestartPolicy()))
                    .isEqualTo(json("{\"maxRestarts\": 7, \"initialDelayMs\": 2000, \"maxDelayMs\": 300000}"));
            assertThat(json(told.getDeadLetter()))
                    .isEqualTo(json("{\"topic\": \"bad/ones\", \"tolerance\": \"NONE\"}"));

            done(put(document("\"restartPolicy\": {}")));
            TaskDefinition plain = runtime.calls()
                    .getTask(GetTaskRequest.newBuilder()
                            .setTaskId(task)
                            .setConfigRev(2)
                            .build());

            assertThat(plain.getFilter()).isEmpty();
            assertThat(plain.getTransformsList()).isEmpty();
            assertThat(plain.getDeadLetter()).isEmpty();
            assertThat(json(plain.getRestartPolicy()))
                    .isEqualTo(json("{\"maxRestarts\": null, \"initialDelayMs\": 1000, \"maxDelayMs\": 300000}"));
        }
    }

    private static Optional<TaskAssignment> order(FakeRuntime runtime, String task) {
        return runtime.orders().stream()
                .filter(order -> order.getTaskId().equals(task))
                .findFirst();
    }

    @Test
    void whatItsTasksDoIsANewGenerationAndHowLongTheyMayTakeToEndIsNone() {
        done(create(document("")));

        JsonNode slower = done(put(document("\"drainTimeout\": \"PT1M\"")));
        JsonNode stricter =
                done(put(document("\"drainTimeout\": \"PT1M\", \"deadLetter\": {\"tolerance\": \"NONE\"}")));
        JsonNode same = done(put(document("\"deadLetter\": {\"tolerance\": \"NONE\"}, \"drainTimeout\": \"PT60S\"")));

        assertThat(slower.at("/metadata/generation").asLong()).isEqualTo(1);
        assertThat(slower.at("/metadata/revision").asLong()).isEqualTo(2);
        assertThat(stricter.at("/metadata/generation").asLong()).isEqualTo(2);
        assertThat(same.at("/metadata/revision")).isEqualTo(stricter.at("/metadata/revision"));
    }

    @Test
    void aPatchWithNullTakesAFieldAway() {
        done(create(document(ALL)));

        JsonNode patched = done(admin.http(
                "PATCH",
                path,
                "{\"spec\": {\"filter\": null, \"deadLetter\": {\"topic\": null}, \"drainTimeout\": null}}",
                "If-Match",
                "*",
                "Content-Type",
                "application/merge-patch+json"));

        assertThat(patched.at("/spec/filter").isMissingNode()).isTrue();
        assertThat(patched.at("/spec/drainTimeout").isMissingNode()).isTrue();
        assertThat(patched.at("/spec/deadLetter")).isEqualTo(json("{\"tolerance\": \"NONE\"}"));
        assertThat(patched.at("/metadata/generation").asLong()).isEqualTo(2);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "'\"filter\": \"x\"' | 400 | /spec/filter",
                "'\"filter\": {\"bad\": [1]}' | 422 | /spec/filter",
                "'\"transforms\": {}' | 400 | /spec/transforms",
                "'\"transforms\": [7]' | 400 | /spec/transforms/0",
                "'\"transforms\": [{\"kind\": \"template\"}, {\"spec\": {}}]' | 400 | /spec/transforms/1/kind",
                "'\"transforms\": [{\"kind\": \"template\", \"to\": 1}]' | 400 | /spec/transforms/0/to",
                "'\"transforms\": [{\"kind\": \"magic\"}]' | 422 | /spec/transforms/0/kind",
                "'\"transforms\": [{\"kind\": \"template\", \"spec\": \"bad\"}]' | 422 | /spec/transforms/0/spec",
                "'\"restartPolicy\": {\"maxRestarts\": -1}' | 400 | /spec/restartPolicy/maxRestarts",
                "'\"restartPolicy\": {\"initialDelay\": \"soon\"}' | 400 | /spec/restartPolicy/initialDelay",
                "'\"restartPolicy\": {\"initialDelay\": \"PT0S\"}' | 400 | /spec/restartPolicy/initialDelay",
                "'\"restartPolicy\": {\"initialDelay\": \"PT6M\"}' | 400 | /spec/restartPolicy/maxDelay",
                "'\"restartPolicy\": {\"maxDelay\": \"P2D\"}' | 400 | /spec/restartPolicy/maxDelay",
                "'\"restartPolicy\": {\"delay\": \"PT1S\"}' | 400 | /spec/restartPolicy/delay",
                "'\"deadLetter\": {\"topic\": \"_dl/x\"}' | 400 | /spec/deadLetter/topic",
                "'\"deadLetter\": {\"topic\": \"a//b\"}' | 400 | /spec/deadLetter/topic",
                "'\"deadLetter\": {\"tolerance\": \"SOME\"}' | 400 | /spec/deadLetter/tolerance",
                "'\"drainTimeout\": \"PT1H\"' | 400 | /spec/drainTimeout",
                "'\"drainTimeout\": 5' | 400 | /spec/drainTimeout",
                "'\"placement\": {\"label\": {}}' | 400 | /spec/placement/label",
            })
    void whatIsWrongIsRefusedAtItsPath(String field, int status, String where) {
        JsonNode problem = refused(
                create(document(field)), status, status == 400 ? "REQUEST_INVALID" : "CONNECTOR_CONFIG_INVALID");

        assertThat(problem.get("errors").findValuesAsText("path")).containsExactly(where);
        refused(admin.http("GET", path, ""), 404, "NOT_FOUND");
    }

    @Test
    void whatIsForcedIsStoredAndSaysThatItIsInvalid() {
        String wrong = document("{\"path\": \"/x\", \"rate\": -1}", "");
        done(create(document("")));
        refused(put(wrong, "force=false"), 422, "CONNECTOR_CONFIG_INVALID");

        JsonNode forced = done(put(wrong, "force=true"));

        assertThat(condition(forced).get("status").asText()).isEqualTo("False");
        assertThat(condition(forced).get("reason").asText()).isEqualTo("Invalid");
        assertThat(condition(forced).get("message").asText()).contains("/spec/config/rate");
        assertThat(json(admin.http("GET", "/api/v1/audit?resource=connectors/" + name, "")
                                .body())
                        .at("/items/0/message")
                        .asText())
                .contains("stored although")
                .contains("/spec/config/rate");
        assertThat(condition(done(put(document("")))).get("status").asText()).isEqualTo("True");
    }

    @Test
    void noForceStoresASecretInPlainText() {
        String secret = document("{\"path\": \"/x\", \"token\": \"hunter2\"}", "");

        HttpResponse<String> refusal =
                admin.http("PUT", path + "?force=true", secret, "Content-Type", "application/json");

        refused(refusal, 422, "CONNECTOR_CONFIG_INVALID");
        assertThat(refusal.body()).doesNotContain("hunter2");
    }

    private static JsonNode condition(JsonNode connector) {
        for (JsonNode condition : connector.at("/status/conditions")) {
            if (condition.get("type").asText().equals("Valid")) {
                return condition;
            }
        }
        throw new AssertionError(connector);
    }
}
