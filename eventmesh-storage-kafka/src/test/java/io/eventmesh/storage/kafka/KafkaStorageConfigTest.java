package io.eventmesh.storage.kafka;

import static org.assertj.core.api.Assertions.assertThat;

import io.eventmesh.common.config.Binder;
import io.eventmesh.common.config.Bound;
import io.eventmesh.spi.storage.StorageProvider;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.ServiceLoader;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class KafkaStorageConfigTest {
    @Test
    void everythingThatIsWrongIsToldWithWhatWasExpected() {
        assertThat(problems(Map.of(
                        "bootstrap-servers", List.of("kafka"),
                        "topic-prefix", "a.b",
                        "retention", "0s",
                        "append-timeout", "1ms",
                        "max-groups", 0,
                        "format", "avro")))
                .contains("storage.kafka.bootstrap-servers: 'kafka' (expected: host:port)")
                .contains("storage.kafka.topic-prefix: 'a.b' (expected: [A-Za-z0-9-]{0,80})")
                .contains("storage.kafka.retention:")
                .contains("storage.kafka.append-timeout:")
                .contains("storage.kafka.max-groups: 0 (expected: 1..10000)")
                .contains("storage.kafka.format: 'avro' (expected: one of: [binary, structured])");
    }

    @Test
    void moreReplicasInSyncThanReplicasAreRefused() {
        assertThat(problems(Map.of("replication-factor", 2, "min-insync-replicas", 3)))
                .contains("storage.kafka.min-insync-replicas: 3 (expected: at most replication-factor, 2)");
    }

    @Test
    void settingsOfTheClientsAreThoseThatKafkaKnowsAndTheStorageDoesNotMake() {
        assertThat(problems(Map.of("client", Map.of("security.protocoll", "SASL_SSL"))))
                .contains("storage.kafka.client: security.protocoll (expected: a setting of the Kafka clients");
        assertThat(problems(Map.of("client", Map.of("acks", "0"))))
                .contains("storage.kafka.client: acks (expected: a setting that the storage does not make itself)");
        assertThat(problems(Map.of("client", Map.of("sasl.jaas.config", "hidden-word"))))
                .contains("storage.kafka.client: sasl.jaas.config (expected: under client-secrets)")
                .doesNotContain("hidden-word");
    }

    @Test
    void secretsAreBoundAndNotShown() {
        Bound<KafkaStorageConfig> bound = bind(Map.of(
                "bootstrap-servers",
                "a:1,b:2",
                "formats",
                Map.of("orders", "structured"),
                "client",
                Map.of("security.protocol", "SASL_SSL"),
                "client-secrets",
                Map.of("sasl.jaas.config", "hidden-word")));

        assertThat(bound.problems()).isEmpty();
        KafkaStorageConfig config = bound.orThrow("test");
        assertThat(config.bootstrapServers()).containsExactly("a:1", "b:2");
        assertThat(config.formatOf("orders")).isEqualTo(RecordFormat.STRUCTURED);
        assertThat(config.formatOf("bills")).isEqualTo(RecordFormat.BINARY);
        assertThat(config.toString()).doesNotContain("hidden-word");
        Map<String, Object> settings = new Clients(config, "x").producer("append");
        assertThat(settings)
                .containsEntry("sasl.jaas.config", "hidden-word")
                .containsEntry("security.protocol", "SASL_SSL")
                .containsEntry("acks", "all");
    }

    @Test
    void aSettingGoesOnlyToTheClientsThatKnowIt() {
        KafkaStorageConfig config =
                bind(Map.of("client", Map.of("linger.ms", "0"))).orThrow("test");
        Clients clients = new Clients(config, "x");

        assertThat(clients.producer("append")).containsEntry("linger.ms", "0");
        assertThat(clients.consumer("peek")).doesNotContainKey("linger.ms");
    }

    @Test
    void theProviderIsFoundAsKafka() {
        assertThat(ServiceLoader.load(StorageProvider.class).stream()
                        .map(ServiceLoader.Provider::get)
                        .filter(provider -> provider.name().equals("kafka"))
                        .toList())
                .singleElement()
                .isInstanceOf(KafkaStorageProvider.class);
        assertThat(KafkaStorageConfig.defaults().appendTimeout()).isEqualTo(Duration.ofSeconds(30));
    }

    private static String problems(Map<String, ?> tree) {
        return bind(tree).problems().stream().map(Object::toString).collect(Collectors.joining("\n"));
    }

    private static Bound<KafkaStorageConfig> bind(Map<String, ?> tree) {
        return Binder.bind(KafkaStorageConfig.class, KafkaStorageConfig.defaults(), tree, "storage.kafka");
    }
}
