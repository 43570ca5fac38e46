package io.eventmesh.sdk.remote;

import io.eventmesh.sdk.discovery.EndpointDiscovery;
import io.eventmesh.spi.mesh.MeshEndpoint;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Tells what the test says, on the test's thread. */
public final class TestDiscovery implements EndpointDiscovery {
    private List<MeshEndpoint> endpoints = List.of();
    private @Nullable Consumer<List<MeshEndpoint>> listener;
    public volatile boolean closed;

    public synchronized TestDiscovery tell(MeshEndpoint... now) {
        endpoints = List.of(now);
        if (listener != null) {
            listener.accept(endpoints);
        }
        return this;
    }

    public synchronized boolean isStarted() {
        return listener != null;
    }

    @Override
    public synchronized void start(Consumer<List<MeshEndpoint>> toTell) {
        listener = toTell;
        toTell.accept(endpoints);
    }

    @Override
    public void close() {
        closed = true;
    }
}
