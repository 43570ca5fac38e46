package io.eventmesh.sdk.remote;

import io.eventmesh.common.time.MeshClock;
import io.eventmesh.spi.mesh.MeshEndpoint;
import io.grpc.ManagedChannel;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * Which runtimes are known, and the one in use: kept until it fails, then any of those that have not failed of late, so
 * that clients spread; where all have, the one whose failure is the oldest. When a runtime comes new, as many clients move
 * to it as make its share. Thread-safe.
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

    /** So old a failure says nothing any more. */
    private static final Duration FORGIVEN = Duration.ofSeconds(10);

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
        List<MeshEndpoint> before = known;
        known = endpoints.stream()
                .filter(endpoint -> !endpoint.grpc().isEmpty())
                .toList();
        takeShare(before);
        failures.keySet()
                .removeIf(address ->
                        known.stream().noneMatch(endpoint -> endpoint.grpc().equals(address)));
    }

    private void takeShare(List<MeshEndpoint> before) {
        Link left = current;
        if (left == null || closed) {
            return;
        }
        for (MeshEndpoint endpoint : known) {
            boolean isNew = before.stream().noneMatch(one -> one.grpc().equals(endpoint.grpc()));
            if (isNew && random.nextInt(known.size()) == 0) {
                retire(left);
                current = new Link(endpoint, channels.apply(endpoint.grpc()));
                return;
            }
        }
    }

    /** Whether new calls go there. */
    synchronized boolean isCurrent(Link link) {
        return link == current;
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
        retire(link);
    }

    private void retire(Link link) {
        link.channel().shutdown();
        retired.removeIf(ManagedChannel::isTerminated);
        retired.add(link.channel());
    }

    /** Whether some known runtime has not failed of late. */
    synchronized boolean hasFresh() {
        return known.stream().anyMatch(this::isFresh);
    }

    synchronized void close() {
        closed = true;
        if (current != null) {
            current.channel().shutdownNow();
        }
        retired.forEach(ManagedChannel::shutdownNow);
    }

    private boolean isFresh(MeshEndpoint endpoint) {
        Long at = failures.get(endpoint.grpc());
        return at == null || clock.nanoTime() - at >= FORGIVEN.toNanos();
    }

    private @Nullable MeshEndpoint next() {
        List<MeshEndpoint> fresh = known.stream().filter(this::isFresh).toList();
        if (!fresh.isEmpty()) {
            return fresh.get(random.nextInt(fresh.size()));
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
