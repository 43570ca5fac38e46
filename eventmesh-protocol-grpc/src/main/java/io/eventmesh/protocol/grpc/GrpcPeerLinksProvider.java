package io.eventmesh.protocol.grpc;

import io.eventmesh.common.config.DataSize;
import io.eventmesh.common.config.Secret;
import io.eventmesh.common.time.MeshClock;
import io.eventmesh.spi.peer.PeerLinks;
import io.eventmesh.spi.peer.PeerLinksProvider;

/** Makes ways to the gRPC doors of other runtimes. */
public final class GrpcPeerLinksProvider implements PeerLinksProvider {
    @Override
    public String name() {
        return "grpc";
    }

    @Override
    public PeerLinks create(String runtime, Secret clusterKey, DataSize maxEventSize, MeshClock clock) {
        return new GrpcPeerLinks(runtime, clusterKey, maxEventSize, clock);
    }
}
