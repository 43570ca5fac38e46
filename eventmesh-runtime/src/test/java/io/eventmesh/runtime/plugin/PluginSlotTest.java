package io.eventmesh.runtime.plugin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.spi.connector.SinkConnectorProvider;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class PluginSlotTest {
    @TempDir
    @SuppressWarnings("NullAway.Init")
    Path home;

    @SuppressWarnings("NullAway.Init")
    private InstalledPlugins plugins;

    private int versions;

    @BeforeEach
    void install() throws IOException {
        plugin("a", "1");
        plugins = new InstalledPlugins(Optional.of(home), getClass().getClassLoader());
    }

    @AfterEach
    void close() {
        plugins.close();
    }

    @Test
    void whoBeginsAfterAReplacementGetsTheNewAndWhoWorksKeepsTheOld() throws Exception {
        var old = plugins.use(SinkConnectorProvider.class, "a");
        plugin("a", "2");

        try (var next = plugins.use(SinkConnectorProvider.class, "a")) {
            assertThat(next.plugin().version()).isEqualTo("lib 2");
            // a class that the old one had no need of yet
            assertThat(old.plugin().version()).isEqualTo("lib 1");
            assertThat(plugins.named(SinkConnectorProvider.class, "a")).isSameAs(next.plugin());
        }
        ClassLoader loader = old.plugin().getClass().getClassLoader();
        assertThat(loader.getResource("lib/Library.class")).isNotNull();
        old.close();
        assertThat(loader.getResource("lib/Library.class")).isNull();
    }

    @Test
    void twoPluginsHaveTheirOwnVersionsOfALibrary() throws Exception {
        plugin("b", "2");

        try (var a = plugins.use(SinkConnectorProvider.class, "a");
                var b = plugins.use(SinkConnectorProvider.class, "b")) {
            assertThat(a.plugin().version()).isEqualTo("lib 1");
            assertThat(b.plugin().version()).isEqualTo("lib 2");
        }
    }

    @Test
    void aBrokenPluginDisablesOnlyItself() throws Exception {
        Path services = Files.createDirectories(home.resolve("none"));
        CompiledPlugin.pack(
                services,
                home.resolve("plugins/connector-broken/plugin.jar"),
                Map.of(SinkConnectorProvider.class.getName(), "no.such.Provider"));
        Files.writeString(
                Files.createDirectories(home.resolve("plugins/connector-rubbish"))
                        .resolve("plugin.jar"),
                "no jar");

        try (var a = plugins.use(SinkConnectorProvider.class, "a")) {
            assertThat(a.plugin().version()).isEqualTo("lib 1");
        }
        assertThat(plugins.all(SinkConnectorProvider.class)).hasSize(1);
    }

    @Test
    void aReplacementThatCannotBeUsedLeavesWhatWasThere() throws Exception {
        plugins.use(SinkConnectorProvider.class, "a").close();
        Files.writeString(home.resolve("plugins/connector-a/plugin.jar"), "half a jar");
        touch(home.resolve("plugins/connector-a/plugin.jar"));

        try (var a = plugins.use(SinkConnectorProvider.class, "a")) {
            assertThat(a.plugin().name()).isEqualTo("a");
        }
    }

    @Test
    void aDirectoryThatIsTakenAwayIsForgotten() throws Exception {
        Files.delete(home.resolve("plugins/connector-a/plugin.jar"));
        Files.delete(home.resolve("plugins/connector-a"));

        assertThatThrownBy(() -> plugins.use(SinkConnectorProvider.class, "a"))
                .isInstanceOf(EventMeshException.class)
                .hasMessageContaining("'a' (expected one of: [])");
    }

    /** A sink plugin of that name with a library of that version. */
    private void plugin(String name, String version) throws IOException {
        Path classes = home.resolve("classes-" + name + version);
        CompiledPlugin.compile(
                classes,
                Map.of(
                        "lib.Library",
                        "package lib; public class Library { public static String version() { return \"lib %s\"; } }"
                                .formatted(version),
                        "plugin.Sink",
                        """
                        package plugin;
                        import io.eventmesh.spi.connector.*;
                        public class Sink implements SinkConnectorProvider<Sink.Config> {
                            public record Config() {}
                            public String name() { return "%s"; }
                            public String version() { return lib.Library.version(); }
                            public Class<Config> configType() { return Config.class; }
                            public Config defaults() { return new Config(); }
                            public SinkConnector create(Config config, TaskContext context) { return null; }
                        }
                        """.formatted(name)));
        Path jar = home.resolve("plugins/connector-" + name + "/plugin.jar");
        CompiledPlugin.pack(classes, jar, Map.of(SinkConnectorProvider.class.getName(), "plugin.Sink"));
        touch(jar);
    }

    /** A time that no other version has: two writes may fall into one tick of the file system. */
    private void touch(Path jar) throws IOException {
        Files.setLastModifiedTime(jar, FileTime.fromMillis(1_000_000 + 1_000L * ++versions));
    }
}
