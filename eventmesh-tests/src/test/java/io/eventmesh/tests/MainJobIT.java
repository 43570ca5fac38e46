package io.eventmesh.tests;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.eventmesh.tests.process.Installation;
import io.eventmesh.tests.process.MeshProcess;
import io.eventmesh.tests.process.Rest;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.apache.curator.test.TestingServer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * The main job over six processes: a file goes in at a source task, passes a rule, comes out at a sink task, and no name
 * is lost when a runtime is killed on the way.
 */
@Timeout(value = 6, unit = TimeUnit.MINUTES)
class MainJobIT {
    private static final Path DEBIAN_PACKAGES = Path.of("/var/lib/dpkg/status");
    private static final String PREFIX = "Package: ";
    private static final int TIMES = Integer.getInteger("mainjob.times", 3);
    private static final int LINES_A_SECOND = 5_000;
    private static final ObjectMapper MAPPER = new ObjectMapper();

    @TempDir
    Path directory;

    private TestingServer zookeeper;
    private Installation installation;
    private Rest admin;
    private final Map<String, MeshProcess> connectorRuntimes = new HashMap<>();
    private Path input;
    private Path output;
    private Map<String, Integer> expected;

    @BeforeEach
    void startTheCluster() throws Exception {
        zookeeper = new TestingServer(true);
        installation = new Installation(directory);
        input = directory.resolve("packages.txt");
        output = directory.resolve("names.ndjson");
        expected = writeInput();
        MeshProcess adminProcess = start(
                        "admin",
                        "--role=admin",
                        "--set",
                        "admin.http.port=0",
                        "--set",
                        "admin.grpc.port=0",
                        "--set",
                        "admin.lease=3s")
                .awaitReady();
        MeshProcess mesh = start("mesh", "--role=mesh", "--set", "mesh.http.port=0", "--set", "mesh.grpc.port=0");
        MeshProcess function = start("function", "--role=function");
        List<MeshProcess> connectors =
                List.of(start("connector-1", "--role=connector"), start("connector-2", "--role=connector"));
        mesh.awaitReady();
        function.awaitReady();
        for (MeshProcess connector : connectors) {
            connector.awaitReady();
            connectorRuntimes.put(connector.printed("runtime (\\S+)"), connector);
        }
        admin = new Rest(adminProcess.printed("Admin:\\s+(http\\S+)"));
        await().atMost(Duration.ofSeconds(20))
                .until(() -> admin.get("/api/v1/runtimes").path("items").size() >= 4);
    }

    private MeshProcess start(String name, String... arguments) {
        return installation.start(
                name,
                Stream.concat(Stream.of(arguments), Stream.of("--set", "meta.connect=" + zookeeper.getConnectString()))
                        .toArray(String[]::new));
    }

    @AfterEach
    void stopTheCluster() throws IOException {
        installation.close();
        zookeeper.close();
    }

    @Test
    void everyPackageNameComesOut() {
        startTheJob();

        awaitEveryName();
    }

    @Test
    void noNameIsLostWhenTheSourcesRuntimeIsKilled() {
        startTheJob();
        awaitShare(0.2);

        MeshProcess killed = runtimeOf("SOURCE");
        killed.kill();

        assertThat(share()).isLessThan(0.6);
        awaitEveryName();
        assertThat(runtimeOf("SOURCE")).isNotSameAs(killed);
    }

    @Test
    void noNameIsLostWhenTheSinksRuntimeIsKilled() {
        startTheJob();
        awaitShare(0.2);

        MeshProcess killed = runtimeOf("SINK");
        killed.kill();

        assertThat(share()).isLessThan(0.6);
        awaitEveryName();
        assertThat(runtimeOf("SINK")).isNotSameAs(killed);
    }

    private void startTheJob() {
        admin.put("/api/v1/connectors/names", """
                {"spec": {"plugin": "file", "kind": "SINK", "topic": "package-names", "config": {"path": "%s"}}}""".formatted(output));
        admin.put("/api/v1/rules/package-names", """
                {"spec": {"patterns": ["packages"],
                          "filter": {"data": {"line": [{"prefix": "Package: "}]}},
                          "transform": {"kind": "jsonata",
                              "spec": {"expression": "{\\"package\\": $substringAfter(data.line, \\"Package: \\")}"}},
                          "targets": [{"name": "names", "kind": "topic", "spec": {"topic": "package-names"}}]}}""");
        admin.put("/api/v1/connectors/packages", """
                {"spec": {"plugin": "file", "kind": "SOURCE", "topic": "packages",
                          "config": {"path": "%s", "rate": %d}}}""".formatted(input, LINES_A_SECOND));
    }

    private Map<String, Integer> writeInput() throws IOException {
        byte[] once = Files.exists(DEBIAN_PACKAGES)
                ? Files.readAllBytes(DEBIAN_PACKAGES)
                : madeUp().getBytes(StandardCharsets.UTF_8);
        try (var out = Files.newOutputStream(input)) {
            for (int i = 0; i < TIMES; i++) {
                out.write(once);
            }
        }
        Map<String, Integer> names = new HashMap<>();
        try (Stream<String> lines = Files.lines(input)) {
            lines.filter(line -> line.startsWith(PREFIX))
                    .forEach(line -> names.merge(line.substring(PREFIX.length()), 1, Integer::sum));
        }
        return names;
    }

    /** A file of the shape of Debian's, for machines that have none. */
    private static String madeUp() {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < 700; i++) {
            text.append("Package: made-up-%d%nStatus: install ok installed%n".formatted(i));
            text.append("Priority: optional\nSection: misc\n".repeat(9)).append('\n');
        }
        return text.toString();
    }

    private MeshProcess runtimeOf(String kind) {
        String connector = kind.equals("SOURCE") ? "packages" : "names";
        for (JsonNode task : admin.get("/api/v1/tasks").path("items")) {
            if (task.at("/spec/connector").asText().equals(connector)) {
                return Objects.requireNonNull(
                        connectorRuntimes.get(task.at("/status/runtime").asText()), () -> "owner of " + task);
            }
        }
        throw new AssertionError("no task of " + connector);
    }

    private Map<String, Integer> written() {
        Map<String, Integer> names = new HashMap<>();
        if (!Files.exists(output)) {
            return names;
        }
        try {
            String text = Files.readString(output, StandardCharsets.UTF_8);
            int end = text.lastIndexOf('\n');
            for (String line : text.substring(0, Math.max(0, end)).split("\n", -1)) {
                if (!line.isEmpty()) {
                    names.merge(MAPPER.readTree(line).path("package").asText(), 1, Integer::sum);
                }
            }
        } catch (IOException failure) {
            throw new AssertionError("sink file: " + failure.getMessage(), failure);
        }
        return names;
    }

    private double share() {
        return total(written()) / (double) total(expected);
    }

    private void awaitShare(double share) {
        await("the sink holds a share of " + share)
                .atMost(Duration.ofMinutes(2))
                .pollInterval(Duration.ofMillis(100))
                .until(() -> share() >= share);
    }

    private void awaitEveryName() {
        await("every name is in the sink as often as in the file")
                .atMost(Duration.ofMinutes(3))
                .pollInterval(Duration.ofSeconds(1))
                .untilAsserted(() -> {
                    Map<String, Integer> written = written();
                    List<String> missing = expected.entrySet().stream()
                            .filter(name -> written.getOrDefault(name.getKey(), 0) < name.getValue())
                            .map(Map.Entry::getKey)
                            .limit(5)
                            .toList();
                    assertThat(missing)
                            .as(
                                    "missing of %d names, %d of %d written",
                                    expected.size(), total(written), total(expected))
                            .isEmpty();
                });
        assertThat(written().keySet()).isEqualTo(expected.keySet());
        System.out.printf("main job: %d names in the file, %d in the sink%n", total(expected), total(written()));
    }

    private static int total(Map<String, Integer> names) {
        return names.values().stream().mapToInt(Integer::intValue).sum();
    }
}
