package io.eventmesh.tests;

import static org.assertj.core.api.Assertions.assertThat;

import io.eventmesh.tests.process.DefaultPorts;
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
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** Runs the commands of a tutorial as they stand in it. Needs the default ports of this machine. */
@ExtendWith(DefaultPorts.class)
class TutorialIT {
    private static final Path TUTORIAL = Path.of("../docs/tutorials/first-job.md");
    private static final Pattern BLOCK = Pattern.compile("```sh( start)?\\n(.*?)```", Pattern.DOTALL);

    @TempDir
    Path directory;

    @Test
    @Timeout(value = 4, unit = TimeUnit.MINUTES)
    void theTutorialsCommandsDoWhatItSays() throws IOException {
        try (Installation installation = new Installation(directory)) {
            List<String> commands = new ArrayList<>();
            Matcher blocks = BLOCK.matcher(Files.readString(TUTORIAL));
            while (blocks.find()) {
                if (blocks.group(1) != null) {
                    assertThat(blocks.group(2).strip()).isEqualTo("bin/start.sh");
                    installation.start("tutorial").awaitReady();
                } else {
                    commands.add(blocks.group(2));
                }
            }
            assertThat(commands).hasSizeGreaterThanOrEqualTo(6);
            Path script = directory.resolve("commands.sh");
            // as a person would: stop at the first command that fails, and let curl fail on a refusal
            Files.writeString(
                    script,
                    "#!/bin/bash\nset -eu\ncurl() { command curl --fail-with-body \"$@\"; echo; }\n"
                            + String.join("\n", commands));
            assertThat(script.toFile().setExecutable(true)).isTrue();

            MeshProcess shell = installation.run("shell", Map.of(), "commands.sh");

            assertThat(shell.awaitExit(Duration.ofMinutes(3)))
                    .as("%s%n%s", shell.out(), shell.err())
                    .isZero();
            assertThat(shell.out())
                    .contains("{\"package\":\"")
                    .contains("RULE_INVALID")
                    .contains("{\"package\": \"posted-by-hand\"}", "names-by-http")
                    .contains("{\"package\":\"made-by-hand\",\"kB\":12}");
        }
    }
}
