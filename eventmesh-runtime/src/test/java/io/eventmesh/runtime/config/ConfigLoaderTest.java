package io.eventmesh.runtime.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.eventmesh.common.config.ConfigKey;
import io.eventmesh.common.config.DataSize;
import io.eventmesh.common.error.ConfigException;
import io.eventmesh.runtime.TestPlugins;
import io.eventmesh.runtime.TestPlugins.DoorKeys;
import io.eventmesh.runtime.TestPlugins.RoleKeys;
import io.eventmesh.runtime.TestPlugins.StorageKeys;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ConfigLoaderTest {
    @TempDir
    private Path directory;

    private final ConfigLoader loader = new ConfigLoader(TestPlugins.usual());

    @Test
    void withoutAnySourceEveryKeyHasItsDefault() {
        Configuration configuration = loader.load(ConfigSources.of(Map.of()));

        assertThat(configuration.core()).isEqualTo(RuntimeConfig.defaults());
        assertThat(configuration.section("mesh.http", DoorKeys.class).port()).isEqualTo(10_105);
        assertThat(configuration.section("mesh", RoleKeys.class).window()).isEqualTo(256);
    }

    @Test
    void theFileSaysKeysOfTheCoreOfRolesAndOfPlugins() throws IOException {
        Configuration configuration = load("""
                cluster: shop
                topics: {auto-create: false, streams: {orders/eu: orders-eu}}
                storage:
                  memory: {max-bytes: 8MiB}
                mesh:
                  window: 3
                  http: {port: 0, drain-timeout: 500ms}
                """);

        assertThat(configuration.core().cluster()).isEqualTo("shop");
        assertThat(configuration.core().topics().autoCreate()).isFalse();
        assertThat(configuration.core().topics().streams()).containsEntry("orders/eu", "orders-eu");
        assertThat(configuration.section("storage.memory", StorageKeys.class).maxBytes())
                .isEqualTo(DataSize.ofMebibytes(8));
        assertThat(configuration.section("mesh", RoleKeys.class).window()).isEqualTo(3);
        assertThat(configuration.section("mesh.http", DoorKeys.class).drainTimeout())
                .isEqualTo(Duration.ofMillis(500));
    }

    @Test
    void ratesAndQuotasHaveDefaultsAndNamesOfTheirOwn() throws IOException {
        LimitsConfig limits = load("""
                limits:
                  client: {events-per-second: 100}
                  topics:
                    orders/eu: {bytes-per-second: 1MiB}
                  quota: {streams: 10}
                  quotas:
                    shop: {members: 3}
                """).core().limits();

        assertThat(limits.maxEventSize()).isEqualTo(DataSize.ofMebibytes(1));
        assertThat(limits.namespace().isUnlimited()).isTrue();
        assertThat(limits.client()).isEqualTo(new LimitsConfig.Rate(100, new DataSize(0)));
        assertThat(limits.topics())
                .containsExactly(Map.entry("orders/eu", new LimitsConfig.Rate(0, DataSize.ofMebibytes(1))));
        assertThat(limits.quota()).isEqualTo(new LimitsConfig.Quota(10, 0, 0));
        assertThat(limits.quotas()).containsExactly(Map.entry("shop", new LimitsConfig.Quota(0, 0, 3)));
    }

    @Test
    void aRateBelowZeroIsRefusedWithItsKey() throws IOException {
        Path file = write("limits: {topics: {orders: {events-per-second: -1}}, quota: {streams: -2}}");

        ConfigException refused = catchThrowableOfType(
                ConfigException.class, () -> loader.load(new ConfigSources(Optional.of(file), Map.of(), Map.of())));

        assertThat(refused)
                .hasMessageContaining("limits.topics.orders.events-per-second: -1")
                .hasMessageContaining("limits.quota.streams: -2");
    }

    @Test
    void theCommandLineWinsOverTheEnvironmentAndThatOverTheFile() throws IOException {
        Path file = write("mesh: {window: 1, http: {port: 1, host: localhost}}");

        Configuration configuration = loader.load(new ConfigSources(
                Optional.of(file),
                Map.of("EVENTMESH_MESH_HTTP_PORT", "2", "EVENTMESH_MESH_WINDOW", "2", "HOME", "/root"),
                Map.of("mesh.http.port", "3")));

        assertThat(configuration.section("mesh.http", DoorKeys.class))
                .isEqualTo(new DoorKeys("localhost", 3, Duration.ofSeconds(5)));
        assertThat(configuration.section("mesh", RoleKeys.class).window()).isEqualTo(2);
    }

    @Test
    void aVariableThatOnlyLooksLikeAKeyIsNoReasonToRefuse() {
        Configuration configuration = loader.load(
                new ConfigSources(Optional.empty(), Map.of("EVENTMESH_MESH_SERVICE_HOST", "10.0.0.1"), Map.of()));

        assertThat(configuration.core().cluster()).isEqualTo("default");
    }

    @Test
    void everyProblemComesInOneReportWithTheNearestKnownKey() throws IOException {
        ConfigException refusal = refusal("""
                clutser: shop
                mesh:
                  gttp: {port: 1}
                  http: {port: 70000, drain-timeot: 1s}
                storage:
                  type: kafak
                  memory: {max-bytes: 0}
                  other: {max-bytes: many}
                limits: {max-event-size: 128MiB}
                """);

        assertThat(refusal.problems())
                .containsExactlyInAnyOrder(
                        "clutser: unknown key (did you mean: cluster?)",
                        "mesh.gttp: unknown key (did you mean: http?)",
                        "mesh.http.port: 70000 (expected: 0..65535)",
                        "mesh.http.drain-timeot: unknown key (did you mean: drain-timeout?)",
                        "storage.memory.max-bytes: 0B (expected: more than 0 B)",
                        "storage.other.max-bytes: 'many' (expected: a size such as 4MiB)",
                        "limits.max-event-size: 128MiB (expected: at most 64MiB)");
        assertThat(refusal)
                .hasMessageStartingWith("Configuration refused: 7 problems in ")
                .hasMessageContaining("e.yaml");
    }

    @Test
    void aTypeThatNoPluginHasNamesTheOnesFound() throws IOException {
        assertThat(refusal("storage: {type: kafak}\nmeta: {type: etcd}").problems())
                .containsExactly(
                        "meta.type: 'etcd' (expected one of: [zookeeper])",
                        "storage.type: 'kafak' (expected one of: [memory, other])");
    }

    @Test
    void sectionsInWhichEverythingIsCommentedOutAreDefaults() throws IOException {
        Configuration configuration = load("mesh:\n  http:\nstorage:\nsecurity:\n");

        assertThat(configuration.core()).isEqualTo(RuntimeConfig.defaults());
        assertThat(configuration.section("mesh.http", DoorKeys.class).port()).isEqualTo(10_105);
    }

    @Test
    void anEmptyTextInQuotesIsATextAndNoValueIsAProblem() throws IOException {
        assertThat(load("meta: {connect: ''}").core().meta().connect()).isEmpty();
        assertThat(refusal("meta:\n  connect:\n").problems())
                .containsExactly("meta.connect: no value (expected: a text)");
    }

    @Test
    void aKeyThatStandsTwiceIsRefused() throws IOException {
        assertThat(refusal("cluster: a\ncluster: b").problems())
                .singleElement()
                .asString()
                .containsIgnoringCase("duplicate")
                .contains("cluster");
    }

    @Test
    void aFileThatIsNotYamlIsRefusedWithItsLine() throws IOException {
        assertThat(refusal("cluster: a\n  b: [").problems())
                .singleElement()
                .asString()
                .startsWith("line 2: ");
    }

    @Test
    void aSectionThatIsASingleValueIsRefused() throws IOException {
        assertThat(refusal("mesh: 5\nops: here").problems())
                .containsExactly("mesh: '5' (expected: a section)", "ops: 'here' (expected: a section)");
    }

    @Test
    void placeholdersAreFilledFromEnvironmentAndFiles() throws IOException {
        Path secrets = Files.writeString(directory.resolve("secrets.properties"), "key=s3cret\nother=x\n");
        Path whole = Files.writeString(directory.resolve("whole"), "pa$$word\n");
        Path file = write("""
                cluster: ${env:NAME}-${env:MISSING:-b}
                security: {cluster-key: '${file:%s#key}'}
                storage: {memory: {password: '${file:%s}'}, other: {password: '$${env:NAME}'}}
                """.formatted(secrets, whole));

        Configuration configuration =
                loader.load(new ConfigSources(Optional.of(file), Map.of("NAME", "shop"), Map.of()));

        assertThat(configuration.core().cluster()).isEqualTo("shop-b");
        assertThat(configuration.core().security().clusterKey().reveal()).isEqualTo("s3cret");
        assertThat(configuration
                        .section("storage.memory", StorageKeys.class)
                        .password()
                        .reveal())
                .isEqualTo("pa$$word");
        assertThat(configuration
                        .section("storage.other", StorageKeys.class)
                        .password()
                        .reveal())
                .isEqualTo("${env:NAME}");
    }

    @Test
    void aPlaceholderThatLeadsNowhereIsAProblemOfItsKey() throws IOException {
        assertThat(refusal("cluster: x${env:NOWHERE}\nstorage: {memory: {password: '${file:/no/such#key}'}}")
                        .problems())
                .contains(
                        "cluster: ${env:NOWHERE} (expected: the environment variable NOWHERE to be set)",
                        "storage.memory.password: ${file:/no/such#key} (expected: a readable file)");
    }

    @Test
    void theEffectiveConfigurationMasksSecretsAndCanBeReadBack() throws IOException {
        Configuration configuration =
                load("security: {cluster-key: s3cret, anonymous: ALLOW}\nmesh: {http: {drain-timeout: PT90S}}");

        String yaml = ConfigLoader.yaml(configuration);

        assertThat(yaml).doesNotContain("s3cret").contains("drain-timeout: 90s", "anonymous: allow");
        assertThat(configuration.lines())
                .contains("security.cluster-key=***", "mesh.http.port=10105", "storage.memory.max-bytes=64MiB");
        Configuration again = load(yaml);
        assertThat(again.section("mesh.http", DoorKeys.class))
                .isEqualTo(configuration.section("mesh.http", DoorKeys.class));
    }

    @Test
    void everyKeyIsListedWithItsDefault() {
        assertThat(loader.keys())
                .filteredOn(key -> key.path().equals("mesh.http.port"))
                .singleElement()
                .extracting(ConfigKey::fallback, ConfigKey::doc, ConfigKey::isWholeNumber)
                .containsExactly(10_105, "Where it listens.", true);
    }

    private Configuration load(String yaml) throws IOException {
        return loader.load(new ConfigSources(Optional.of(write(yaml)), Map.of(), Map.of()));
    }

    private ConfigException refusal(String yaml) throws IOException {
        Path file = write(yaml);
        return catchThrowableOfType(
                ConfigException.class, () -> loader.load(new ConfigSources(Optional.of(file), Map.of(), Map.of())));
    }

    private Path write(String yaml) throws IOException {
        return Files.writeString(directory.resolve("e.yaml"), yaml);
    }
}
