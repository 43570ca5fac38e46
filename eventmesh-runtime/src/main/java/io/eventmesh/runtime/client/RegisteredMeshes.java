package io.eventmesh.runtime.client;

import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.sdk.discovery.EndpointDiscovery;
import io.eventmesh.spi.mesh.MeshEndpoint;
import io.eventmesh.spi.meta.MetaPaths;
import io.eventmesh.spi.meta.MetaStore;
import io.eventmesh.spi.meta.MetaStore.Versioned;
import io.eventmesh.spi.meta.RuntimeRegistration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The mesh runtimes as they are registered in the process's meta store. */
final class RegisteredMeshes implements EndpointDiscovery {
    private static final Logger log = LoggerFactory.getLogger(RegisteredMeshes.class);

    private final MetaStore meta;
    private MetaStore.@Nullable Handle watch;
    private boolean closed;

    RegisteredMeshes(MetaStore meta) {
        this.meta = meta;
    }

    @Override
    public synchronized void start(Consumer<List<MeshEndpoint>> listener) {
        if (!closed) {
            watch = meta.watch(MetaPaths.RUNTIMES, registrations -> listener.accept(endpoints(registrations)));
        }
    }

    @Override
    public synchronized void close() {
        closed = true;
        if (watch != null) {
            watch.close();
        }
    }

    private static List<MeshEndpoint> endpoints(Map<String, Versioned> registrations) {
        List<MeshEndpoint> endpoints = new ArrayList<>();
        new TreeMap<>(registrations)
                .forEach((id, value) -> endpoint(id, value.value()).ifPresent(endpoints::add));
        return endpoints;
    }

    private static Optional<MeshEndpoint> endpoint(String id, byte[] value) {
        try {
            RuntimeRegistration runtime = RuntimeRegistration.decode(value);
            return runtime.endpoint("mesh.grpc")
                    .map(grpc -> new MeshEndpoint(
                            runtime.id(), grpc, runtime.endpoint("mesh.http").orElse("")));
        } catch (EventMeshException unreadable) {
            log.warn("Registration passed over. runtime={} error={}", id, unreadable.reason());
            return Optional.empty();
        }
    }
}
