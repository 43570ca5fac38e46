package io.eventmesh.tests.fault;

import io.eventmesh.common.time.MeshClock;
import io.eventmesh.sdk.EventMesh;
import io.eventmesh.sdk.discovery.DiscoveryProvider;
import io.eventmesh.sdk.discovery.EndpointDiscovery;
import io.eventmesh.spi.mesh.MeshEndpoint;
import java.util.List;
import java.util.Map;
import java.util.ServiceLoader;
import java.util.function.Consumer;
import java.util.stream.Collectors;

/** Has a client reach mesh runtimes by other addresses than they name, such as those of proxies. */
public final class Reroute implements EndpointDiscovery {
    private final EndpointDiscovery found;
    private final Map<String, String> instead;

    private Reroute(EndpointDiscovery found, Map<String, String> instead) {
        this.found = found;
        this.instead = Map.copyOf(instead);
    }

    /**
     * A client.
     *
     * @param where {@code zk://…}, and after a blank each {@code host:port=host:port} of a runtime's address and of what is
     *     to stand for it
     */
    public static EventMesh client(String where) {
        List<String> words = List.of(where.split(" ", -1));
        Map<String, String> instead = words.stream()
                .skip(1)
                .map(word -> word.split("=", 2))
                .collect(Collectors.toMap(pair -> pair[0], pair -> pair[1]));
        if (instead.isEmpty()) {
            return EventMesh.connect(where);
        }
        for (DiscoveryProvider provider : ServiceLoader.load(DiscoveryProvider.class)) {
            if (provider.accepts(words.get(0))) {
                return EventMesh.builder()
                        .discovery(new Reroute(provider.create(words.get(0), MeshClock.system()), instead))
                        .build();
            }
        }
        throw new IllegalArgumentException("address: '%s' (expected: one that a discovery accepts)".formatted(where));
    }

    @Override
    public void start(Consumer<List<MeshEndpoint>> listener) {
        found.start(endpoints -> listener.accept(endpoints.stream()
                .map(endpoint -> new MeshEndpoint(
                        endpoint.runtime(), instead.getOrDefault(endpoint.grpc(), endpoint.grpc()), endpoint.http()))
                .toList()));
    }

    @Override
    public void close() {
        found.close();
    }
}
