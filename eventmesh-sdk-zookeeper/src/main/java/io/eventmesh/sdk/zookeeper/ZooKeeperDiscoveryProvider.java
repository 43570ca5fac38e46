package io.eventmesh.sdk.zookeeper;

import io.eventmesh.common.time.MeshClock;
import io.eventmesh.sdk.discovery.DiscoveryProvider;
import io.eventmesh.sdk.discovery.EndpointDiscovery;

/** Makes discoveries for addresses {@code zk://host:2181[,host2:2181][/cluster]}. */
public final class ZooKeeperDiscoveryProvider implements DiscoveryProvider {
    @Override
    public boolean accepts(String uri) {
        return uri.startsWith(ZooKeeperAddress.SCHEME);
    }

    @Override
    public EndpointDiscovery create(String uri, MeshClock clock) {
        return new ZooKeeperDiscovery(ZooKeeperAddress.parse(uri), clock);
    }
}
