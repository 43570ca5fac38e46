package io.eventmesh.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import io.eventmesh.common.error.ConfigException;
import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.spi.meta.MetaStoreProvider;
import io.eventmesh.spi.role.RoleProvider;
import java.io.BufferedReader;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MainTest {
    @TempDir
    private Path directory;

    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();

    @BeforeEach
    void declareServices() throws IOException {
        Path services = Files.createDirectories(directory.resolve("services/META-INF/services"));
        Files.writeString(services.resolve(MetaStoreProvider.class.getName()), ServiceMeta.class.getName());
        Files.writeString(services.resolve(RoleProvider.class.getName()), ServiceRole.class.getName());
    }

    @Test
    void aGoodConfigurationIsSaidToBeGood() throws IOException {
        Path file = Files.writeString(directory.resolve("good.yaml"), "cluster: shop\n");

        assertThat(run("--check-config", "--role=probe", "--config=" + file)).isZero();
        assertThat(out.toString(StandardCharsets.UTF_8)).contains("Configuration is good");
    }

    @Test
    void aRefusedConfigurationEndsWithTwoAndTheReport() throws IOException {
        Path file = Files.writeString(directory.resolve("bad.yaml"), "clutser: shop\nops: {port: 70000}\n");

        assertThat(run("--check-config", "--role=probe", "--config", file.toString()))
                .isEqualTo(2);
        assertThat(err.toString(StandardCharsets.UTF_8))
                .startsWith("CONFIG_INVALID 1004: Configuration refused: 2 problems in " + file)
                .contains("  clutser: unknown key (did you mean: cluster?)", "  ops.port: 70000 (expected: 0..65535)");
    }

    @Test
    void aFileThatIsNotThereIsRefused() {
        assertThat(run("--check-config", "--role=probe", "--config=/no/such.yaml"))
                .isEqualTo(2);
    }

    @Test
    void theConfigurationInEffectIsPrintedWithSecretsMasked() {
        assertThat(run("--print-config", "--role=probe", "--set", "security.cluster-key=s3cret", "--set=cluster=shop"))
                .isZero();
        assertThat(out.toString(StandardCharsets.UTF_8))
                .contains("cluster: shop", "cluster-key: '***'", "probe:")
                .doesNotContain("s3cret");
    }

    @Test
    void anUnknownRoleNamesTheKnownOnes() {
        assertThat(run("--role=probe,msh")).isEqualTo(2);
        assertThat(err.toString(StandardCharsets.UTF_8)).contains("--role: 'msh' (expected one of: [", "probe");
    }

    @Test
    void anUnknownOptionIsRefusedWithTheNearestOne() {
        assertThat(run("--chek-config")).isEqualTo(2);
        assertThat(err.toString(StandardCharsets.UTF_8))
                .contains("--chek-config: unknown option (did you mean: --check-config?)");
    }

    @Test
    void aTakenPortEndsWithThreeInOneLine() throws IOException {
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            int exit = run(
                    "--role=probe",
                    "--set=meta.type=one-process",
                    "--set=ops.port=" + taken.getLocalPort(),
                    "--set=data=" + directory);

            assertThat(exit).isEqualTo(3);
            assertThat(err.toString(StandardCharsets.UTF_8).lines())
                    .singleElement()
                    .asString()
                    .startsWith("PORT_IN_USE 3005: ops.port: " + taken.getLocalPort());
        }
    }

    @Test
    void exitCodesTellConfigurationEnvironmentAndDefectsApart() {
        assertThat(Main.exitCode(new ConfigException("x", List.of()))).isEqualTo(2);
        assertThat(Stream.of(
                        ErrorCode.PORT_IN_USE,
                        ErrorCode.STORAGE_OWNED,
                        ErrorCode.DATABASE_OWNED,
                        ErrorCode.META_UNAVAILABLE))
                .allSatisfy(code -> assertThat(Main.exitCode(new EventMeshException(code, "")))
                        .isEqualTo(3));
        assertThat(Main.exitCode(new EventMeshException(ErrorCode.INTERNAL, "")))
                .isEqualTo(1);
    }

    @Test
    void aRunningProcessPrintsItsBannerAndDrainsOnSigterm() throws Exception {
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-XX:TieredStopAtLevel=1",
                        "-XX:+UseSerialGC",
                        "-cp",
                        directory.resolve("services") + ":" + System.getProperty("java.class.path"),
                        Main.class.getName(),
                        "--role=probe",
                        "--set=meta.type=one-process",
                        "--set=data=" + directory.resolve("data"))
                .redirectError(directory.resolve("stderr").toFile())
                .start();
        List<String> lines = new ArrayList<>();
        try (BufferedReader reader =
                new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
            String line = "";
            while (line != null && !line.startsWith("Ready in ")) {
                line = reader.readLine();
                lines.add(String.valueOf(line));
            }
            // the handle's, since the process's own closes the streams
            process.toHandle().destroy();
            reader.lines().forEach(lines::add);
        } finally {
            process.destroy();
        }

        assertThat(process.waitFor(20, TimeUnit.SECONDS)).isTrue();
        assertThat(lines.get(0)).matches("EventMesh dev  roles probe  runtime [a-z0-9-]+  \\(java .*, pid \\d+\\)");
        assertThat(lines)
                .anyMatch(line -> line.matches("Ready in \\d+\\.\\d s\\. No authentication, loopback only\\."));
        assertThat(lines.get(lines.size() - 2)).isEqualTo("probe drained");
        assertThat(lines.get(lines.size() - 1)).isEqualTo("probe closed");
    }

    private int run(String... arguments) {
        try (URLClassLoader services = new URLClassLoader(
                new URL[] {directory.resolve("services").toUri().toURL()}, MainTest.class.getClassLoader())) {
            return new Main(
                            Map.of(),
                            Optional.of(directory),
                            services,
                            new PrintStream(out, true, StandardCharsets.UTF_8),
                            new PrintStream(err, true, StandardCharsets.UTF_8))
                    .run(arguments);
        } catch (IOException failure) {
            throw new AssertionError(failure);
        }
    }
}
