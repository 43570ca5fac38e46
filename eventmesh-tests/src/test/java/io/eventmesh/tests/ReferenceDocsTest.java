package io.eventmesh.tests;

import static org.assertj.core.api.Assertions.assertThat;

import io.eventmesh.cli.CommandReference;
import io.eventmesh.common.error.HttpStatuses;
import io.eventmesh.protocol.grpc.GrpcStatusNames;
import io.eventmesh.runtime.config.ConfigLoader;
import io.eventmesh.runtime.config.ConfigReference;
import io.eventmesh.runtime.config.ConfigSources;
import io.eventmesh.runtime.config.Configuration;
import io.eventmesh.runtime.config.ErrorReference;
import io.eventmesh.runtime.plugin.InstalledPlugins;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/**
 * Holds the generated reference to the code, with every plugin of the distribution on the class path.
 *
 * <p>{@code mvn -Dfast -pl eventmesh-tests -Dtest=ReferenceDocsTest -Dregenerate test} writes the files anew.
 */
class ReferenceDocsTest {
    private static final Path ROOT = Path.of("..").toAbsolutePath().normalize();

    /** What depends on the heap of whoever generates the page. */
    private static final Map<String, String> COMPUTED = Map.of(
            "storage.memory.max-bytes", "a quarter of the heap",
            "storage.memory.stream-max-bytes", "64 MiB, at most half of max-bytes");

    private final InstalledPlugins plugins =
            new InstalledPlugins(Optional.empty(), ReferenceDocsTest.class.getClassLoader());

    @AfterEach
    void close() {
        plugins.close();
    }

    @Test
    void theReferenceOfConfigurationKeysIsWhatTheRecordsSay() throws IOException {
        assertFile("docs/reference/config.md", new ConfigReference(plugins, COMPUTED).markdown());
    }

    @Test
    void theConfigurationFileShowsEveryKeyWithItsDefault() throws IOException {
        assertFile("conf/eventmesh.yaml", new ConfigReference(plugins, COMPUTED).yaml());
    }

    @Test
    void theReferenceOfErrorCodesIsWhatTheCodesSay() throws IOException {
        assertFile(
                "docs/reference/errors.md",
                ErrorReference.markdown(GrpcStatusNames::of, code -> Integer.toString(HttpStatuses.of(code))));
    }

    @Test
    void theReferenceOfTheCommandLineIsWhatTheCommandsSay() throws IOException {
        assertFile("docs/reference/cli.md", CommandReference.markdown());
    }

    @Test
    void theReferenceOfConnectorsIsWhatTheirRecordsSay() throws IOException {
        assertFile("docs/reference/connectors.md", new ConnectorReference(plugins).markdown());
    }

    @Test
    void theConfigurationFileIsTheDefaultsCommentedOutOrNot() throws IOException {
        ConfigLoader loader = new ConfigLoader(plugins);
        Configuration defaults = loader.load(ConfigSources.of(Map.of()));
        String file = new ConfigReference(plugins, COMPUTED).yaml();
        Path commented = Files.writeString(Files.createTempFile("eventmesh", ".yaml"), file);
        Path uncommented = Files.writeString(
                Files.createTempFile("eventmesh", ".yaml"), file.replaceAll("(?m)^( *)# ([a-z0-9-]+: )", "$1$2"));

        assertThat(load(loader, commented).lines()).isEqualTo(defaults.lines());
        assertThat(load(loader, uncommented).lines()).isEqualTo(defaults.lines());

        Files.delete(commented);
        Files.delete(uncommented);
    }

    private static Configuration load(ConfigLoader loader, Path file) {
        return loader.load(new ConfigSources(Optional.of(file), Map.of(), Map.of()));
    }

    private static void assertFile(String path, String expected) throws IOException {
        Path file = ROOT.resolve(path);
        if (System.getProperty("regenerate") != null) {
            Files.createDirectories(file.getParent());
            Files.writeString(file, expected);
        }
        assertThat(file).as("run with -Dregenerate to write it anew").hasContent(expected);
    }
}
