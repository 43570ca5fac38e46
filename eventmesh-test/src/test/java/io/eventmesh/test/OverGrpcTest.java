package io.eventmesh.test;

import static org.assertj.core.api.Assertions.assertThat;

import io.eventmesh.sdk.EventMesh;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** The probe's promises where the client connects by gRPC. */
@EventMeshTest(transport = Transport.GRPC)
class OverGrpcTest extends ProbeContractTest {
    @Test
    void anApplicationsOwnClientFindsTheMesh() {
        try (EventMesh own = EventMesh.connect(probe.address())) {
            own.publish("orders", event("1")).join();
        }

        assertThat(probe.await("orders", 1, Duration.ofSeconds(5))).hasSize(1);
    }
}
