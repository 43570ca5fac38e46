package io.eventmesh.protocol.grpc;

import io.eventmesh.common.config.DataSize;
import io.eventmesh.common.lifecycle.Component;
import io.eventmesh.common.time.MeshClock;
import io.eventmesh.spi.protocol.ProtocolContext;
import io.eventmesh.spi.security.Principal;
import io.eventmesh.testkit.ComponentContractTest;
import io.eventmesh.testkit.ManualTime;
import io.eventmesh.testkit.mesh.RecordingMesh;

class GrpcDoorComponentTest extends ComponentContractTest {
    @Override
    protected Component component() {
        ProtocolContext context = new ProtocolContext(
                "runtime-1",
                new RecordingMesh(),
                credentials -> Principal.ANONYMOUS,
                (key, host) -> {},
                DataSize.ofMebibytes(1),
                MeshClock.system(),
                new ManualTime(),
                Runnable::run);
        return new GrpcServerProvider().create(GrpcServerContractTest.config("127.0.0.1", 0), context);
    }
}
