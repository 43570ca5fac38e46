package io.eventmesh.sdk.discovery;

import io.eventmesh.common.time.MeshClock;

/**
 * Makes discoveries for addresses of one scheme; found by {@link java.util.ServiceLoader}.
 *
 * <p>A provider is a stateless factory with a public constructor without parameters. Thread-safe.
 */
public interface DiscoveryProvider {
    /**
     * Whether this provider understands addresses of that kind, judged by the scheme alone.
     *
     * @param uri such as {@code zk://host:2181,host2:2181/cluster}
     */
    boolean accepts(String uri);

    /**
     * Makes a discovery without starting it.
     *
     * @param uri an address that was accepted
     * @param clock the client's clock
     * @throws io.eventmesh.common.error.EventMeshException REQUEST_INVALID when the address is malformed
     */
    EndpointDiscovery create(String uri, MeshClock clock);
}
