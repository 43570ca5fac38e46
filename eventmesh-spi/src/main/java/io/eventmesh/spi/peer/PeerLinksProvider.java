package io.eventmesh.spi.peer;

import io.eventmesh.common.config.DataSize;
import io.eventmesh.common.config.Secret;
import io.eventmesh.common.time.MeshClock;
import io.eventmesh.spi.plugin.Plugin;

/** Makes ways to other runtimes, by the protocol of a door. */
public interface PeerLinksProvider extends Plugin {
    /**
     * Makes the ways without connecting.
     *
     * @param runtime the id that this runtime gives itself
     * @param clusterKey proves that it is one
     * @param maxEventSize the largest event that comes
     */
    PeerLinks create(String runtime, Secret clusterKey, DataSize maxEventSize, MeshClock clock);
}
