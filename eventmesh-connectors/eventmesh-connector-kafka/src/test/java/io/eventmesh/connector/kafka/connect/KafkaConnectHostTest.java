package io.eventmesh.connector.kafka.connect;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.eventmesh.spi.connector.ConnectorProvider;
import io.eventmesh.spi.connector.HostedDirectory;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class KafkaConnectHostTest {
    @TempDir
    private Path directory;

    private LinesPlugin plugin;

    @BeforeEach
    void compile() throws IOException {
        plugin = LinesPlugin.in(directory, true);
    }

    @AfterEach
    void release() throws IOException {
        plugin.close();
    }

    @Test
    void aDirectoryIsASourceAndASinkOfItsNameWithTheConnectorsVersion() throws Exception {
        assertThat(plugin.providers())
                .extracting(provider -> provider.name() + " " + provider.version())
                .containsExactly("lines 1.2.3", "lines 1.2.3");
    }

    @Test
    void connectorsOfOlderJarsWithoutServiceFilesAreFoundByTheirClasses(@TempDir Path older) throws Exception {
        try (LinesPlugin bare = LinesPlugin.in(older, false)) {
            assertThat(bare.providers()).extracting(ConnectorProvider::name).containsExactly("lines", "lines");
        }
    }

    @Test
    void aDirectoryWithoutAConnectorIsRefused() {
        HostedDirectory empty =
                new HostedDirectory("empty", List.of(), getClass().getClassLoader());

        assertThatThrownBy(() -> new KafkaConnectHost().providers(empty))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("plugins/connect-empty");
    }

    @Test
    void onlyTheInterfacesAreShared() {
        KafkaConnectHost host = new KafkaConnectHost();

        assertThat(List.of(
                        "org.apache.kafka.connect.source.SourceTask",
                        "org.apache.kafka.connect.transforms.Transformation",
                        "org.apache.kafka.connect.transforms.predicates.Predicate",
                        "org.apache.kafka.common.config.ConfigDef",
                        "org.apache.kafka.clients.consumer.OffsetAndMetadata",
                        "org.slf4j.Logger"))
                .allMatch(host::shares);
        assertThat(List.of(
                        "org.apache.kafka.connect.json.JsonConverter",
                        "org.apache.kafka.connect.transforms.Filter",
                        "org.apache.kafka.connect.transforms.predicates.TopicNameMatches",
                        "org.apache.kafka.connect.runtime.Worker",
                        "com.fasterxml.jackson.databind.JsonNode",
                        "com.google.protobuf.Message",
                        "io.eventmesh.spi.event.Event"))
                .noneMatch(host::shares);
    }

    @Test
    void theSchemaTellsTheConnectorsSettings() throws Exception {
        Map<String, Object> properties = section(section(plugin.source().schema(), "properties"), "properties");
        Map<String, Object> settings = section(properties, "properties");

        assertThat(section(settings, "file")).containsEntry("type", "string").containsEntry("x-importance", "high");
        assertThat(section(settings, "each"))
                .containsEntry("type", List.of("integer", "string"))
                .containsEntry("default", 1);
        assertThat(section(settings, "token")).containsEntry("writeOnly", true).doesNotContainKey("default");
        assertThat(section(settings, "columns")).containsEntry("default", List.of("a", "b"));
        assertThat(properties.get("required")).isEqualTo(List.of("file"));
    }

    @Test
    void everythingThatIsWrongIsSaidWithItsKey() throws Exception {
        Map<String, Object> properties = new TreeMap<>(Map.of(
                "each", "many",
                "fil", "slip of a finger",
                "value.converter", "org.apache.kafka.connect.json.JsonConverter",
                "connector.class", "another.Connector",
                "transforms", "one,two",
                "transforms.one.type", "org.apache.kafka.connect.transforms.RegexRouter",
                "transforms.two.type", "no.such.Transform",
                "transforms.two.predicate", "absent",
                "section", Map.of("a", 1),
                "anything.else", "passed to the connector"));

        properties.put("errors.tolerance", "some");
        List<String> problems = plugin.source().validate(new HostedSourceConfig(properties, EventForm.standard()));

        assertThat(problems.stream().map(line -> line.substring(0, line.indexOf(": "))))
                .containsExactlyInAnyOrder(
                        "properties.section",
                        "properties.value.converter",
                        "properties.connector.class",
                        "properties.fil",
                        "properties.errors.tolerance",
                        "properties.file",
                        "properties.each",
                        "properties.transforms.one.regex",
                        "properties.transforms.one.replacement",
                        "properties.transforms.two.type",
                        "properties.transforms.two.predicate");
        assertThat(problems).contains("properties.fil: unknown key (did you mean: file?)");
    }

    @Test
    void secretsAreNotSaid() {
        HostedSourceConfig config = new HostedSourceConfig(Map.of("token", "hidden"), EventForm.standard());

        assertThat(config.toString()).contains("token").doesNotContain("hidden");
    }

    @SuppressWarnings("unchecked")
    private static Map<String, Object> section(Map<String, Object> tree, String key) {
        return (Map<String, Object>) Objects.requireNonNull(tree.get(key));
    }
}
