package io.eventmesh.admin.sync;

import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.spi.meta.MetaPaths;
import io.eventmesh.spi.meta.MetaStore;
import io.eventmesh.spi.meta.RuntimeRegistration;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The runtimes that are registered now, as last seen in the meta store. Thread-safe. */
public final class Registrations implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(Registrations.class);

    private volatile Map<String, RuntimeRegistration> runtimes = Map.of();
    private MetaStore.@Nullable Handle watch;

    /** Begins to follow the meta store. */
    public void start(MetaStore meta) {
        watch = meta.watch(MetaPaths.RUNTIMES, values -> {
            Map<String, RuntimeRegistration> seen = new TreeMap<>();
            values.forEach((id, value) -> read(id, value).ifPresent(runtime -> seen.put(id, runtime)));
            runtimes = Map.copyOf(seen);
        });
    }

    private static Optional<RuntimeRegistration> read(String id, MetaStore.Versioned value) {
        try {
            return Optional.of(RuntimeRegistration.decode(value.value()));
        } catch (EventMeshException unreadable) {
            log.debug("Registration unreadable. runtime={}", id);
            return Optional.empty();
        }
    }

    /** By id. */
    public Map<String, RuntimeRegistration> all() {
        return runtimes;
    }

    /** The REST address of the admin whose gRPC is at this address. */
    public Optional<String> adminHttp(String grpc) {
        return runtimes.values().stream()
                .filter(runtime ->
                        runtime.endpoint("admin.grpc").filter(grpc::equals).isPresent())
                .flatMap(runtime -> runtime.endpoint("admin.http").stream())
                .findFirst();
    }

    @Override
    public void close() {
        MetaStore.Handle open = watch;
        if (open != null) {
            open.close();
        }
    }
}
