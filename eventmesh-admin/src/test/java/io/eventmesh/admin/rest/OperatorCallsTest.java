package io.eventmesh.admin.rest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.google.protobuf.ByteString;
import io.eventmesh.admin.AdminProcess;
import io.eventmesh.admin.FakeConnectors;
import io.eventmesh.admin.MemoryMetaStore;
import io.eventmesh.admin.sync.FakeRuntime;
import io.eventmesh.proto.v1.Ask;
import io.eventmesh.proto.v1.AskAnswer;
import io.eventmesh.proto.v1.Check;
import io.eventmesh.proto.v1.CommitPositionsRequest;
import io.eventmesh.proto.v1.FieldProblem;
import io.eventmesh.proto.v1.Plugin;
import io.eventmesh.proto.v1.Position;
import io.eventmesh.proto.v1.TaskAssignment;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What operators do with connectors, tasks, positions and runtimes. */
class OperatorCallsTest {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String[] PATCH = {"Content-Type", "application/merge-patch+json", "If-Match", "*"};

    @TempDir
    Path directory;

    private final List<AutoCloseable> opened = new ArrayList<>();
    private AdminProcess admin;

    @BeforeEach
    void start() {
        admin = new AdminProcess("admin-1", new MemoryMetaStore(), directory)
                .with(new FakeConnectors())
                .start(AdminProcess.config(Duration.ofSeconds(15)));
        await().atMost(Duration.ofSeconds(10))
                .until(() -> admin.http("GET", "/", "").body().contains("\"leads\":true"));
        JsonNode created = json(201, admin.http("PUT", "/api/v1/connectors/lines", connector("/x")));
        assertThat(created.at("/metadata/generation").asInt()).isEqualTo(1);
    }

    @AfterEach
    void stop() throws Exception {
        for (AutoCloseable one : opened) {
            one.close();
        }
        admin.close();
    }

    private static String connector(String path) {
        return """
                {"metadata": {"name": "lines"}, "spec": {"plugin": "fake", "kind": "SOURCE", "topic": "t",
                 "config": {"path": "%s"}}}""".formatted(path);
    }

    private static JsonNode json(int status, HttpResponse<String> answer) {
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(status);
        try {
            return JSON.readTree(answer.body());
        } catch (IOException notJson) {
            throw new IllegalStateException(answer.body(), notJson);
        }
    }

    private JsonNode get(String path) {
        return json(200, admin.http("GET", "/api/v1" + path, ""));
    }

    private JsonNode post(int status, String path) {
        return json(status, admin.http("POST", "/api/v1" + path, "{}"));
    }

    private JsonNode post(int status, String path, String body) {
        return json(status, admin.http("POST", "/api/v1" + path, body));
    }

    private FakeRuntime runtime(String id) {
        return stored(id, FakeRuntime.of(id, admin).obedient().connect().report());
    }

    private FakeRuntime stored(String id, FakeRuntime runtime) {
        opened.add(runtime);
        // what operators want of it can be stored once it is
        await().atMost(Duration.ofSeconds(10))
                .until(() -> admin.http("POST", "/api/v1/runtimes/" + id + ":uncordon", "{}")
                                .statusCode()
                        == 200);
        return runtime;
    }

    private String task() {
        return get("/tasks").at("/items/0/metadata/name").asText();
    }

    private JsonNode taskIn(String state) {
        String path = "/tasks/" + task();
        await().atMost(Duration.ofSeconds(10))
                .untilAsserted(
                        () -> assertThat(get(path).at("/status/state").asText()).isEqualTo(state));
        return get(path);
    }

    @Test
    void aTaskIsPausedResumedStoppedAndRestarted() {
        runtime("r1");
        String path = "/tasks/" + task();
        long epoch = taskIn("RUNNING").at("/status/epoch").asLong();

        assertThat(post(202, path + ":pause").at("/spec/ownDesired").asText()).isEqualTo("PAUSED");
        taskIn("PAUSED");
        post(202, path + ":resume");
        assertThat(taskIn("RUNNING").at("/spec").has("ownDesired")).isFalse();
        post(202, path + ":restart");
        await().atMost(Duration.ofSeconds(10))
                .until(() -> get(path).at("/status/epoch").asLong() > epoch);
        taskIn("RUNNING");
        post(202, path + ":stop");
        await().atMost(Duration.ofSeconds(10))
                .until(() -> !get(path).at("/status").has("runtime"));
        assertThat(post(412, path + ":restart").get("name").asText()).isEqualTo("PRECONDITION_FAILED");
        assertThat(get(path + "/events?limit=2").get("items")).hasSize(2);
        assertThat(get(path + "/events?limit=2").get("nextCursor").isTextual()).isTrue();
        post(404, "/tasks/none:pause");
        assertThat(get("/audit?resource=tasks/" + task()).get("items"))
                .extracting(record -> record.get("operation").asText() + " "
                        + record.get("outcome").asText())
                .containsExactly(
                        "restartTask REFUSED",
                        "stopTask DONE",
                        "restartTask DONE",
                        "resumeTask DONE",
                        "pauseTask DONE");
    }

    @Test
    void aTaskGoesWhereItIsMoved() {
        runtime("r1");
        taskIn("RUNNING");
        runtime("r2");

        post(202, "/tasks/" + task() + ":move", "{\"runtime\": \"r2\"}");
        await().atMost(Duration.ofSeconds(10))
                .until(() -> get("/assignments?runtime=r2").get("items").size() == 1);
        JsonNode right = get("/assignments?connector=lines").at("/items/0");
        assertThat(right.get("task").asText()).isEqualTo(task());
        assertThat(right.get("desired").asText()).isEqualTo("RUNNING");
        assertThat(get("/assignments?runtime=r1").get("items")).isEmpty();
        assertThat(admin.http("POST", "/api/v1/tasks/" + task() + ":move", "{\"runtime\": \"r9\"}")
                        .statusCode())
                .isIn(404, 412);
        post(400, "/tasks/" + task() + ":move", "{\"where\": \"r2\"}");
    }

    @Test
    void aConnectorIsPausedResumedStoppedAndRestarted() {
        runtime("r1");
        long epoch = taskIn("RUNNING").at("/status/epoch").asLong();

        assertThat(post(202, "/connectors/lines:pause").at("/spec/desired").asText())
                .isEqualTo("PAUSED");
        taskIn("PAUSED");
        assertThat(post(200, "/connectors/lines:resume?dryRun=true")
                        .at("/effects/0/effect")
                        .asText())
                .isEqualTo("HOT");
        assertThat(get("/connectors/lines").at("/spec/desired").asText()).isEqualTo("PAUSED");
        post(202, "/connectors/lines:resume");
        taskIn("RUNNING");
        post(202, "/connectors/lines:restart");
        await().atMost(Duration.ofSeconds(10))
                .until(() -> get("/tasks/" + task()).at("/status/epoch").asLong() > epoch);
        post(202, "/connectors/lines:stop");
        await().atMost(Duration.ofSeconds(10))
                .until(() -> get("/connectors/lines").toString().contains("\"reason\":\"Stopped\""));
        post(412, "/connectors/lines:restart");
        post(404, "/connectors/none:stop");
        assertThat(post(400, "/connectors/lines:restart?dryRun=true")
                        .get("detail")
                        .asText())
                .contains("restartConnector");
    }

    @Test
    void aPatchChangesWhatItNames() {
        HttpResponse<String> bare = admin.http("PATCH", "/api/v1/connectors/lines", "{\"spec\": {\"tasksMax\": 2}}");
        assertThat(bare.statusCode()).isEqualTo(428);

        JsonNode patched = json(
                200,
                admin.http(
                        "PATCH",
                        "/api/v1/connectors/lines",
                        "{\"metadata\": {\"labels\": {\"a\": \"b\"}}, \"spec\": {\"tasksMax\": 2, \"config\": {\"rate\": 3}}}",
                        PATCH));

        assertThat(patched.at("/metadata/labels/a").asText()).isEqualTo("b");
        assertThat(patched.at("/metadata/revision").asInt()).isEqualTo(2);
        assertThat(patched.at("/spec/tasksMax").asInt()).isEqualTo(2);
        assertThat(patched.at("/spec/config/path").asText()).isEqualTo("/x");
        assertThat(patched.at("/spec/config/rate").asInt()).isEqualTo(3);
        assertThat(admin.http("PATCH", "/api/v1/connectors/lines", "{\"spec\": {\"config\": {\"path\": null}}}", PATCH)
                        .statusCode())
                .isEqualTo(422);
        assertThat(admin.http("PATCH", "/api/v1/connectors/none", "{}", PATCH).statusCode())
                .isEqualTo(404);
    }

    @Test
    void theTagOfAReadIsThePreconditionOfAWrite() {
        String tag = admin.http("GET", "/api/v1/connectors/lines", "")
                .headers()
                .firstValue("ETag")
                .orElseThrow();

        HttpResponse<String> replaced = admin.http(
                "PUT",
                "/api/v1/connectors/lines",
                connector("/y"),
                "Content-Type",
                "application/json",
                "If-Match",
                tag);

        assertThat(tag).matches("\"1\\.[0-9a-f]+\"");
        assertThat(replaced.statusCode()).as(replaced.body()).isEqualTo(200);
        assertThat(json(200, replaced).at("/metadata/generation").asInt()).isEqualTo(2);
    }

    @Test
    void aSecretIsNeverWrittenOut() {
        String literal = connector("/x").replace("\"path\"", "\"token\": \"hunter2\", \"path\"");

        HttpResponse<String> refused = admin.http("POST", "/api/v1/connectors", literal.replace("lines", "open"));
        assertThat(refused.statusCode()).isEqualTo(422);
        assertThat(refused.body()).contains("/spec/config/token").doesNotContain("hunter2");
        JsonNode kept = json(
                201,
                admin.http(
                        "POST",
                        "/api/v1/connectors",
                        literal.replace("lines", "named").replace("hunter2", "${env:TOKEN}")));
        assertThat(kept.at("/spec/config/token").asText()).isEqualTo("${env:TOKEN}");
    }

    @Test
    void positionsAreChangedAndRemovedWhileTheConnectorIsStopped() {
        FakeRuntime runtime = runtime("r1");
        taskIn("RUNNING");
        TaskAssignment order = runtime.orders().get(0);
        runtime.calls()
                .commitPositions(CommitPositionsRequest.newBuilder()
                        .setTaskId(order.getTaskId())
                        .setTerm(order.getTerm())
                        .setEpoch(order.getEpoch())
                        .addPositions(Position.newBuilder()
                                .setPartition("file")
                                .setSeq(1)
                                .setValue(ByteString.copyFromUtf8("17")))
                        .build());
        String path = "/connectors/lines/positions";
        JsonNode stored = get(path).at("/items/0");
        assertThat(stored.get("value").asText()).isEqualTo("17");
        assertThat(stored.get("seq").asInt()).isEqualTo(1);
        String change = "{\"positions\": [{\"ordinal\": 0, \"partition\": \"file\", \"value\": \"5\"}]}";
        assertThat(admin.http("PATCH", "/api/v1" + path, change).statusCode()).isEqualTo(412);

        post(202, "/connectors/lines:stop");
        await().atMost(Duration.ofSeconds(10))
                .until(() -> get("/connectors/lines").toString().contains("\"reason\":\"Stopped\""));
        HttpResponse<String> patched = admin.http("PATCH", "/api/v1" + path, change);

        assertThat(json(200, patched).at("/items/0/seq").asInt()).isEqualTo(2);
        assertThat(json(200, patched).at("/items/0/value").asText()).isEqualTo("5");
        String stale = "\"0-0\"";
        assertThat(admin.http("PATCH", "/api/v1" + path, change, "Content-Type", "application/json", "If-Match", stale)
                        .statusCode())
                .isEqualTo(412);
        for (String bad : List.of(
                "{}",
                "{\"positions\": []}",
                "{\"positions\": [{\"ordinal\": -1, \"partition\": \"p\", \"value\": \"5\"}]}",
                "{\"positions\": [{\"ordinal\": 0, \"partition\": \"p\"}]}",
                "{\"positions\": [{\"ordinal\": 0, \"partition\": \"p\", \"value\": 7}]}",
                "{\"positions\": [{\"ordinal\": 0, \"partition\": \"p\", \"valueBase64\": \"%\"}]}",
                "{\"positions\": [{\"ordinal\": 5, \"partition\": \"p\", \"value\": \"7\"}]}")) {
            assertThat(admin.http("PATCH", "/api/v1" + path, bad).statusCode())
                    .as(bad)
                    .isEqualTo(400);
        }
        assertThat(post(200, path + ":reset?dryRun=true").get("action").asText())
                .isEqualTo("UPDATE");
        assertThat(get(path).get("items")).hasSize(1);
        assertThat(post(200, path + ":reset").get("removed").asInt()).isEqualTo(1);
        assertThat(get(path).get("items")).isEmpty();
    }

    @Test
    void aCordonedRuntimeKeepsItsTasksAndADrainedOneGivesThemBack() {
        runtime("r1");
        taskIn("RUNNING");
        JsonNode cordoned = post(200, "/runtimes/r1:cordon");
        assertThat(cordoned.at("/spec/schedulable").asBoolean()).isFalse();
        assertThat(post(200, "/runtimes/r1:uncordon").at("/spec/schedulable").asBoolean())
                .isTrue();
        runtime("r2");

        JsonNode plan = post(200, "/runtimes/r1:drain?dryRun=true");
        assertThat(plan.get("tasks")).hasSize(1);
        assertThat(plan.at("/runtimes/0").asText()).isEqualTo("r2");
        HttpResponse<String> accepted = admin.http("POST", "/api/v1/runtimes/r1:drain", "{}");
        JsonNode operation = json(202, accepted);
        String location = accepted.headers().firstValue("Location").orElseThrow();
        await().atMost(Duration.ofSeconds(20))
                .until(() -> json(200, admin.http("GET", location, ""))
                        .get("state")
                        .asText()
                        .equals("SUCCEEDED"));

        assertThat(operation.get("kind").asText()).isEqualTo("DRAIN_RUNTIME");
        assertThat(json(200, admin.http("GET", location, ""))
                        .at("/progress/done")
                        .asInt())
                .isEqualTo(1);
        assertThat(get("/runtimes/r1").at("/status/tasks")).isEmpty();
        assertThat(get("/runtimes/r1").at("/spec/draining").asBoolean()).isTrue();
        assertThat(post(200, "/runtimes/r1:undrain").at("/spec/draining").asBoolean())
                .isFalse();
        post(404, "/runtimes/none:cordon");
        post(404, "/runtimes/none:drain");
        assertThat(get("/operations?kind=DRAIN_RUNTIME").get("items")).hasSize(1);
        assertThat(get("/operations?state=FAILED").get("items")).isEmpty();
    }

    @Test
    void anOperationIsCancelled() {
        FakeRuntime runtime = stored("r1", FakeRuntime.of("r1", admin).connect().report());
        await().atMost(Duration.ofSeconds(10))
                .until(() -> get("/assignments?runtime=r1").get("items").size() == 1);
        post(400, "/runtimes/r1:drain", "{\"timeout\": \"PT1H\"}");
        post(400, "/runtimes/r1:drain", "{\"bound\": \"PT1M\"}");
        String id = post(202, "/runtimes/r1:drain", "{\"timeout\": \"PT45S\"}")
                .get("id")
                .asText();
        await().atMost(Duration.ofSeconds(10))
                .until(() -> runtime.report().orders().stream()
                        .anyMatch(order ->
                                order.getTarget() == TaskAssignment.Target.DRAIN && order.getDrainMs() == 45_000));

        post(202, "/operations/" + id + ":cancel");

        await().atMost(Duration.ofSeconds(10))
                .until(() -> get("/operations/" + id).get("state").asText().equals("CANCELLED"));
        post(404, "/operations/none:cancel");
        json(404, admin.http("GET", "/api/v1/operations/none", ""));
    }

    @Test
    void aRuntimeLooksForPluginsAgain() throws Exception {
        FakeRuntime runtime = runtime("r1");
        CompletableFuture<Void> answered = CompletableFuture.runAsync(() -> rescan(runtime));

        JsonNode found = post(200, "/runtimes/r1/plugins:rescan");
        answered.get(10, TimeUnit.SECONDS);

        assertThat(found.get("plugins"))
                .extracting(plugin -> plugin.get("kind").asText() + " "
                        + plugin.get("name").asText() + " "
                        + plugin.get("version").asText())
                .containsExactly("SINK late 2");
        post(404, "/runtimes/none/plugins:rescan");
    }

    private static void rescan(FakeRuntime runtime) {
        Ask ask = await().atMost(Duration.ofSeconds(8))
                .until(() -> runtime.report().asked().orElse(null), Objects::nonNull);
        assertThat(ask.hasRescan()).isTrue();
        runtime.calls()
                .answerAsk(AskAnswer.newBuilder()
                        .setId(ask.getId())
                        .setRuntimeId("r1")
                        .addPlugins(Plugin.newBuilder()
                                .setKind("sink")
                                .setName("late")
                                .setVersion("2"))
                        .build());
    }

    @Test
    void aConnectorIsCheckedByARuntimeThatHasItsPlugin() throws Exception {
        FakeRuntime runtime = runtime("r1");
        CompletableFuture<Void> answered = CompletableFuture.runAsync(() -> answer(runtime));

        JsonNode checked = post(200, "/connectors:validate?probe=true", connector("/x"));
        answered.get(10, TimeUnit.SECONDS);

        assertThat(checked.get("valid").asBoolean()).isFalse();
        assertThat(checked.get("checks"))
                .extracting(check ->
                        check.get("check").asText() + " " + check.get("status").asText() + " "
                                + check.get("runtime").asText())
                .containsExactly("SCHEMA PASS r1", "SECRETS FAIL r1");
        assertThat(checked.at("/errors/0/path").asText()).isEqualTo("/spec/config/path");
        assertThat(checked.at("/errors/0/suggestion").asText()).isEqualTo("set it");
    }

    private static void answer(FakeRuntime runtime) {
        Ask ask = await().atMost(Duration.ofSeconds(8))
                .until(() -> runtime.report().asked().orElse(null), Objects::nonNull);
        runtime.calls()
                .answerAsk(AskAnswer.newBuilder()
                        .setId(ask.getId())
                        .setRuntimeId("r1")
                        .addChecks(Check.newBuilder().setName("SCHEMA").setStatus("PASS"))
                        .addChecks(Check.newBuilder()
                                .setName("SECRETS")
                                .setStatus("FAIL")
                                .addProblems(FieldProblem.newBuilder()
                                        .setPath("/path")
                                        .setMessage("not set (expected: set)")
                                        .setSuggestion("set it")))
                        .build());
    }

    @Test
    void whatIsWrongWithAConnectorIsTheAnswerOfItsCheck() {
        JsonNode bad = post(200, "/connectors:validate", connector("/x").replace("\"path\"", "\"paht\""));
        JsonNode unknown = post(200, "/connectors:validate", connector("/x").replace("\"fake\"", "\"other\""));
        JsonNode nobody = post(200, "/connectors/lines:validate");

        assertThat(bad.get("valid").asBoolean()).isFalse();
        assertThat(bad.get("errors"))
                .extracting(error -> error.get("path").asText())
                .contains("/spec/config/paht");
        assertThat(bad.at("/checks/0/status").asText()).isEqualTo("FAIL");
        assertThat(bad.at("/checks/3/status").asText()).isEqualTo("SKIPPED");
        assertThat(unknown.at("/errors/0/path").asText()).isEqualTo("/spec/plugin");
        assertThat(nobody.get("valid").asBoolean()).isFalse();
        assertThat(nobody.at("/errors/0/code").asText()).isEqualTo("PLUGIN_UNKNOWN");
        post(404, "/connectors/none:validate");
        post(400, "/connectors:validate?probe=perhaps", connector("/x"));
    }

    @Test
    void aPluginIsShownWithItsVersions() {
        runtime("r1");

        JsonNode plugin = get("/plugins/source/fake");

        assertThat(plugin.get("runtimes")).hasSize(1);
        assertThat(plugin.get("versions"))
                .extracting(version -> version.get("version").asText())
                .contains("1");
        assertThat(plugin.at("/schema/properties/token/writeOnly").asBoolean()).isTrue();
        json(404, admin.http("GET", "/api/v1/plugins/sink/fake", ""));
    }
}
