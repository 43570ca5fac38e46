package io.eventmesh.protocol.grpc;

import io.eventmesh.common.config.DataSize;
import io.eventmesh.spi.protocol.ProtocolContext;
import io.eventmesh.spi.protocol.ProtocolServer;
import io.eventmesh.testkit.protocol.DoorClient;
import io.eventmesh.testkit.protocol.DoorSubscriber;
import io.eventmesh.testkit.protocol.ProtocolServerContractTest;
import java.time.Duration;
import java.util.Optional;

class GrpcServerContractTest extends ProtocolServerContractTest {
    static GrpcConfig config(String host, int port) {
        return new GrpcConfig(
                true,
                host,
                port,
                "",
                DataSize.ofMebibytes(4),
                DataSize.ofMebibytes(1),
                1,
                Duration.ofSeconds(5),
                Duration.ofMillis(200),
                Duration.ofSeconds(1));
    }

    @Override
    protected ProtocolServer door(String host, int port, ProtocolContext context) {
        return new GrpcServerProvider().create(config(host, port), context);
    }

    @Override
    protected String portKey() {
        return "mesh.grpc.port";
    }

    @Override
    protected DoorClient client(ProtocolServer door) {
        return new GrpcTestClient(door.address());
    }

    @Override
    protected Optional<DoorSubscriber> subscribe(ProtocolServer door, String pattern, String group) {
        GrpcTestClient client = closing(new GrpcTestClient(door.address()));
        return Optional.of(new GrpcTestSubscriber(client.channel(), true)
                .open(pattern, group)
                .credit(100, 1 << 20)
                .awaitOpened());
    }
}
