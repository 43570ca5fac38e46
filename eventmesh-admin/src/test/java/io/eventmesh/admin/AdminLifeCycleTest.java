package io.eventmesh.admin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.lifecycle.Health;
import io.eventmesh.spi.meta.MetaPaths;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.time.Duration;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AdminLifeCycleTest {
    private static final AdminConfig CONFIG = AdminProcess.config(Duration.ofSeconds(15));

    @TempDir
    Path directory;

    @TempDir
    Path otherDirectory;

    private final MemoryMetaStore meta = new MemoryMetaStore();

    @Test
    void aSecondAdminOnH2IsRefusedWhereverItsFileLiesAndTheFirstServesOn() {
        try (AdminProcess first = new AdminProcess("a", meta, directory).start(CONFIG);
                AdminProcess second = new AdminProcess("b", meta, otherDirectory)) {
            assertThatThrownBy(() -> second.start(CONFIG))
                    .asInstanceOf(InstanceOfAssertFactories.type(EventMeshException.class))
                    .satisfies(refused -> {
                        assertThat(refused.code()).isEqualTo(ErrorCode.DATABASE_OWNED);
                        assertThat(refused.reason()).contains("'a'").contains("jdbc:postgresql:");
                    });
            assertThat(first.http("GET", "/api/v1/connectors", "").statusCode()).isEqualTo(200);
        }
    }

    @Test
    void theSizeOfTheDatabasesFileIsShown() {
        try (AdminProcess admin = new AdminProcess("a", meta, directory).start(CONFIG)) {
            assertThat(admin.meters()
                            .get("eventmesh_admin_database_bytes")
                            .gauge()
                            .value())
                    .isPositive();
        }
    }

    @Test
    void theNextAdminMayUseH2WhenTheFirstIsGone() {
        new AdminProcess("a", meta, directory).start(CONFIG).close();

        try (AdminProcess second = new AdminProcess("b", meta, directory).start(CONFIG)) {
            assertThat(second.http("GET", "/api/v1/rules", "").statusCode()).isEqualTo(200);
        }
        assertThat(meta.get(MetaPaths.DATABASE_OWNER).toCompletableFuture().join())
                .isEmpty();
    }

    @Test
    void theSameRuntimeTakesItsOwnOldClaimOver() {
        meta.put(MetaPaths.DATABASE_OWNER, "a\nold".getBytes(java.nio.charset.StandardCharsets.UTF_8), -2);

        try (AdminProcess again = new AdminProcess("a", meta, directory).start(CONFIG)) {
            assertThat(again.role().health().state()).isNotEqualTo(Health.State.DOWN);
        }
    }

    @Test
    void aTakenPortIsNamedByItsKeyAndNothingIsLeftBehind() throws Exception {
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            AdminConfig.Address busy = new AdminConfig.Address("127.0.0.1", taken.getLocalPort());
            AdminConfig http = new AdminConfig(
                    busy, CONFIG.grpc(), CONFIG.database(), CONFIG.lease(), CONFIG.grace(), CONFIG.suspectAfter());
            AdminConfig grpc = new AdminConfig(
                    CONFIG.http(), busy, CONFIG.database(), CONFIG.lease(), CONFIG.grace(), CONFIG.suspectAfter());

            refusesPort(http, "admin.http.port");
            refusesPort(grpc, "admin.grpc.port");
        }
        try (AdminProcess admin = new AdminProcess("b", meta, directory).start(CONFIG)) {
            assertThat(admin.endpoint("admin.grpc")).startsWith("127.0.0.1:");
        }
    }

    private void refusesPort(AdminConfig config, String key) {
        try (AdminProcess admin = new AdminProcess("a", meta, directory)) {
            assertThatThrownBy(() -> admin.start(config))
                    .asInstanceOf(InstanceOfAssertFactories.type(EventMeshException.class))
                    .satisfies(refused -> {
                        assertThat(refused.code()).isEqualTo(ErrorCode.PORT_IN_USE);
                        assertThat(refused.reason()).contains(key);
                    });
        }
    }

    @Test
    void closingTwiceAndBeforeStartDoesNothing() {
        AdminProcess process = new AdminProcess("a", meta, directory);
        AdminRole never = (AdminRole) new AdminRoleProvider().create(CONFIG, process);
        never.close();
        never.close();
        assertThat(never.health().state()).isEqualTo(Health.State.DOWN);
        process.close();
    }
}
