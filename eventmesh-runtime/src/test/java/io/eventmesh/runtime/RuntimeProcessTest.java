package io.eventmesh.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.eventmesh.common.config.Secret;
import io.eventmesh.common.error.ConfigException;
import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.time.MeshClock;
import io.eventmesh.runtime.TestPlugins.MetaProvider;
import io.eventmesh.runtime.TestPlugins.RoleKeys;
import io.eventmesh.runtime.TestPlugins.TestRoleProvider;
import io.eventmesh.runtime.config.ConfigLoader;
import io.eventmesh.runtime.config.ConfigSources;
import io.eventmesh.spi.meta.MetaPaths;
import io.eventmesh.spi.meta.MetaStore;
import io.eventmesh.spi.meta.RuntimeRegistration;
import io.eventmesh.spi.role.RoleContext;
import io.eventmesh.testkit.Threads;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RuntimeProcessTest {
    @TempDir
    private Path data;

    private final Map<String, MetaStore.Versioned> cluster = InMemoryMetaStore.cluster();
    private final List<String> told = new ArrayList<>();

    @Test
    void rolesStartInTheirOrderDrainAfterTheWithdrawalAndCloseInReverse() {
        TestPlugins plugins = plugins()
                .with(new TestRoleProvider("connector", 40, told::add))
                .with(new TestRoleProvider("mesh", 10, event -> told.add(event + " registered=" + registered())));

        RuntimeProcess process = process(plugins, "connector,mesh", Map.of());
        process.start();
        assertThat(registered()).isTrue();
        process.close();
        process.close();

        assertThat(told)
                .containsExactly(
                        "start mesh registered=false",
                        "start connector",
                        "drain connector",
                        "drain mesh registered=false",
                        "close connector",
                        "close mesh registered=false");
    }

    @Test
    void itAnnouncesRolesAndEndpointsLast() {
        try (RuntimeProcess process = process(plugins(), "mesh", Map.of())) {
            process.start();

            String id = process.context().runtimeId();
            RuntimeRegistration registration =
                    RuntimeRegistration.decode(Objects.requireNonNull(cluster.get(MetaPaths.RUNTIMES + "/" + id))
                            .value());
            assertThat(id).matches("laptop-[0-9a-f]{4}");
            assertThat(registration.roles()).containsExactly("mesh");
            assertThat(registration.endpoints())
                    .containsEntry("mesh.test", "127.0.0.1:1")
                    .containsKey("ops");
            assertThat(registration.incarnation()).isEqualTo(process.context().incarnation());
        }
    }

    @Test
    void aRoleThatDoesNotStartTakesEverythingBackAndNothingIsAnnounced() {
        Threads threads = Threads.now();
        TestPlugins plugins = plugins().with(new TestRoleProvider("connector", 40, told::add, () -> {
            throw new EventMeshException(ErrorCode.STORAGE_OWNED, "owned");
        }));
        RuntimeProcess process = process(plugins, "mesh,connector", Map.of());

        assertThatThrownBy(process::start).hasMessage("owned");

        assertThat(told).containsExactly("start mesh", "start connector", "close connector", "close mesh");
        assertThat(registered()).isFalse();
        threads.assertNoneLeft();
    }

    @Test
    void readyOnlyWhenRegistered() throws Exception {
        AtomicReference<String> duringStart = new AtomicReference<>("");
        TestPlugins plugins = plugins();
        AtomicReference<RuntimeProcess> running = new AtomicReference<>();
        plugins.with(new TestRoleProvider(
                "mesh", 10, told::add, () -> duringStart.set(readyz(Objects.requireNonNull(running.get())))));
        try (RuntimeProcess process = process(plugins, "mesh", Map.of())) {
            running.set(process);
            process.start();

            assertThat(duringStart.get()).startsWith("503").contains("not registered: starting");
            assertThat(readyz(process)).startsWith("200").contains("\"ready\":true", "\"name\":\"meta-memory\"");
            assertThat(get(process, "/healthz")).startsWith("200");
            assertThat(get(process, "/metrics"))
                    .startsWith("200")
                    .contains("eventmesh_build_info{", "jvm_memory_used_bytes", "eventmesh_threads_queued");
            assertThat(get(process, "/healthz/more")).startsWith("404");
        }
    }

    @Test
    void noThreadIsLeftAfterClose() {
        Threads threads = Threads.now();
        RuntimeProcess process = process(plugins(), "mesh", Map.of());
        process.start();
        process.context().dispatch().execute(() -> {});
        process.context().blocking().execute(() -> {});

        process.close();

        threads.assertNoneLeft();
    }

    @Test
    void itsIdSurvivesARestartAndItsIncarnationDoesNot() {
        RuntimeProcess first = process(plugins(), "mesh", Map.of());
        first.start();
        String id = first.context().runtimeId();
        String incarnation = first.context().incarnation();
        first.close();

        try (RuntimeProcess second = process(plugins(), "mesh", Map.of())) {
            second.start();

            assertThat(second.context().runtimeId()).isEqualTo(id);
            assertThat(second.context().incarnation()).isNotEqualTo(incarnation);
        }
    }

    @Test
    void theFirstRuntimeMakesTheClusterKeyAndTheOthersUseIt() {
        try (RuntimeProcess one = process(plugins(), "mesh", Map.of());
                RuntimeProcess other = process(plugins(), "mesh", Map.of())) {
            one.start();
            other.start();

            assertThat(other.context().clusterKey()).isEqualTo(one.context().clusterKey());
            assertThat(one.context().clusterKey().reveal()).hasSize(64);
            assertThat(other.context().runtimeId()).isNotEqualTo(one.context().runtimeId());
        }
    }

    @Test
    void aConfiguredClusterKeyIsNotWrittenAnywhere() {
        try (RuntimeProcess process = process(plugins(), "mesh", Map.of("security.cluster-key", "k"))) {
            process.start();

            assertThat(process.context().clusterKey()).isEqualTo(Secret.of("k"));
            assertThat(cluster).doesNotContainKey(MetaPaths.CLUSTER_KEY);
        }
    }

    @Test
    void aRoleGetsItsOwnSectionAndWhatTheProcessShares() {
        try (RuntimeProcess process = process(plugins(), "mesh", Map.of("mesh.window", "7"))) {
            process.start();
            RoleContext context = process.context();

            assertThat(context.config("mesh", RoleKeys.class)).isEqualTo(new RoleKeys(7));
            assertThat(context.shared(StringBuilder.class, StringBuilder::new))
                    .isSameAs(context.shared(StringBuilder.class, StringBuilder::new));
            assertThat(context.localMesh()).isEmpty();
            assertThat(context.storageType()).isEqualTo("memory");
            assertThat(context.runtimeDirectory()).startsWith(data).exists();
        }
    }

    @Test
    void aTakenOpsPortIsNamedWithItsKeyAndVariable() throws IOException {
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
                RuntimeProcess process =
                        process(plugins(), "mesh", Map.of("ops.port", String.valueOf(taken.getLocalPort())))) {

            assertThatThrownBy(process::start)
                    .hasMessageContaining("ops.port: " + taken.getLocalPort())
                    .hasMessageContaining("EVENTMESH_OPS_PORT")
                    .extracting(failure -> Main.exitCode((EventMeshException) failure))
                    .isEqualTo(3);
        }
    }

    @Test
    void bindingAnotherHostThanLoopbackIsRefusedUnlessAllowed() {
        RuntimeProcess refused = process(plugins(), "mesh", Map.of("ops.host", "0.0.0.0"));
        assertThatThrownBy(refused::start)
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining("ops.host: '0.0.0.0'")
                .hasMessageContaining("127.0.0.1")
                .hasMessageContaining("security.anonymous: allow");

        try (RuntimeProcess allowed =
                process(plugins(), "mesh", Map.of("ops.host", "0.0.0.0", "security.anonymous", "allow"))) {
            allowed.start();
            assertThat(registered()).isTrue();
        }
    }

    @Test
    void theBannerSaysOnlyWhatIsTrue() {
        try (RuntimeProcess process = process(plugins(), "mesh", Map.of())) {
            process.start();

            assertThat(process.banner())
                    .satisfiesExactly(
                            line -> assertThat(line)
                                    .matches(
                                            "EventMesh test  roles mesh  runtime laptop-[0-9a-f]{4}  \\(java .*, pid \\d+\\)"),
                            line -> assertThat(line).isEqualTo("Meta:       in memory"),
                            line -> assertThat(line).isEqualTo("Test:       role mesh"));
        }
    }

    private boolean registered() {
        return cluster.keySet().stream().anyMatch(path -> path.startsWith(MetaPaths.RUNTIMES + "/"));
    }

    private TestPlugins plugins() {
        return TestPlugins.usual().with(new MetaProvider(cluster)).with(new TestRoleProvider("mesh", 10, told::add));
    }

    private RuntimeProcess process(TestPlugins plugins, String roles, Map<String, String> settings) {
        Map<String, String> all = new LinkedHashMap<>(settings);
        all.put("data", data.toString());
        ProcessSetup setup = new ProcessSetup(
                new ConfigLoader(plugins).load(ConfigSources.of(all)),
                plugins,
                MeshClock.system(),
                new Random(),
                Path.of(""),
                "Laptop.example.org",
                "test");
        return new RuntimeProcess(setup, RoleNames.of(roles, plugins));
    }

    private static String readyz(RuntimeProcess process) {
        return get(process, "/readyz");
    }

    private static String get(RuntimeProcess process, String path) {
        try {
            HttpResponse<String> answer = HttpClient.newHttpClient()
                    .send(
                            HttpRequest.newBuilder(
                                            URI.create(process.endpoints().get("ops") + path))
                                    .build(),
                            HttpResponse.BodyHandlers.ofString());
            return answer.statusCode() + " " + answer.body();
        } catch (IOException | InterruptedException failure) {
            throw new AssertionError(failure);
        }
    }
}
