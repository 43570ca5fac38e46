package io.eventmesh.connector.kafka.connect;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Map;
import org.apache.kafka.common.config.Config;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.common.config.ConfigValue;
import org.apache.kafka.connect.connector.Task;
import org.apache.kafka.connect.source.SourceConnector;
import org.apache.kafka.connect.source.SourceTask;
import org.junit.jupiter.api.Test;

class HostedPluginTest {
    private static final String PATIENCE = "connection.validation.timeout.ms";

    @Test
    void aConnectorWhosePatienceCanBeSetIsToldHowLongAProbeWaits() throws Exception {
        HostedPlugin<Patient> plugin = plugin(Patient.class);

        assertThat(plugin.probe(Map.of())).containsExactly("properties." + PATIENCE + ": 4000");
        assertThat(plugin.probe(Map.of(PATIENCE, "70"))).containsExactly("properties." + PATIENCE + ": 70");
    }

    @Test
    void whatAConstructorThrowsIsTold() {
        assertThatThrownBy(() -> plugin(Incomplete.class).connector())
                .isInstanceOf(NoClassDefFoundError.class)
                .hasMessage("no/such/Library");
        assertThatThrownBy(() -> plugin(Patient.class).make(SourceConnector.class, Incomplete.class.getName()))
                .hasMessage("no/such/Library");
    }

    private static <C extends SourceConnector> HostedPlugin<C> plugin(Class<C> type) {
        return new HostedPlugin<>("p", HostedPluginTest.class.getClassLoader(), type);
    }

    /** Says of its patience how long it is. */
    static class Patient extends SourceConnector {
        @Override
        public Config validate(Map<String, String> settings) {
            return new Config(List.of(
                    new ConfigValue(PATIENCE, null, List.of(), List.of(String.valueOf(settings.get(PATIENCE))))));
        }

        @Override
        public void start(Map<String, String> settings) {}

        @Override
        public Class<? extends Task> taskClass() {
            return SourceTask.class;
        }

        @Override
        public List<Map<String, String>> taskConfigs(int most) {
            return List.of();
        }

        @Override
        public void stop() {}

        @Override
        public ConfigDef config() {
            return new ConfigDef()
                    .define(PATIENCE, ConfigDef.Type.LONG, 60_000L, ConfigDef.Importance.LOW, "How long it waits.");
        }

        @Override
        public String version() {
            return "1";
        }
    }

    /** Lacks a library, which shows when it is made. */
    static final class Incomplete extends Patient {
        Incomplete() {
            throw new NoClassDefFoundError("no/such/Library");
        }
    }
}
