package io.eventmesh.runtime.plugin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.eventmesh.spi.connector.ConnectorHost;
import io.eventmesh.spi.connector.ConnectorProvider;
import io.eventmesh.spi.connector.HostedDirectory;
import io.eventmesh.spi.connector.SinkConnectorProvider;
import io.eventmesh.spi.connector.SourceConnector;
import io.eventmesh.spi.connector.SourceConnectorProvider;
import io.eventmesh.spi.connector.TaskContext;
import java.io.IOException;
import java.io.InputStream;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class HostedPluginsTest {
    @TempDir
    private Path home;

    @Test
    void aDirectoryOfAFamilyIsGivenToItsHostWithALoaderThatSeesOnlyWhatIsShared() throws Exception {
        directory("family-one");
        try (URLClassLoader classPath = classPath();
                InstalledPlugins plugins = new InstalledPlugins(Optional.of(home), classPath)) {

            assertThat(plugins.named(SourceConnectorProvider.class, "one")).isInstanceOf(Provider.class);
            assertThat(plugins.all(SinkConnectorProvider.class))
                    .extracting(provider -> provider.name())
                    .doesNotContain("one");
            ClassLoader loader = Family.last.loader();
            assertThat(Family.last.jars()).hasSize(1);
            assertThat(loader.loadClass(Foreign.class.getName())).isNotEqualTo(Foreign.class);
            assertThat(loader.loadClass(Shared.class.getName())).isEqualTo(Shared.class);
            assertThat(loader.loadClass("java.sql.Driver")).isNotNull();
            assertThatThrownBy(() -> loader.loadClass("org.slf4j.Logger")).isInstanceOf(ClassNotFoundException.class);
            assertThat(loader.getResource("META-INF/services/" + ConnectorHost.class.getName()))
                    .isNull();
        }
    }

    @Test
    void aDirectoryThatItsHostCannotReadIsLeftOutAndTheOthersStay() throws Exception {
        directory("family-one");
        directory("family-broken");
        try (URLClassLoader classPath = classPath();
                InstalledPlugins plugins = new InstalledPlugins(Optional.of(home), classPath)) {

            assertThat(plugins.all(SourceConnectorProvider.class))
                    .extracting(provider -> provider.name())
                    .contains("one")
                    .doesNotContain("broken");
        }
    }

    private void directory(String name) throws IOException {
        Path folder = Files.createDirectories(home.resolve("plugins").resolve(name));
        try (JarOutputStream jar = new JarOutputStream(Files.newOutputStream(folder.resolve("foreign.jar")))) {
            String file = Foreign.class.getName().replace('.', '/') + ".class";
            jar.putNextEntry(new JarEntry(file));
            try (InputStream bytes = HostedPluginsTest.class.getClassLoader().getResourceAsStream(file)) {
                jar.write(Objects.requireNonNull(bytes).readAllBytes());
            }
        }
    }

    private URLClassLoader classPath() throws IOException {
        Path services = Files.createDirectories(home.resolve("path/META-INF/services"));
        Files.writeString(services.resolve(ConnectorHost.class.getName()), Family.class.getName());
        return new URLClassLoader(
                new URL[] {home.resolve("path").toUri().toURL()}, HostedPluginsTest.class.getClassLoader());
    }

    /** A class that the directory brings itself. */
    public static final class Foreign {}

    /** A class that the host shares. */
    public static final class Shared {}

    /** The host of the family. */
    public static final class Family implements ConnectorHost {
        static HostedDirectory last = new HostedDirectory("none", List.of(), ClassLoader.getPlatformClassLoader());

        @Override
        public String name() {
            return "family";
        }

        @Override
        public boolean shares(String className) {
            return className.equals(Shared.class.getName());
        }

        @Override
        public List<ConnectorProvider<?>> providers(HostedDirectory directory) throws IOException {
            if (directory.name().equals("broken")) {
                throw new IOException("nothing of the family in it");
            }
            last = directory;
            return List.of(new Provider(directory.name()));
        }
    }

    private record Settings(int number) {}

    private record Provider(String name) implements SourceConnectorProvider<Settings> {
        @Override
        public Class<Settings> configType() {
            return Settings.class;
        }

        @Override
        public Settings defaults() {
            return new Settings(1);
        }

        @Override
        public SourceConnector create(Settings config, TaskContext context) {
            throw new UnsupportedOperationException("never made");
        }
    }
}
