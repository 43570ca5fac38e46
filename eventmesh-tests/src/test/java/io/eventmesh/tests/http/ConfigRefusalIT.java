package io.eventmesh.tests.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.eventmesh.tests.process.Rest;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A configuration that is no good is refused by the name of its field, and the connector stays as it was. */
@ExtendWith(HttpScene.Shared.class)
@Timeout(180)
class ConfigRefusalIT {
    private static final String CONNECTOR = "/api/v1/connectors/steady";

    private final HttpScene scene;
    private Destination destination;

    ConfigRefusalIT(HttpScene scene) {
        this.scene = scene;
    }

    @BeforeEach
    void start() throws Exception {
        destination = new Destination();
        scene.admin().put(CONNECTOR, connector("""
                {"url": "http://127.0.0.1:9/in", "auth": {"type": "bearer", "secret": "${env:EVENTMESH_SECRET_TOKEN}"}}"""));
        scene.awaitTask("steady", "RUNNING");
    }

    @AfterEach
    void stop() {
        destination.close();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{\"url\": \"http://127.0.0.1:1/\", \"in-flight\": \"many\"}          | /spec/config/in-flight",
                "{\"url\": \"http://127.0.0.1:1/\", \"in-flihgt\": 4}                 | /spec/config/in-flihgt",
                "{\"url\": \"http://127.0.0.1:1/\", \"batch\": {\"max\": \"x\"}}      | /spec/config/batch/max",
                "{\"url\": \"ftp://127.0.0.1/\"}                                      | /spec/config/url",
                "{\"in-flight\": 4}                                                   | /spec/config/url",
                "{\"url\": \"http://127.0.0.1:1/\", \"auth\": {\"type\": \"oauth2\"}} | /spec/config/auth/token-url",
            })
    void whatIsWrongIsNamedByItsField(String config, String path) {
        JsonNode before = scene.admin().get(CONNECTOR);
        JsonNode task = scene.task("steady");

        Rest.Answer refused = scene.admin()
                .send(HttpRequest.newBuilder(URI.create(scene.adminUrl() + CONNECTOR))
                        .timeout(Duration.ofSeconds(30))
                        .header("content-type", "application/json")
                        .header("if-match", "*")
                        .PUT(BodyPublishers.ofString(connector(config))));
        Rest.Answer checked = scene.admin().call("POST", "/api/v1/connectors:validate", named(config));

        assertThat(refused.status()).as("%s", refused.body()).isEqualTo(422);
        assertThat(paths(refused.body())).contains(path);
        assertThat(checked.status()).as("%s", checked.body()).isEqualTo(200);
        assertThat(checked.body().path("valid").asBoolean()).isFalse();
        assertThat(paths(checked.body())).contains(path);
        assertUntouched(before, task);
    }

    @Test
    void aSecretThatIsNotThereIsNamedByItsField() {
        JsonNode before = scene.admin().get(CONNECTOR);
        JsonNode task = scene.task("steady");

        Rest.Answer checked =
                scene.admin().call("POST", "/api/v1/connectors:validate", named("""
                        {"url": "%s/in", "auth": {"type": "bearer", "secret": "${env:EVENTMESH_SECRET_NOPE}"}}""".formatted(destination.url())));

        assertThat(checked.body().path("valid").asBoolean())
                .as("%s", checked.body())
                .isFalse();
        assertThat(status(checked.body(), "SECRETS")).as("%s", checked.body()).isEqualTo("FAIL");
        assertThat(paths(checked.body())).containsExactly("/spec/config/auth/secret");
        assertUntouched(before, task);
    }

    @Test
    void aHostThatCannotBeReachedIsNamedByItsFieldWhenItIsTried() throws Exception {
        JsonNode before = scene.admin().get(CONNECTOR);
        JsonNode task = scene.task("steady");
        String away = named("{\"url\": \"http://127.0.0.1:%d/in\"}".formatted(HttpConnectorsIT.freePort()));

        Rest.Answer untried = scene.admin().call("POST", "/api/v1/connectors:validate", away);
        Rest.Answer tried = scene.admin().call("POST", "/api/v1/connectors:validate?probe=true", away);
        Rest.Answer good = scene.admin()
                .call("POST", "/api/v1/connectors:validate?probe=true", named("""
                        {"url": "%s/in"}""".formatted(destination.url())));

        assertThat(untried.body().path("valid").asBoolean())
                .as("%s", untried.body())
                .isTrue();
        assertThat(status(tried.body(), "PROBE")).as("%s", tried.body()).isEqualTo("FAIL");
        assertThat(paths(tried.body())).containsExactly("/spec/config/url");
        assertThat(good.body().path("valid").asBoolean()).as("%s", good.body()).isTrue();
        assertThat(status(good.body(), "PROBE")).isEqualTo("PASS");
        assertUntouched(before, task);
    }

    /** The same definition, the task running under the same epoch, the process alive. */
    private void assertUntouched(JsonNode before, JsonNode task) {
        await().atMost(Duration.ofSeconds(10)).untilAsserted(() -> {
            JsonNode now = scene.admin().get(CONNECTOR);
            assertThat(now.path("spec")).isEqualTo(before.path("spec"));
            assertThat(now.path("metadata")).isEqualTo(before.path("metadata"));
            assertThat(scene.task("steady").at("/status/state").asText()).isEqualTo("RUNNING");
            assertThat(scene.task("steady").at("/status/epoch")).isEqualTo(task.at("/status/epoch"));
        });
        assertThat(task.at("/status/epoch").isMissingNode()).isFalse();
        assertThat(scene.mesh().isAlive()).isTrue();
    }

    private static List<String> paths(JsonNode body) {
        List<String> paths = new ArrayList<>();
        body.path("errors").forEach(error -> paths.add(error.path("path").asText()));
        return paths;
    }

    private static String status(JsonNode body, String check) {
        for (JsonNode each : body.path("checks")) {
            if (each.path("check").asText().equals(check)) {
                return each.path("status").asText();
            }
        }
        return "absent";
    }

    private static String connector(String config) {
        return "{\"spec\": {\"plugin\": \"http\", \"kind\": \"SINK\", \"topic\": \"steady\", \"config\": %s}}"
                .formatted(config);
    }

    private static String named(String config) {
        return "{\"metadata\": {\"name\": \"candidate\"}, " + connector(config).substring(1);
    }
}
