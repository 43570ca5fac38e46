package io.eventmesh.runtime.mesh;

import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.spi.mesh.MeshEndpoint;
import io.eventmesh.spi.meta.MetaStore;
import io.eventmesh.spi.meta.RuntimeRegistration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The mesh runtimes that are alive, as the meta store last said; this one among them until it is withdrawn. Thread-safe.
 */
final class LiveMeshes implements Supplier<List<MeshEndpoint>> {
    private static final Logger log = LoggerFactory.getLogger(LiveMeshes.class);

    private final String runtimeId;
    private volatile Map<String, String> own = Map.of();
    private volatile List<MeshEndpoint> others = List.of();
    private volatile boolean withdrawn;
    private volatile Runnable changed = () -> {};

    LiveMeshes(String runtimeId) {
        this.runtimeId = runtimeId;
    }

    /** @param endpoints {@code mesh.grpc} and so on */
    void own(Map<String, String> endpoints) {
        own = Map.copyOf(endpoints);
    }

    /** This one is about to end: nobody shall come any more. */
    void withdraw() {
        withdrawn = true;
    }

    /** Takes the registrations of all runtimes. */
    void seen(Map<String, MetaStore.Versioned> registrations) {
        List<MeshEndpoint> found = new ArrayList<>();
        new TreeMap<>(registrations).forEach((id, value) -> {
            try {
                RuntimeRegistration runtime = RuntimeRegistration.decode(value.value());
                if (!runtime.id().equals(runtimeId) && runtime.roles().contains("mesh")) {
                    found.add(endpoint(runtime.id(), runtime.endpoints()));
                }
            } catch (EventMeshException unreadable) {
                log.warn("Registration of a runtime is unreadable. runtime={} error={}", id, unreadable.reason());
            }
        });
        others = List.copyOf(found);
        changed.run();
    }

    /** @param listener told when others came or went */
    void onChange(Runnable listener) {
        changed = listener;
    }

    @Override
    public List<MeshEndpoint> get() {
        List<MeshEndpoint> all = new ArrayList<>();
        if (!withdrawn) {
            all.add(endpoint(runtimeId, own));
        }
        all.addAll(others);
        return all;
    }

    private static MeshEndpoint endpoint(String id, Map<String, String> endpoints) {
        return new MeshEndpoint(id, endpoints.getOrDefault("mesh.grpc", ""), endpoints.getOrDefault("mesh.http", ""));
    }
}
