package io.eventmesh.sdk.remote;

import io.eventmesh.common.time.MeshClock;
import io.eventmesh.spi.mesh.MeshEndpoint;
import io.grpc.ManagedChannel;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * Which runtimes are known, and the one in use: kept until it fails, then the one that failed longest ago or never.
 * Thread-safe.
 */
final class Links {
    /** A channel to one runtime; each is itself only, also when another one leads to the same place. */
    static final class Link {
        private final MeshEndpoint endpoint;
        private final ManagedChannel channel;

        Link(MeshEndpoint endpoint, ManagedChannel channel) {
            this.endpoint = endpoint;
            this.channel = channel;
        }

        MeshEndpoint endpoint() {
            return endpoint;
        }

        ManagedChannel channel() {
            return channel;
        }
    }

    private final Function<String, ManagedChannel> channels;
    private final MeshClock clock;
    private final RandomGenerator random;
    /** By address: when it failed last, on the monotonic clock. */
    private final Map<String, Long> failures = new HashMap<>();

    private final List<ManagedChannel> retired = new ArrayList<>();
    private List<MeshEndpoint> known = List.of();
    private @Nullable Link current;
    private boolean closed;

    /** @param channels makes a channel to a {@code host:port} without connecting it */
    Links(Function<String, ManagedChannel> channels, MeshClock clock, RandomGenerator random) {
        this.channels = channels;
        this.clock = clock;
        this.random = random;
    }

    synchronized void update(List<MeshEndpoint> endpoints) {
        known = endpoints.stream()
                .filter(endpoint -> !endpoint.grpc().isEmpty())
                .toList();
        failures.keySet()
                .removeIf(address ->
                        known.stream().noneMatch(endpoint -> endpoint.grpc().equals(address)));
    }

    synchronized List<MeshEndpoint> known() {
        return known;
    }

    /** The link in use, made when there is none; null while no runtime is known. */
    synchronized @Nullable Link current() {
        if (current == null && !closed) {
            MeshEndpoint next = next();
            if (next != null) {
                current = new Link(next, channels.apply(next.grpc()));
            }
        }
        return current;
    }

    /** Leaves a link that failed: calls on it may end, new ones go elsewhere. */
    synchronized void failed(Link link) {
        if (link != current) {
            return;
        }
        failures.put(link.endpoint().grpc(), clock.nanoTime());
        current = null;
        link.channel().shutdown();
        retired.removeIf(ManagedChannel::isTerminated);
        retired.add(link.channel());
    }

    /** Whether some known runtime has not failed since it is known. */
    synchronized boolean hasUntried() {
        return known.stream().anyMatch(endpoint -> !failures.containsKey(endpoint.grpc()));
    }

    synchronized void close() {
        closed = true;
        if (current != null) {
            current.channel().shutdownNow();
        }
        retired.forEach(ManagedChannel::shutdownNow);
    }

    private @Nullable MeshEndpoint next() {
        List<MeshEndpoint> untried = known.stream()
                .filter(endpoint -> !failures.containsKey(endpoint.grpc()))
                .toList();
        if (!untried.isEmpty()) {
            return untried.get(random.nextInt(untried.size()));
        }
        MeshEndpoint oldest = null;
        long oldestAge = Long.MIN_VALUE;
        long now = clock.nanoTime();
        for (MeshEndpoint endpoint : known) {
            Long at = failures.get(endpoint.grpc());
            long age = at == null ? Long.MAX_VALUE : now - at;
            if (age > oldestAge) {
                oldest = endpoint;
                oldestAge = age;
            }
        }
        return oldest;
    }
}
