package io.eventmesh.common.error;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.BindException;
import org.junit.jupiter.api.Test;

class BindFailureTest {
    @Test
    void aTakenPortIsNamedWithItsKeyAndVariableWhateverTheTransportThrows() {
        for (Throwable thrown : new Throwable[] {
            new BindException("Address already in use"),
            new IOException(
                    "Failed to bind", new IOException("bind(..) failed with error(-98): Address already in use"))
        }) {
            EventMeshException refusal = BindFailure.of("mesh.http.port", "127.0.0.1", 10105, thrown);

            assertThat(refusal.code()).isEqualTo(ErrorCode.PORT_IN_USE);
            assertThat(refusal.reason()).contains("mesh.http.port", "10105", "EVENTMESH_MESH_HTTP_PORT");
        }
    }

    @Test
    void aHostThatIsNotOursIsAMatterOfConfiguration() {
        EventMeshException refusal =
                BindFailure.of("mesh.http.port", "192.0.2.1", 1, new BindException("Cannot assign requested address"));

        assertThat(refusal.code()).isEqualTo(ErrorCode.CONFIG_INVALID);
        assertThat(refusal.reason()).contains("mesh.http.host: 192.0.2.1");
    }
}
