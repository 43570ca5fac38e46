package io.eventmesh.tests.interop;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What producers and stream consumers of the published SDK do every day. */
class InteropIT {
    @TempDir
    static Path directory;

    private static MeshForSdk mesh;
    private static SdkProcess sdk;

    @BeforeAll
    static void start() {
        mesh = MeshForSdk.start(directory.resolve("mesh"));
        sdk = SdkProcess.start(directory);
    }

    @AfterAll
    static void stop() {
        sdk.close();
        mesh.close();
    }

    @Test
    void aMessageComesToAStream() {
        sdk.command("consumer", "c1").with("port", mesh.grpcPort()).with("group", "g1").send();
        sdk.command("subscribe", "c1").with("topics", List.of("first")).send();
        sdk.command("producer", "p1").with("port", mesh.grpcPort()).send();
        // the SDK does not wait for the answer to a stream's subscription
        org.awaitility.Awaitility.await().until(() -> mesh.admin()
                .get("/api/v1/subscriptions")
                .toString()
                .contains("\"g1\""));

        JsonNode answer = sdk.command("publish", "p1")
                .with("topic", "first")
                .with("content", "hello")
                .with("props", Map.of("region", "eu"))
                .send();

        assertThat(answer.path("code").asText()).isEqualTo("0");
        assertThat(sdk.awaitContents("c1", 1)).containsExactly("hello");
        assertThat(sdk.events("c1").get(0).path("props").path("region").asText()).isEqualTo("eu");
    }
}
