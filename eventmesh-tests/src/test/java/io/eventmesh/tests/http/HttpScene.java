package io.eventmesh.tests.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import io.eventmesh.tests.process.Installation;
import io.eventmesh.tests.process.MeshProcess;
import io.eventmesh.tests.process.Rest;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;

/** Every role in one process. Shared by the tests of this package; each uses names of its own. */
final class HttpScene implements AutoCloseable {
    private static final Duration LIMIT = Duration.ofSeconds(60);

    /** Gives a test the scene, which is made for the first and closed after the last. */
    static final class Shared implements ParameterResolver {
        @Override
        public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
            return parameter.getParameter().getType() == HttpScene.class;
        }

        @Override
        public Object resolveParameter(ParameterContext parameter, ExtensionContext context) {
            return context.getRoot()
                    .getStore(ExtensionContext.Namespace.create(HttpScene.class))
                    .getOrComputeIfAbsent(HttpScene.class, missing -> begun(), HttpScene.class);
        }

        private static HttpScene begun() {
            try {
                return new HttpScene(Files.createTempDirectory("http"));
            } catch (IOException failure) {
                throw new UncheckedIOException(failure);
            }
        }
    }

    private final Path directory;
    private final Installation installation;
    private final MeshProcess mesh;
    private final Rest admin;
    private final Rest door;

    private HttpScene(Path directory) {
        this.directory = directory;
        installation = new Installation(directory.resolve("installation"));
        mesh = installation.startStandalone(
                Map.of("EVENTMESH_SECRET_GITHUB", "It's a Secret to Everybody", "EVENTMESH_SECRET_TOKEN", "t-1"));
        admin = new Rest(adminUrl());
        door = new Rest(meshUrl());
    }

    String adminUrl() {
        return mesh.adminUrl();
    }

    String meshUrl() {
        return mesh.meshUrl();
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
    public void close() throws IOException {
        installation.close();
        try (Stream<Path> files = Files.walk(directory)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(file);
            }
        }
    }
}
