package io.eventmesh.common.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class ConfigKeysTest {
    @Test
    void namesBecomeKebabCase() {
        assertThat(ConfigKeys.kebab("maxEventSize")).isEqualTo("max-event-size");
        assertThat(ConfigKeys.kebab("READ_ONLY")).isEqualTo("read-only");
        assertThat(ConfigKeys.kebab("port")).isEqualTo("port");
    }

    @Test
    void pathsBecomeVariables() {
        assertThat(ConfigKeys.environmentName("mesh.http.port")).isEqualTo("EVENTMESH_MESH_HTTP_PORT");
        assertThat(ConfigKeys.environmentName("limits.max-event-size")).isEqualTo("EVENTMESH_LIMITS_MAX_EVENT_SIZE");
    }

    @Test
    void theNearestKeyIsTheOneThatDiffersLeast() {
        List<String> known = List.of("port", "host", "max-event-size", "drain-timeout");

        assertThat(ConfigKeys.nearest("max-evnt-size", known)).contains("max-event-size");
        assertThat(ConfigKeys.nearest("prot", known)).contains("port");
        assertThat(ConfigKeys.nearest("hots", known)).contains("host");
        assertThat(ConfigKeys.nearest("drainTimeout", known)).contains("drain-timeout");
        assertThat(ConfigKeys.nearest("something", known)).isEmpty();
    }
}
