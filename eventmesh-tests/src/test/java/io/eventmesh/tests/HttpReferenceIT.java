package io.eventmesh.tests;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.eventmesh.tests.process.Installation;
import io.eventmesh.tests.process.MeshProcess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Runs the commands of the HTTP reference as they stand in it, one after another, against a mesh runtime. */
class HttpReferenceIT {
    private static final Path REFERENCE = Path.of("../docs/reference/http.md");
    private static final Pattern BLOCK = Pattern.compile("```sh\\n(.*?)```", Pattern.DOTALL);

    /** Keeps what each command was answered; streams are read for a while. */
    private static final String CURL = """
            #!/bin/bash
            set -eu
            curl() {
              n=$(ls head.* 2>/dev/null | wc -l)
              command curl --max-time 3 -D "head.$n" "$@" | tee "body.$n" || true
            }
            """;

    @TempDir
    Path directory;

    @Test
    @Timeout(value = 3, unit = TimeUnit.MINUTES)
    void theCommandsOfTheReferenceAreAnsweredAsItSays() throws IOException {
        try (Installation installation = new Installation(directory)) {
            MeshProcess mesh = installation
                    .start(
                            "mesh",
                            "--role=mesh",
                            "--set=mesh.grpc.port=0",
                            "--set=mesh.http.port=0",
                            "--set=meta.zookeeper.embedded-port=0")
                    .awaitReady();
            List<String> commands = commands();
            assertThat(commands.get(0)).startsWith("MESH=http://127.0.0.1:10105");
            commands.set(
                    0,
                    "MESH=" + mesh.printed("HTTP:\\s+(\\S+)") + "\nMESHREPLYTO=" + mesh.printed("runtime (\\S+)") + "/"
                            + "0".repeat(32));
            Path script = directory.resolve("commands.sh");
            Files.writeString(script, CURL + String.join("\n", commands));
            assertThat(script.toFile().setExecutable(true)).isTrue();

            MeshProcess shell = installation.run("shell", Map.of(), "commands.sh");

            assertThat(shell.awaitExit(Duration.ofMinutes(2)))
                    .as("%s%n%s", shell.out(), shell.err())
                    .isZero();
            assertThat(statuses()).containsExactly("200", "200", "200", "200", "204", "200", "504", "404", "201");
            assertThat(Files.readString(directory.resolve("body.0"))).contains("\"stream\":\"orders\"");
            assertThat(Files.readString(directory.resolve("body.2"))).contains("meshdelivery", "order.created");
            assertThat(Files.readString(directory.resolve("body.5"))).contains("\"settled\":0");
            var subscription =
                    new ObjectMapper().readTree(directory.resolve("body.8").toFile());
            assertThat(subscription.at("/sink").asText()).isEqualTo("https://example.com/hook");
        }
    }

    private static List<String> commands() throws IOException {
        List<String> commands = new ArrayList<>();
        Matcher blocks = BLOCK.matcher(Files.readString(REFERENCE));
        while (blocks.find()) {
            commands.add(blocks.group(1));
        }
        return commands;
    }

    private List<String> statuses() throws IOException {
        List<String> statuses = new ArrayList<>();
        for (int i = 0; Files.exists(directory.resolve("head." + i)); i++) {
            statuses.add(Files.readString(directory.resolve("head." + i)).split(" ", 3)[1]);
        }
        return statuses;
    }
}
