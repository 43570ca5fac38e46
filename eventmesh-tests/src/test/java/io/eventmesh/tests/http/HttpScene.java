package io.eventmesh.tests.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import io.eventmesh.tests.process.Installation;
import io.eventmesh.tests.process.MeshProcess;
import io.eventmesh.tests.process.Rest;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;

/** Every role in one process. */
final class HttpScene implements AutoCloseable {
    private static final Duration LIMIT = Duration.ofSeconds(60);

    private final Installation installation;
    private final MeshProcess mesh;
    private final Rest admin;
    private final Rest door;

    HttpScene(Path directory) {
        installation = new Installation(directory.resolve("installation"));
        mesh = installation
                .run(
                        "standalone",
                        Map.of(
                                "EVENTMESH_SECRET_GITHUB",
                                "It's a Secret to Everybody",
                                "EVENTMESH_SECRET_TOKEN",
                                "t-1"),
                        "bin/start.sh",
                        "--set",
                        "mesh.http.port=0",
                        "--set",
                        "mesh.grpc.port=0",
                        "--set",
                        "admin.http.port=0",
                        "--set",
                        "admin.grpc.port=0",
                        "--set",
                        "meta.zookeeper.embedded-port=0")
                .awaitReady();
        admin = new Rest(adminUrl());
        door = new Rest(meshUrl());
    }

    String adminUrl() {
        return mesh.printed("Admin:\\s+(http://[^/\\s]+)");
    }

    String meshUrl() {
        return mesh.printed("HTTP:\\s+(http://[^/\\s]+)");
    }

    Rest admin() {
        return admin;
    }

    Rest door() {
        return door;
    }

    MeshProcess mesh() {
        return mesh;
    }

    void awaitTask(String connector, String state) {
        await(connector + " is " + state)
                .atMost(LIMIT)
                .untilAsserted(
                        () -> assertThat(task(connector).at("/status/state").asText())
                                .as("%s", task(connector))
                                .isEqualTo(state));
    }

    /** The connector's only task. */
    JsonNode task(String connector) {
        for (JsonNode task : admin.get("/api/v1/tasks").path("items")) {
            if (task.at("/spec/connector").asText().equals(connector)) {
                return task;
            }
        }
        return MissingNode.getInstance();
    }

    @Override
    public void close() {
        installation.close();
    }
}
