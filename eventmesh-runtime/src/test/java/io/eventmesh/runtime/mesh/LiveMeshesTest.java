package io.eventmesh.runtime.mesh;

import static org.assertj.core.api.Assertions.assertThat;

import io.eventmesh.spi.mesh.MeshEndpoint;
import io.eventmesh.spi.meta.MetaStore;
import io.eventmesh.spi.meta.RuntimeRegistration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class LiveMeshesTest {
    private static final MeshEndpoint OWN = new MeshEndpoint("r1", "h1:1", "http://h1:2");
    private static final MeshEndpoint OTHER = new MeshEndpoint("r2", "h2:1", "");

    private final LiveMeshes live = new LiveMeshes("r1");

    private static MetaStore.Versioned registration(String id, List<String> roles, String grpc) {
        return new MetaStore.Versioned(
                new RuntimeRegistration(id, "1", roles, "0", Map.of("mesh.grpc", grpc), 1).encode(), 1);
    }

    @Test
    void aRuntimeThatIsAboutToEndNamesTheOthersOnly() {
        live.own(Map.of("mesh.grpc", "h1:1", "mesh.http", "http://h1:2"));
        live.seen(Map.of(
                "r1", registration("r1", List.of("mesh"), "h1:1"),
                "r2", registration("r2", List.of("mesh"), "h2:1"),
                "r3", registration("r3", List.of("admin"), "h3:1")));
        assertThat(live.get()).containsExactly(OWN, OTHER);

        live.withdraw();

        assertThat(live.get()).containsExactly(OTHER);
    }
}
