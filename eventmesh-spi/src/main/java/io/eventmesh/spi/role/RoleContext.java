package io.eventmesh.spi.role;

import io.eventmesh.common.config.DataSize;
import io.eventmesh.common.config.Secret;
import io.eventmesh.common.time.MeshClock;
import io.eventmesh.common.time.Scheduler;
import io.eventmesh.spi.mesh.Mesh;
import io.eventmesh.spi.meta.MetaStore;
import io.eventmesh.spi.plugin.Plugins;
import io.eventmesh.spi.security.Authenticator;
import io.eventmesh.spi.security.BindGuard;
import io.micrometer.core.instrument.MeterRegistry;
import java.nio.file.Path;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Executor;
import java.util.function.Supplier;

/**
 * What a role is given by the process it runs in. Everything is ready to use before the role is started, and outlives
 * it. Thread-safe.
 */
public interface RoleContext {
    /** The runtime's id, kept in its data directory. */
    String runtimeId();

    /** New with each start of the process. */
    String incarnation();

    /** The cluster's name. */
    String cluster();

    /** The roles of this process. */
    Set<String> roles();

    /** The software's version. */
    String version();

    MeshClock clock();

    /** Fires timers on {@code mesh-timer-1}; tasks must not block. */
    Scheduler scheduler();

    /** {@code mesh-dispatch-*}: what serial executors hand over; must not be blocked. */
    Executor dispatch();

    /** {@code mesh-blocking-*}: bounded; refuses with OVERLOADED when its queue is full. */
    Executor blocking();

    MetaStore meta();

    Plugins plugins();

    /** A plugin's section of the configuration, bound and checked: {@code storage.memory} and so on. */
    <C extends Record> C config(String section, Class<C> type);

    /** The plugin name chosen for {@code storage.type}. */
    String storageType();

    Authenticator authenticator();

    BindGuard bindGuard();

    /** By which runtimes of the cluster know one another. */
    Secret clusterKey();

    DataSize maxEventSize();

    /** Where this installation keeps data; shared by its processes. */
    Path dataDirectory();

    /** Where this runtime keeps what is its own. */
    Path runtimeDirectory();

    MeterRegistry meters();

    /** Offers this process's mesh to the roles that start later; called once by the mesh role. */
    void offerMesh(Mesh mesh);

    /** The mesh of this process, if it has one. */
    Optional<Mesh> localMesh();

    /**
     * What the roles of this process have in common: one instance a type, made at the first call and closed after the
     * roles when it is {@code AutoCloseable}, the last one made first.
     *
     * @param make called at most once for the type, on the calling thread; must not call this method for the same type
     */
    <T> T shared(Class<T> type, Supplier<T> make);
}
