package io.eventmesh.tests.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.eventmesh.tests.process.Rest;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.time.Duration;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * Out of a mesh by its webhooks, into it by the HTTP source, out again by the HTTP sink, to a destination that is busy now
 * and then.
 */
@ExtendWith(HttpScene.Shared.class)
@Timeout(180)
class HttpConnectorsIT {
    private static final Duration LIMIT = Duration.ofSeconds(60);
    private static final int EVENTS = 60;

    private final HttpScene scene;

    HttpConnectorsIT(HttpScene scene) {
        this.scene = scene;
    }

    @Test
    void nothingIsLostBetweenOurWebhookTargetAndABusyDestination() throws Exception {
        try (Destination destination = new Destination()) {
            int port = freePort();
            scene.admin().put("/api/v1/connectors/hooked", """
                    {"spec": {"plugin": "http", "kind": "SOURCE", "topic": "hooked",
                      "config": {"port": %d, "path": "/hook",
                                 "handshake": {"allowed-origins": ["mesh.example.com"], "require": true}}}}""".formatted(port));
            scene.admin().put("/api/v1/connectors/out", """
                    {"spec": {"plugin": "http", "kind": "SINK", "topic": "hooked",
                      "config": {"url": "%s/in/<$.data.number>", "in-flight": 4}}}""".formatted(destination.url()));
            scene.awaitTask("hooked", "RUNNING");
            scene.awaitTask("out", "RUNNING");
            scene.door().put("/v1/subscriptions/to-hook", """
                    {"topic": "numbers", "sink": "http://127.0.0.1:%d/hook", "start": "earliest",
                     "webhook": {"origin": "mesh.example.com"}}""".formatted(port));

            for (int number = 0; number < EVENTS; number++) {
                publish("numbers", "n-" + number, "{\"number\":%d}".formatted(number));
            }

            List<String> ids =
                    IntStream.range(0, EVENTS).mapToObj(i -> "n-" + i).toList();
            await("all events at the destination")
                    .atMost(LIMIT)
                    .untilAsserted(() -> assertThat(destination.taken().stream().map(Destination.Taken::id))
                            .containsAll(ids));
            assertThat(destination.refusals()).containsExactlyInAnyOrder(429, 503);
            assertThat(destination.taken().stream().map(Destination.Taken::id).distinct())
                    .containsExactlyInAnyOrderElementsOf(ids);
            assertThat(destination.taken().stream().map(Destination.Taken::body).distinct())
                    .hasSize(EVENTS);
        }
    }

    @Test
    void aStrangerWithoutTheSecretIsRefusedAndGitHubsDeliveryIsStored() throws Exception {
        int port = freePort();
        scene.admin().put("/api/v1/connectors/github", """
                {"spec": {"plugin": "http", "kind": "SOURCE", "topic": "github",
                  "config": {"port": %d, "path": "/github", "type": "com.github",
                             "verification": {"preset": "github", "secrets": ["${env:EVENTMESH_SECRET_GITHUB}"]}}}}""".formatted(port));
        scene.awaitTask("github", "RUNNING");
        Rest hook = new Rest("http://127.0.0.1:" + port);
        HttpRequest.Builder stranger = delivery(port).header("X-Hub-Signature-256", "sha256=" + "0".repeat(64));
        HttpRequest.Builder github = delivery(port)
                .header(
                        "X-Hub-Signature-256",
                        "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17");

        assertThat(hook.send(stranger).status()).isEqualTo(401);
        assertThat(hook.send(github).status()).isEqualTo(202);

        assertThat(scene.task("github").at("/status/state").asText()).isEqualTo("RUNNING");
        try (Destination destination = new Destination()) {
            scene.door().put("/v1/subscriptions/github", """
                    {"topic": "github", "sink": "%s/", "start": "earliest", "webhook": {"handshake": "skip"}}""".formatted(destination.url()));
            await().atMost(LIMIT)
                    .untilAsserted(() -> assertThat(destination.taken())
                            .containsExactly(
                                    new Destination.Taken("72d3162e-cc78-11e3-81ab-4c9367dc0958", "Hello, World!")));
        }
    }

    private static HttpRequest.Builder delivery(int port) {
        return HttpRequest.newBuilder(URI.create("http://127.0.0.1:%d/github".formatted(port)))
                .timeout(Duration.ofSeconds(30))
                .header("X-GitHub-Delivery", "72d3162e-cc78-11e3-81ab-4c9367dc0958")
                .header("X-GitHub-Event", "ping")
                .POST(BodyPublishers.ofString("Hello, World!"));
    }

    private void publish(String topic, String id, String json) {
        Rest.Answer answer = scene.door()
                .send(HttpRequest.newBuilder(URI.create(scene.meshUrl() + "/v1/topics/%s/events".formatted(topic)))
                        .timeout(Duration.ofSeconds(30))
                        .header("ce-specversion", "1.0")
                        .header("ce-id", id)
                        .header("ce-source", "/test")
                        .header("ce-type", "number")
                        .header("content-type", "application/json")
                        .POST(BodyPublishers.ofString(json)));
        assertThat(answer.status()).as("%s", answer.body()).isLessThan(300);
    }

    static int freePort() throws IOException {
        try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return free.getLocalPort();
        }
    }
}
