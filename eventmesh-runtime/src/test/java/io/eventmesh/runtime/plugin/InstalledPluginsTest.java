package io.eventmesh.runtime.plugin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.eventmesh.common.error.ConfigException;
import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.spi.function.FilterProvider;
import java.io.IOException;
import java.io.InputStream;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.Enumeration;
import java.util.Optional;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class InstalledPluginsTest {
    @TempDir
    private Path home;

    @Test
    void aPluginInADirectoryOfItsOwnHasAClassLoaderOfItsOwn() throws IOException {
        jar("filter-first", FirstFilter.class);
        try (InstalledPlugins plugins = new InstalledPlugins(Optional.of(home), bare())) {

            FilterProvider found = plugins.named(FilterProvider.class, "first");

            assertThat(found.getClass().getName()).isEqualTo(FirstFilter.class.getName());
            assertThat(found.getClass()).isNotEqualTo(FirstFilter.class);
            assertThat(found.getClass().getClassLoader().getName()).isEqualTo("filter-first");
        }
    }

    @Test
    void whatCameMeanwhileIsFoundByLookingAgain() throws IOException {
        jar("filter-first", FirstFilter.class);
        try (InstalledPlugins plugins = new InstalledPlugins(Optional.of(home), bare())) {
            jar("filter-second", SecondFilter.class);
            assertThat(plugins.all(FilterProvider.class)).hasSize(1);

            plugins.rescan();

            assertThat(plugins.all(FilterProvider.class))
                    .extracting(FilterProvider::name)
                    .containsExactly("first", "second");
        }
    }

    @Test
    void pluginsOfTheClassPathAreFoundOnceHoweverManyDirectoriesThereAre() throws IOException {
        jar("filter-first", FirstFilter.class);
        jar("filter-second", SecondFilter.class);
        try (URLClassLoader classPath = classPath(ThirdFilter.class);
                InstalledPlugins plugins = new InstalledPlugins(Optional.of(home), classPath)) {

            assertThat(plugins.all(FilterProvider.class))
                    .extracting(FilterProvider::name)
                    .containsExactly("first", "second", "third");
        }
    }

    @Test
    void anUnknownNameListsTheOnesFound() throws IOException {
        jar("filter-first", FirstFilter.class);
        jar("filter-second", SecondFilter.class);
        try (InstalledPlugins plugins = new InstalledPlugins(Optional.of(home), bare())) {

            assertThatThrownBy(() -> plugins.named(FilterProvider.class, "secnod"))
                    .hasMessage("filter plugin: 'secnod' (expected one of: [first, second])")
                    .extracting(failure -> ((EventMeshException) failure).code())
                    .isEqualTo(ErrorCode.PLUGIN_UNKNOWN);
        }
    }

    @Test
    void twoPluginsOfOneNameRefuseTheStart() throws IOException {
        jar("filter-first", FirstFilter.class);
        jar("filter-copy", FirstFilter.class);
        try (InstalledPlugins plugins = new InstalledPlugins(Optional.of(home), bare())) {

            assertThatThrownBy(() -> plugins.all(FilterProvider.class))
                    .isInstanceOf(ConfigException.class)
                    .hasMessageContaining("'first' twice")
                    .hasMessageContaining("plugins/filter-copy")
                    .hasMessageContaining("plugins/filter-first");
        }
    }

    @Test
    void aProviderThatCannotBeMadeIsNamed() throws IOException {
        Path services = Files.createDirectories(home.resolve("broken/META-INF/services"));
        Files.writeString(services.resolve(FilterProvider.class.getName()), "io.eventmesh.no.SuchFilter\n");
        try (URLClassLoader classPath = loader(home.resolve("broken"));
                InstalledPlugins plugins = new InstalledPlugins(Optional.empty(), classPath)) {

            assertThatThrownBy(() -> plugins.all(FilterProvider.class))
                    .hasMessageContaining("io.eventmesh.no.SuchFilter");
        }
    }

    private void jar(String directory, Class<?> provider) throws IOException {
        Path folder = Files.createDirectories(home.resolve("plugins").resolve(directory));
        try (JarOutputStream jar = new JarOutputStream(Files.newOutputStream(folder.resolve("plugin.jar")))) {
            String file = provider.getName().replace('.', '/') + ".class";
            jar.putNextEntry(new JarEntry(file));
            try (InputStream bytes = InstalledPluginsTest.class.getClassLoader().getResourceAsStream(file)) {
                jar.write(bytes.readAllBytes());
            }
            jar.putNextEntry(new JarEntry("META-INF/services/" + FilterProvider.class.getName()));
            jar.write(provider.getName().getBytes(StandardCharsets.UTF_8));
        }
    }

    private URLClassLoader classPath(Class<?> provider) throws IOException {
        Path services = Files.createDirectories(home.resolve("path/META-INF/services"));
        Files.writeString(services.resolve(FilterProvider.class.getName()), provider.getName());
        return loader(home.resolve("path"));
    }

    /** The test's class path, whose own filters are none of this test's. */
    private static ClassLoader bare() {
        return new ServiceFilter(InstalledPluginsTest.class.getClassLoader());
    }

    private static URLClassLoader loader(Path directory) throws IOException {
        return new URLClassLoader(new URL[] {directory.toUri().toURL()}, bare());
    }

    /** Hides the service files of the class path beneath. */
    private static final class ServiceFilter extends ClassLoader {
        ServiceFilter(ClassLoader parent) {
            super(parent);
        }

        @Override
        public Enumeration<URL> getResources(String name) throws IOException {
            return name.startsWith("META-INF/services/") ? Collections.emptyEnumeration() : super.getResources(name);
        }
    }

    /** On no class path as a service; packed into a jar by the test. */
    public static final class FirstFilter extends NamedFilter {
        public FirstFilter() {
            super("first");
        }
    }

    /** As the first. */
    public static final class SecondFilter extends NamedFilter {
        public SecondFilter() {
            super("second");
        }
    }

    /** As the first. */
    public static final class ThirdFilter extends NamedFilter {
        public ThirdFilter() {
            super("third");
        }
    }
}
