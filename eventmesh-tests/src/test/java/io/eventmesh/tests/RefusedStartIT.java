package io.eventmesh.tests;

import static org.assertj.core.api.Assertions.assertThat;

import io.eventmesh.tests.process.Installation;
import io.eventmesh.tests.process.MeshProcess;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.stream.Stream;
import org.apache.curator.test.TestingServer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Starts that must not happen: each says its code on stderr and ends with 2 for configuration, 3 for the environment. */
class RefusedStartIT {
    private static final Duration LIMIT = Duration.ofSeconds(60);

    @TempDir
    Path directory;

    private TestingServer zookeeper;
    private Installation installation;

    @BeforeEach
    void prepare() throws Exception {
        zookeeper = new TestingServer(true);
        installation = new Installation(directory);
    }

    @AfterEach
    void cleanUp() throws Exception {
        installation.close();
        zookeeper.close();
    }

    @Test
    void unknownKeysAndWrongValuesAreReportedTogether() {
        MeshProcess refused = start(
                "config",
                "--role=mesh",
                "--set",
                "mesh.grpc.prot=1",
                "--set",
                "mesh.http.port=70000",
                "--set",
                "storage.type=kafak");

        assertRefused(refused, 2, "CONFIG_INVALID 1004");
        assertThat(refused.err())
                .contains("mesh.grpc.prot: unknown key (did you mean: port?)")
                .contains("mesh.http.port: 70000 (expected: 0..65535)")
                .contains("kafak");
    }

    @Test
    void checkConfigStartsNothing() {
        MeshProcess good = start("check", "--check-config");
        MeshProcess bad = start("check-bad", "--check-config", "--set", "ops.prot=1");

        assertThat(good.awaitExit(LIMIT)).as(good.err()).isZero();
        assertThat(bad.awaitExit(LIMIT)).isEqualTo(2);
    }

    @Test
    void printConfigMasksSecrets() {
        MeshProcess print = installation.run(
                "print", Map.of("EVENTMESH_SECURITY_CLUSTER_KEY", "very-secret"), "bin/start.sh", "--print-config");

        assertThat(print.awaitExit(LIMIT)).as(print.err()).isZero();
        assertThat(print.out()).contains("cluster-key").doesNotContain("very-secret");
        assertThat(print.err()).doesNotContain("very-secret");
    }

    @Test
    void anUnknownRoleIsRefused() {
        assertRefused(start("role", "--role=meshh"), 2, "meshh");
    }

    @Test
    void aBindBeyondLoopbackWithoutAuthenticationIsRefused() {
        MeshProcess refused = start("bind", "--role=mesh", "--set", "mesh.http.host=0.0.0.0");

        assertRefused(refused, 2, "mesh.http.host");
        assertThat(refused.err()).contains("security.anonymous");
    }

    @Test
    void aTakenPortIsRefused() throws Exception {
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            MeshProcess refused = start(
                    "port",
                    "--role=mesh",
                    "--set",
                    "mesh.grpc.port=0",
                    "--set",
                    "mesh.http.port=" + taken.getLocalPort());

            assertRefused(refused, 3, "PORT_IN_USE 3005");
            assertThat(refused.err()).contains("EVENTMESH_MESH_HTTP_PORT").doesNotContain("\tat ");
        }
    }

    @Test
    void aSecondMeshOnNodeLocalStorageIsRefused() {
        start("mesh-1", "--role=mesh", "--set", "mesh.grpc.port=0", "--set", "mesh.http.port=0")
                .awaitReady();

        MeshProcess refused = start("mesh-2", "--role=mesh", "--set", "mesh.grpc.port=0", "--set", "mesh.http.port=0");

        assertRefused(refused, 3, "STORAGE_OWNED 3006");
    }

    @Test
    void aSecondAdminOnTheSameDatabaseFileIsRefused() {
        start("admin-1", "--role=admin", "--set", "admin.grpc.port=0", "--set", "admin.http.port=0")
                .awaitReady();

        MeshProcess refused =
                start("admin-2", "--role=admin", "--set", "admin.grpc.port=0", "--set", "admin.http.port=0");

        assertRefused(refused, 3, "DATABASE_OWNED 3007");
        assertThat(refused.err()).containsIgnoringCase("postgresql");
    }

    private MeshProcess start(String name, String... arguments) {
        return installation.start(
                name,
                Stream.concat(Stream.of(arguments), Stream.of("--set", "meta.connect=" + zookeeper.getConnectString()))
                        .toArray(String[]::new));
    }

    private static void assertRefused(MeshProcess process, int exit, String text) {
        assertThat(process.awaitExit(LIMIT))
                .as("%s%n%s", process.out(), process.err())
                .isEqualTo(exit);
        assertThat(process.err()).contains(text);
        assertThat(process.out()).doesNotContain("Ready in");
    }
}
