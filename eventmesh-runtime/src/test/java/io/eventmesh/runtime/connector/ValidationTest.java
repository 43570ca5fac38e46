package io.eventmesh.runtime.connector;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.eventmesh.common.config.Secret;
import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.time.MeshClock;
import io.eventmesh.proto.v1.Check;
import io.eventmesh.proto.v1.ValidateConnector;
import io.eventmesh.runtime.config.SecretsConfig;
import io.eventmesh.spi.connector.SourceConnector;
import io.eventmesh.spi.connector.SourceConnectorProvider;
import io.eventmesh.spi.connector.TaskContext;
import io.eventmesh.spi.plugin.Plugin;
import io.eventmesh.spi.plugin.Plugins;
import io.eventmesh.testkit.connector.BadBehaviour;
import java.io.IOException;
import java.net.ConnectException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class ValidationTest {
    record Login(String user, Secret password) {}

    record Config(String host, int port, Login login, Map<String, String> extra, BadBehaviour probe) {}

    @TempDir
    @SuppressWarnings("NullAway.Init")
    Path secrets;

    @SuppressWarnings("NullAway.Init")
    private PluginConfigs configs;

    private @Nullable ClassLoader seen;

    @BeforeEach
    void prepare() throws IOException {
        Files.writeString(secrets.resolve("password"), "sesame-open\n");
        configs = new PluginConfigs(
                Map.of("SECRET_PORT", "not-a-port", "SECRET_HOST", "db", "HOME", "/root"),
                new SecretsConfig(List.of("SECRET_"), List.of(secrets.toString())));
    }

    @Test
    void aGoodConfigurationPassesEverything() {
        List<Check> checks = check(
                "{\"host\":\"${env:SECRET_HOST}\",\"login\":{\"user\":\"me\",\"password\":\"${file:%s/password}\"}}"
                        .formatted(secrets),
                true);

        assertThat(checks).extracting(Check::getName).containsExactly("SCHEMA", "PLUGIN", "SECRETS", "PROBE");
        assertThat(checks).extracting(Check::getStatus).containsOnly("PASS");
        assertThat(seen).isSameAs(getClass().getClassLoader());
    }

    @Test
    void wrongTypesAndUnknownKeysNameTheirFieldAlsoInSections() {
        List<Check> checks = check("{\"port\":\"many\",\"login\":{\"user\":\"me\",\"pasword\":\"x\"}}", false);

        assertThat(check(checks, "SCHEMA").getStatus()).isEqualTo("FAIL");
        assertThat(paths(checks, "SCHEMA")).contains("/port", "/login/pasword", "/login/password");
        assertThat(check(checks, "SCHEMA").getProblemsList())
                .anySatisfy(problem -> assertThat(problem.getSuggestion()).isEqualTo("did you mean password?"));
        assertThat(check(checks, "PLUGIN").getStatus()).isEqualTo("SKIPPED");
    }

    @Test
    void aSecretThatIsMissingIsTheOnlyProblemOfItsField() {
        List<Check> checks =
                check("{\"port\":\"${env:SECRET_NOPE}\",\"login\":{\"user\":\"me\",\"password\":\"p\"}}", true);

        assertThat(paths(checks, "SECRETS")).containsExactly("/port");
        assertThat(check(checks, "SECRETS").getProblems(0).getMessage()).contains("SECRET_NOPE to be set");
        assertThat(check(checks, "SCHEMA").getStatus()).isEqualTo("PASS");
        assertThat(check(checks, "PROBE").getStatus()).isEqualTo("SKIPPED");
    }

    @Test
    void whatConnectorsMustNotNameIsRefused() throws IOException {
        Path outside = Files.createTempFile("outside", ".txt");
        Files.createSymbolicLink(secrets.resolve("link"), outside);

        List<Check> checks = check(
                ("{\"host\":\"${env:HOME}\",\"login\":{\"user\":\"${file:/etc/hostname}\","
                                + "\"password\":\"${file:%s/../%s}\"},\"extra\":{\"a.b\":\"${file:%s/link}\"}}")
                        .formatted(secrets, outside.getFileName(), secrets),
                false);

        assertThat(paths(checks, "SECRETS")).containsExactly("/host", "/login/user", "/login/password", "/extra/a.b");
        assertThat(check(checks, "SECRETS").getProblems(0).getMessage())
                .isEqualTo("${env:HOME} (expected: a variable that begins with one of [SECRET_])");
        Files.delete(outside);
    }

    @Test
    void aSecretIsNeverRepeated() {
        List<Check> checks =
                check("{\"port\":\"${env:SECRET_PORT}\",\"login\":{\"user\":\"me\",\"password\":\"p\"}}", false);

        assertThat(check(checks, "SCHEMA").getProblems(0).getMessage()).startsWith("*** (expected: ");
        assertThat(checks.toString()).doesNotContain("not-a-port");
        assertThatThrownBy(() -> configs.bind(
                        new Provider(),
                        "{\"port\":\"${env:SECRET_PORT}\",\"login\":{\"user\":\"u\",\"password\":\"p\"}}"))
                .isInstanceOf(EventMeshException.class)
                .hasMessageContaining("port: ***")
                .hasMessageNotContaining("not-a-port");
    }

    @Test
    void whatThePluginRefusesNamesItsField() {
        List<Check> checks = check(
                "{\"host\":\"sesame-open\",\"login\":{\"user\":\"x\",\"password\":\"${file:%s/password}\"}}"
                        .formatted(secrets),
                true);

        assertThat(paths(checks, "PLUGIN")).containsExactly("/login/user");
        assertThat(check(checks, "PLUGIN").getProblems(0).getMessage()).isEqualTo("x at *** (expected: me)");
        assertThat(check(checks, "PROBE").getStatus()).isEqualTo("SKIPPED");
    }

    @Test
    void aHostThatIsNotReachedNamesItsField() {
        List<Check> checks = check("{\"host\":\"nowhere\",\"login\":{\"user\":\"me\",\"password\":\"p\"}}", true);

        assertThat(paths(checks, "PROBE")).containsExactly("/host");
        assertThat(check(checks, "PROBE").getProblems(0).getMessage()).contains("connection refused");
    }

    @Test
    void whateverAPluginDoesInAProbeIsAnAnswer() {
        for (BadBehaviour behaviour :
                List.of(BadBehaviour.STACK_OVERFLOW, BadBehaviour.NO_CLASS_DEF_FOUND, BadBehaviour.BAD_TEXT)) {
            List<Check> checks = check(
                    "{\"probe\":\"%s\",\"login\":{\"user\":\"me\",\"password\":\"p\"}}".formatted(behaviour), true);

            assertThat(check(checks, "PROBE").getStatus()).isEqualTo("FAIL");
            assertThat(check(checks, "PROBE").getProblems(0).getMessage()).isNotBlank();
        }
    }

    @Test
    void anUnknownPluginAndWhatIsNoJsonAreAnswersToo() {
        assertThat(check("[1]", false).get(0).getStatus()).isEqualTo("FAIL");
        List<Check> checks = new Validation(new Nothing(), configs, MeshClock.system())
                .check(ValidateConnector.newBuilder()
                        .setKind("SOURCE")
                        .setPlugin("x")
                        .setConfig("{}")
                        .build());
        assertThat(check(checks, "PLUGIN").getProblems(0).getMessage()).contains("no plugin");
    }

    private List<Check> check(String config, boolean probe) {
        return new Validation(new Only(), configs, MeshClock.system())
                .check(ValidateConnector.newBuilder()
                        .setKind("SOURCE")
                        .setPlugin("checked")
                        .setConfig(config)
                        .setProbe(probe)
                        .build());
    }

    private static Check check(List<Check> checks, String name) {
        return checks.stream()
                .filter(check -> check.getName().equals(name))
                .findFirst()
                .orElseThrow();
    }

    private static List<String> paths(List<Check> checks, String name) {
        return check(checks, name).getProblemsList().stream()
                .map(problem -> problem.getPath())
                .toList();
    }

    private final class Provider implements SourceConnectorProvider<Config> {
        @Override
        public String name() {
            return "checked";
        }

        @Override
        public Class<Config> configType() {
            return Config.class;
        }

        @Override
        @SuppressWarnings("NullAway") // a key without a default
        public Config defaults() {
            return new Config("localhost", 1, null, Map.of(), BadBehaviour.NONE);
        }

        @Override
        public List<String> validate(Config config) {
            return config.login().user().equals("me")
                    ? List.of()
                    : List.of("login.user: %s at %s (expected: me)"
                            .formatted(config.login().user(), config.host()));
        }

        @Override
        public List<String> probe(Config config) throws Exception {
            seen = Objects.requireNonNull(Thread.currentThread().getContextClassLoader());
            config.probe().act();
            if (config.host().equals("nowhere")) {
                return List.of("host: connection refused (expected: a database at nowhere:1)");
            }
            if (config.host().isEmpty()) {
                throw new ConnectException("refused");
            }
            return List.of();
        }

        @Override
        public SourceConnector create(Config config, TaskContext context) {
            throw new UnsupportedOperationException("only checked");
        }
    }

    private final class Only implements Plugins {
        @Override
        public <P extends Plugin> List<P> all(Class<P> kind) {
            return List.of(named(kind, "checked"));
        }

        @Override
        public <P extends Plugin> P named(Class<P> kind, String name) {
            return kind.cast(new Provider());
        }
    }

    private static final class Nothing implements Plugins {
        @Override
        public <P extends Plugin> List<P> all(Class<P> kind) {
            return List.of();
        }

        @Override
        public <P extends Plugin> P named(Class<P> kind, String name) {
            throw new EventMeshException(ErrorCode.PLUGIN_UNKNOWN, "no plugin of that name");
        }
    }
}
