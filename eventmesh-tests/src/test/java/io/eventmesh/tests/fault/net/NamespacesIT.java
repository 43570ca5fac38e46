package io.eventmesh.tests.fault.net;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Whether this machine can make the faults that other tests rely on, and undo them. */
class NamespacesIT {
    private static final String PORT = "7007";

    @TempDir
    Path directory;

    private List<String> java(Namespaces hosts, String host) {
        List<String> command = new ArrayList<>(hosts.on(host));
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(List.of("-Xmx32m", "-XX:TieredStopAtLevel=1", "-cp", System.getProperty("java.class.path")));
        command.addAll(List.of(EchoMain.class.getName(), PORT));
        return command;
    }

    /** Whether a line comes back within a second. */
    private static boolean talks(Namespaces hosts, String from, String to) {
        List<String> command = new ArrayList<>(hosts.on(from));
        command.addAll(List.of(
                "timeout",
                "2",
                "bash",
                "-c",
                "exec 3<>/dev/tcp/%s/%s; echo hi >&3; read -t 1 heard <&3; [ \"$heard\" = hi ]"
                        .formatted(hosts.address(to), PORT)));
        return Commands.result(command).exit() == 0;
    }

    @Test
    @Timeout(value = 1, unit = TimeUnit.MINUTES)
    void whatWasCutIsSilentUntilItHeals() throws Exception {
        if (Skipped.isSkipped("namespaces")) {
            return;
        }
        Path out = directory.resolve("out");
        Process server = null;
        try (Namespaces hosts = new Namespaces("a", "b")) {
            try {
                server = new ProcessBuilder(java(hosts, "b"))
                        .redirectErrorStream(true)
                        .redirectOutput(out.toFile())
                        .start();
                await().atMost(Duration.ofSeconds(20))
                        .until(() -> Files.readString(out).contains("Ready"));
                assertThat(talks(hosts, "a", "b")).isTrue();

                hosts.drop("a", "b");
                assertThat(talks(hosts, "a", "b")).as("one way").isFalse();
                hosts.heal();
                hosts.drop("b", "a");
                assertThat(talks(hosts, "a", "b")).as("the way back").isFalse();
                hosts.heal();
                hosts.reject("a", "b");
                assertThat(talks(hosts, "a", "b")).as("reset").isFalse();
                hosts.heal();
                hosts.unplug("b");
                assertThat(talks(hosts, "a", "b")).as("unplugged").isFalse();
                hosts.heal();
                hosts.lose("a", "b", 99);
                assertThat(talks(hosts, "a", "b")).as("lost").isFalse();
                hosts.heal();
                hosts.narrow("b", 1_000);
                assertThat(talks(hosts, "a", "b")).as("narrow").isTrue();
                hosts.heal();
                assertThat(talks(hosts, "a", "b")).as("healed").isTrue();
            } finally {
                if (server != null) {
                    server.destroyForcibly();
                    assertThat(server.waitFor(10, TimeUnit.SECONDS)).isTrue();
                }
            }
        }
        assertThat(Commands.result(List.of("ip", "netns", "list")).said())
                .doesNotContain("em" + ProcessHandle.current().pid());
    }

    @Test
    void aFaultThatCannotBeMadeSaysWhy() {
        if (Skipped.isSkipped("namespaces")) {
            return;
        }
        try (Namespaces hosts = new Namespaces("a")) {
            assertThatThrownBy(() -> hosts.lose("a", "a", -1))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("nft")
                    .hasMessageContaining("-Dchaos.skip=");
        }
    }
}
