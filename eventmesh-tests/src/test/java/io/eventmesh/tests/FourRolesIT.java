package io.eventmesh.tests;

import static org.assertj.core.api.Assertions.assertThat;

import io.eventmesh.tests.process.DefaultPorts;
import io.eventmesh.tests.process.Installation;
import io.eventmesh.tests.process.MeshProcess;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** One role a process, without any configuration: needs the default ports of this machine. */
@ExtendWith(DefaultPorts.class)
class FourRolesIT {
    @TempDir
    Path directory;

    @Test
    @Timeout(value = 3, unit = TimeUnit.MINUTES)
    void fourShellsFindOneAnotherWithoutConfiguration() {
        try (Installation installation = new Installation(directory)) {
            runTheRoles(installation);
        }
    }

    private static void runTheRoles(Installation installation) {
        List<MeshProcess> roles = List.of("admin", "mesh", "connector", "function").stream()
                .map(role -> installation.start(role, "--role=" + role))
                .toList();
        roles.forEach(MeshProcess::awaitReady);

        MeshProcess quickstart = installation.run("quickstart", Map.of(), "bin/eventmesh", "quickstart");

        assertThat(quickstart.awaitExit(Duration.ofSeconds(90)))
                .as("%s%n%s", quickstart.out(), quickstart.err())
                .isZero();
    }
}
