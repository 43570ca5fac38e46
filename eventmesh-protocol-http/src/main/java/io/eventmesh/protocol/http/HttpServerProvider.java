package io.eventmesh.protocol.http;

import io.eventmesh.spi.protocol.ProtocolContext;
import io.eventmesh.spi.protocol.ProtocolServer;
import io.eventmesh.spi.protocol.ProtocolServerProvider;
import java.security.SecureRandom;

/** Makes the HTTP door. */
public final class HttpServerProvider implements ProtocolServerProvider<HttpConfig> {
    @Override
    public String name() {
        return "http";
    }

    @Override
    public Class<HttpConfig> configType() {
        return HttpConfig.class;
    }

    @Override
    public HttpConfig defaults() {
        return HttpConfig.defaults();
    }

    @Override
    public ProtocolServer create(HttpConfig config, ProtocolContext context) {
        return new HttpDoor(config, context, new SecureRandom());
    }
}
