package io.eventmesh.sdk.discovery;

import io.eventmesh.spi.mesh.MeshEndpoint;
import java.util.List;
import java.util.function.Consumer;

/**
 * Follows the mesh runtimes of one cluster.
 *
 * <p>Thread-safe. The listener is called one at a time on a thread of the discovery's own and must not block.
 */
public interface EndpointDiscovery extends AutoCloseable {
    /**
     * Begins to follow; called at most once. Returns without waiting for the first list: it keeps trying when the
     * source of the list does not answer yet.
     *
     * <p>The listener is told the whole list, ordered by runtime, each time it changes. An empty list is told only when
     * the source says so: while it is out of reach, the last list stands.
     *
     * @param listener what to tell
     */
    void start(Consumer<List<MeshEndpoint>> listener);

    /**
     * Something may have changed, since a runtime was lost: a discovery that asks from time to time asks soon. Returns at
     * once; any number of times, from any state.
     */
    default void refresh() {}

    /** Stops following; returns after its threads have ended. Any number of times, from any state. */
    @Override
    void close();
}
