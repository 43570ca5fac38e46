package io.eventmesh.protocol.grpc;

import io.eventmesh.spi.protocol.ProtocolContext;
import io.eventmesh.spi.protocol.ProtocolServer;
import io.eventmesh.spi.protocol.ProtocolServerProvider;

/** Makes the gRPC door. */
public final class GrpcServerProvider implements ProtocolServerProvider<GrpcConfig> {
    @Override
    public String name() {
        return "grpc";
    }

    @Override
    public Class<GrpcConfig> configType() {
        return GrpcConfig.class;
    }

    @Override
    public GrpcConfig defaults() {
        return GrpcConfig.defaults();
    }

    @Override
    public ProtocolServer create(GrpcConfig config, ProtocolContext context) {
        return new GrpcServer(config, context);
    }
}
