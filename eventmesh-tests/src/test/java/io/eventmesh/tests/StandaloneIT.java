package io.eventmesh.tests;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.eventmesh.tests.process.Installation;
import io.eventmesh.tests.process.MeshProcess;
import io.eventmesh.tests.process.Rest;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The first five minutes: every role in one process, and the command line client against it. */
class StandaloneIT {
    @TempDir
    static Path directory;

    private static Installation installation;
    private static MeshProcess mesh;
    private static Map<String, String> addresses = Map.of();
    private static String meshUrl = "";
    private static String adminUrl = "";

    @BeforeAll
    static void start() {
        installation = new Installation(directory);
        mesh = installation.startStandalone(Map.of());
        meshUrl = mesh.meshUrl();
        adminUrl = mesh.adminUrl();
        addresses = Map.of("EVENTMESH_URL", meshUrl, "EVENTMESH_ADMIN_URL", adminUrl);
    }

    @AfterAll
    static void stop() {
        mesh.terminate();
        int exit = mesh.awaitExit(Duration.ofSeconds(25));
        installation.close();
        assertThat(exit).as("exit code after SIGTERM: %s", mesh.err()).isIn(0, 143);
    }

    @Test
    void theBannerSaysWhatIsTrue() {
        assertThat(mesh.out())
                .contains("roles mesh,admin,function,connector")
                .contains("Meta:")
                .contains("embedded ZooKeeper 127.0.0.1:")
                .contains("memory, VOLATILE")
                .contains("No authentication, loopback only.")
                .contains("bin/eventmesh quickstart");
        assertThat(mesh.printed("Ready in ([0-9.]+) s")).isNotEmpty();
    }

    @Test
    void theQuickstartSeesEveryStepWork() {
        MeshProcess quickstart = installation.run("quickstart", addresses, "bin/eventmesh", "quickstart");

        int exit = quickstart.awaitExit(Duration.ofSeconds(60));

        assertThat(exit).as("%s%n%s", quickstart.out(), quickstart.err()).isZero();
        assertThat(quickstart.out())
                .contains("✓ publish")
                .contains("✓ receive")
                .contains("✓ rule")
                .contains("✓ connector");
    }

    @ParameterizedTest
    @ValueSource(strings = {"publish", "receive", "rule", "connector"})
    void aSpoiledStepFailsTheQuickstartByName(String step) {
        MeshProcess quickstart = installation.run(
                "quickstart-" + step, addresses, "bin/eventmesh", "quickstart", "--wait=5", "--break=" + step);

        int exit = quickstart.awaitExit(Duration.ofSeconds(90));

        assertThat(exit).as("%s%n%s", quickstart.out(), quickstart.err()).isEqualTo(1);
        assertThat(quickstart.err()).contains("step " + step + " failed");
    }

    @Test
    void theDoctorFindsNothingWrong() {
        MeshProcess doctor = installation.run("doctor", addresses, "bin/eventmesh", "doctor");

        int exit = doctor.awaitExit(Duration.ofSeconds(30));

        assertThat(exit).as("%s%n%s", doctor.out(), doctor.err()).isZero();
        assertThat(doctor.out()).doesNotContain("✗");
    }

    @Test
    void whatCurlPublishesTheClientPrints() throws Exception {
        MeshProcess subscriber = installation.run(
                "subscribe", addresses, "bin/eventmesh", "subscribe", "greetings", "--count=1", "--wait=60s");
        await().atMost(Duration.ofSeconds(30)).until(() -> subscriber.err().contains("Subscribed"));

        Process curl = new ProcessBuilder(
                        "curl", "-sS", "-d", "hello from curl", meshUrl + "/v1/topics/greetings/events")
                .redirectErrorStream(true)
                .start();
        String answer = new String(curl.getInputStream().readAllBytes(), StandardCharsets.UTF_8);

        assertThat(answer).contains("\"stream\":\"greetings\"");
        assertThat(subscriber.awaitExit(Duration.ofSeconds(30)))
                .as(subscriber.err())
                .isZero();
        assertThat(subscriber.out()).contains("greetings").contains("hello from curl");
    }

    @Test
    void whatTheClientPublishesComesByItself() {
        MeshProcess publisher = installation.run(
                "publish",
                addresses,
                "bin/eventmesh",
                "publish",
                "orders/eu",
                "{\"total\":1}",
                "-k",
                "c1",
                "-H",
                "shop=a b");

        assertThat(publisher.awaitExit(Duration.ofSeconds(30)))
                .as(publisher.err())
                .isZero();
        assertThat(publisher.out()).contains("stored in orders");
    }

    @Test
    void everyRoleAnswersTheThreeQuestionsOfOperators() {
        Rest ops = new Rest(
                new Rest(adminUrl).get("/api/v1/runtimes").findValue("ops").asText());

        assertThat(ops.call("GET", "/healthz", null).status()).isEqualTo(200);
        assertThat(ops.call("GET", "/readyz", null).status()).isEqualTo(200);
        var metrics = ops.send(HttpRequest.newBuilder(URI.create(opsUrl() + "/metrics")));
        assertThat(metrics.body().asText()).contains("eventmesh_build_info");
    }

    private static String opsUrl() {
        return new Rest(adminUrl).get("/api/v1/runtimes").findValue("ops").asText();
    }

    @Test
    void whatIsWrongIsRefusedAndChangesNothing() {
        Rest admin = new Rest(adminUrl);
        Rest door = new Rest(meshUrl);
        // what a quickstart of another test made goes away a moment after its end
        await().atMost(Duration.ofSeconds(30)).until(() -> !lists(admin).contains("quickstart"));
        String before = lists(admin);

        assertProblem(
                put(
                        admin,
                        "connectors/x",
                        "{\"spec\":{\"plugin\":\"nope\",\"kind\":\"SOURCE\",\"topic\":\"t\",\"config\":{}}}"),
                422,
                "PLUGIN_UNKNOWN",
                "file");
        assertProblem(
                put(
                        admin,
                        "connectors/x",
                        "{\"spec\":{\"plugin\":\"file\",\"kind\":\"SOURCE\",\"topic\":\"t\",\"config\":{\"pth\":1}}}"),
                422,
                "CONNECTOR_CONFIG_INVALID",
                "path");
        assertProblem(
                put(
                        admin,
                        "connectors/x",
                        "{\"spec\":{\"plugin\":\"file\",\"kind\":\"SOURCE\",\"topic\":\"a//b\",\"config\":{\"path\":\"/tmp/x\"}}}"),
                400,
                "REQUEST_INVALID",
                "a//b");
        assertProblem(put(admin, "connectors/x", "{not json"), 400, "REQUEST_INVALID", "JSON");
        assertProblem(
                put(
                        admin,
                        "rules/x",
                        "{\"spec\":{\"patterns\":[\"a\"],\"filter\":{\"a\":\"b\"},\"targets\":[{\"name\":\"t\",\"kind\":\"topic\",\"spec\":{\"topic\":\"b\"}}]}}"),
                422,
                "RULE_INVALID",
                "filter");
        assertProblem(
                put(
                        admin,
                        "rules/x",
                        "{\"spec\":{\"patterns\":[\"a\"],\"targets\":[{\"name\":\"t\",\"kind\":\"nope\",\"spec\":{}}]}}"),
                422,
                "",
                "nope");
        assertProblem(door.send(event("_secret/x", "text/plain", "x")), 403, "PERMISSION_DENIED", "_secret");
        assertProblem(door.send(event("a//b", "text/plain", "x")), 400, "REQUEST_INVALID", "a//b");
        assertProblem(
                door.send(event("refused", "text/plain", "x")
                        .header("ce-specversion", "1.0")
                        .header("ce-id", "1")
                        .header("ce-source", "/s")),
                400,
                "EVENT_INVALID",
                "type");
        assertProblem(
                door.send(event("refused", "text/plain", "x")
                        .header("ce-specversion", "1.0")
                        .header("ce-id", "1")
                        .header("ce-source", "/s")
                        .header("ce-type", "t")
                        .header("ce-dlreason", "x")),
                400,
                "EVENT_INVALID",
                "dlreason");
        assertProblem(
                door.send(event("refused", "application/cloudevents+json", "{not json")), 400, "EVENT_INVALID", "JSON");
        assertProblem(
                door.send(event("refused", "text/plain", "x".repeat((1 << 20) + 1))),
                413,
                "EVENT_TOO_LARGE",
                "1048576");

        assertThat(lists(admin)).isEqualTo(before);
    }

    private static Rest.Answer put(Rest admin, String path, String body) {
        return admin.call("PUT", "/api/v1/" + path, body);
    }

    private static HttpRequest.Builder event(String topic, String type, String body) {
        return HttpRequest.newBuilder(URI.create(meshUrl + "/v1/topics/" + topic + "/events"))
                .header("content-type", type)
                .POST(BodyPublishers.ofString(body));
    }

    private static void assertProblem(Rest.Answer answer, int status, String name, String detail) {
        assertThat(answer.status()).as("%s", answer.body()).isEqualTo(status);
        assertThat(answer.contentType()).isEqualTo("application/problem+json");
        assertThat(answer.body().path("code").asInt()).isPositive();
        assertThat(answer.body().path("name").asText()).contains(name);
        assertThat(answer.body().toString()).contains(detail);
    }

    /** The names of what there is: other tests of this class may add streams of their own meanwhile, this one none. */
    private static String lists(Rest admin) {
        StringBuilder text = new StringBuilder();
        for (String kind : new String[] {"connectors", "tasks", "rules"}) {
            text.append(admin.get("/api/v1/" + kind).path("items").findValuesAsText("name"))
                    .append('\n');
        }
        for (String kind : new String[] {"streams", "subscriptions"}) {
            assertThat(admin.get("/api/v1/" + kind).toString())
                    .doesNotContain("refused")
                    .doesNotContain("_secret");
        }
        return text.toString();
    }
}
