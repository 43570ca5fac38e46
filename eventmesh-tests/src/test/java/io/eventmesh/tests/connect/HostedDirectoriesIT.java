package io.eventmesh.tests.connect;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The directories that the build makes hold what the host does not bring, and nothing that it does. */
class HostedDirectoriesIT {
    @ParameterizedTest
    @ValueSource(strings = {"debezium-postgres", "debezium-jdbc", "connect-file"})
    void aPluginDirectoryHoldsWhatTheHostDoesNotBring(String plugin) throws IOException {
        Path directory =
                Path.of(Objects.requireNonNull(System.getProperty("eventmesh.hosted")), plugin, "target", "plugin");
        List<String> jars;
        try (Stream<Path> files = Files.list(directory)) {
            jars = files.map(file -> file.getFileName().toString()).toList();
        }

        assertThat(jars).anyMatch(jar -> jar.startsWith("connect-json-"));
        assertThat(jars).anyMatch(jar -> jar.startsWith("connect-transforms-"));
        assertThat(jars).anyMatch(jar -> jar.startsWith("jackson-databind-"));
        assertThat(jars)
                .noneMatch(jar -> jar.startsWith("slf4j-")
                        || jar.startsWith("connect-api-")
                        // Debezium's sink looks into one class of it
                        || (jar.startsWith("connect-runtime-") && !plugin.equals("debezium-jdbc"))
                        || jar.startsWith("kafka-clients-"));
    }
}
