package io.eventmesh.sdk.remote;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.thread.NamedThreads;
import io.eventmesh.common.topic.Names;
import io.eventmesh.sdk.discovery.EndpointDiscovery;
import io.eventmesh.spi.mesh.MeshEndpoint;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Asks known runtimes for the others, every 3 s and soon after one was lost: first whoever answered last, then the seeds,
 * then those that were named.
 *
 * <p>Seeds for gRPC are usable as they are and told at once; what a runtime answers replaces them. While nobody
 * answers, the last list stands. Thread-safe; asks on a thread of its own ({@code mesh-client-discovery-1}).
 */
public final class SeedDiscovery implements EndpointDiscovery {
    private static final Logger log = LoggerFactory.getLogger(SeedDiscovery.class);
    private static final Pattern GRPC = Pattern.compile("(?:grpc://)?([A-Za-z0-9._-]+|\\[[0-9a-fA-F:]+]):(\\d{1,5})/?");
    private static final Pattern HTTP = Pattern.compile("https?://[^/?#\\s]+/?");
    private static final long PAUSE_MILLIS = 3_000;
    private static final long PAUSE_WITHOUT_ANY_MILLIS = 500;
    private static final long PAUSE_AFTER_LOSS_MILLIS = 100;

    private final CallHeaders headers;
    private final Set<String> grpcSeeds = new LinkedHashSet<>();
    private final Set<String> httpSeeds = new LinkedHashSet<>();
    private @Nullable ScheduledExecutorService thread;
    private @Nullable EndpointQuery query;
    private Consumer<List<MeshEndpoint>> toTell = endpoints -> {};
    private @Nullable ScheduledFuture<?> next;
    private String lastAsked = "";
    private List<MeshEndpoint> told = List.of();
    private boolean answered;
    private boolean reported;
    private boolean closed;

    /** Asks without proving who asks. */
    public SeedDiscovery(List<String> seeds) {
        this(seeds, RemoteOptions.defaults());
    }

    /**
     * @param seeds {@code http://host:port}, {@code grpc://host:port} or {@code host:port}
     * @param options what proves who asks; the rest of them does not matter here
     * @throws EventMeshException REQUEST_INVALID for seeds of another kind
     */
    public SeedDiscovery(List<String> seeds, RemoteOptions options) {
        headers = new CallHeaders(options);
        for (String seed : seeds) {
            java.util.regex.Matcher grpc = GRPC.matcher(seed);
            if (grpc.matches()) {
                grpcSeeds.add(grpc.group(1) + ":" + grpc.group(2));
            } else if (HTTP.matcher(seed).matches()) {
                httpSeeds.add(seed.endsWith("/") ? seed.substring(0, seed.length() - 1) : seed);
            } else {
                throw new EventMeshException(
                        ErrorCode.REQUEST_INVALID,
                        ("address: '%s' (expected: http://host:port, grpc://host:port, host:port,"
                                        + " or zk://host:port with eventmesh-sdk-zookeeper on the class path)")
                                .formatted(Names.shown(seed)));
            }
        }
    }

    @Override
    public synchronized void start(Consumer<List<MeshEndpoint>> listener) {
        if (closed) {
            return;
        }
        ScheduledThreadPoolExecutor executor =
                new ScheduledThreadPoolExecutor(1, new NamedThreads("mesh-client-discovery"));
        executor.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
        thread = executor;
        toTell = listener;
        query = new EndpointQuery(headers);
        executor.execute(() -> {
            List<MeshEndpoint> usable = new ArrayList<>();
            grpcSeeds.forEach(seed -> usable.add(new MeshEndpoint(seed, seed, "")));
            if (!usable.isEmpty()) {
                tell(listener, usable);
            }
            ask(listener);
        });
    }

    /** Asks soon, unless that is about to happen anyway. */
    @Override
    public synchronized void refresh() {
        ScheduledFuture<?> waiting = next;
        if (thread != null
                && waiting != null
                && waiting.getDelay(TimeUnit.MILLISECONDS) > PAUSE_AFTER_LOSS_MILLIS
                && waiting.cancel(false)) {
            askAfter(PAUSE_AFTER_LOSS_MILLIS, toTell);
        }
    }

    @Override
    public void close() {
        ScheduledExecutorService executor;
        synchronized (this) {
            closed = true;
            executor = thread;
            thread = null;
        }
        if (executor == null) {
            return;
        }
        executor.shutdownNow();
        try {
            if (!executor.awaitTermination(5, TimeUnit.SECONDS)) {
                log.warn("Discovery did not end in time.");
            }
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        }
        if (query != null) {
            query.close();
        }
    }

    private void ask(Consumer<List<MeshEndpoint>> listener) {
        EndpointQuery asking = query;
        List<MeshEndpoint> answer = asking == null ? List.of() : askAny(asking);
        if (!answer.isEmpty()) {
            answered = true;
            tell(listener, answer);
        }
        askAfter(answered ? PAUSE_MILLIS : PAUSE_WITHOUT_ANY_MILLIS, listener);
    }

    private synchronized void askAfter(long millis, Consumer<List<MeshEndpoint>> listener) {
        if (thread != null) {
            next = thread.schedule(() -> ask(listener), millis, TimeUnit.MILLISECONDS);
        }
    }

    /** Whoever answered last, the seeds, and those that were named; URLs and addresses for gRPC. */
    private Set<String> addresses() {
        Set<String> all = new LinkedHashSet<>();
        if (!lastAsked.isEmpty()) {
            all.add(lastAsked);
        }
        all.addAll(httpSeeds);
        all.addAll(grpcSeeds);
        told.forEach(endpoint -> all.add(endpoint.grpc().isEmpty() ? endpoint.http() : endpoint.grpc()));
        return all;
    }

    private List<MeshEndpoint> askAny(EndpointQuery asking) {
        String error = "nobody to ask";
        for (String address : addresses()) {
            try {
                List<MeshEndpoint> answer =
                        address.contains("://") ? asking.overHttp(address) : asking.overGrpc(address);
                if (!answer.isEmpty()) {
                    lastAsked = address;
                    return healed(answer);
                }
            } catch (IOException failure) {
                error = String.valueOf(failure.getMessage());
            } catch (EventMeshException failure) {
                error = failure.reason();
            }
        }
        lastAsked = "";
        if (!reported && !isClosed()) {
            reported = true;
            log.warn("No runtime names the others, going on with those known. known={} error={}", told.size(), error);
        }
        return List.of();
    }

    private synchronized boolean isClosed() {
        return closed;
    }

    private List<MeshEndpoint> healed(List<MeshEndpoint> answer) {
        if (reported) {
            reported = false;
            log.info("Runtimes are named again. known={}", answer.size());
        }
        return answer;
    }

    private void tell(Consumer<List<MeshEndpoint>> listener, List<MeshEndpoint> endpoints) {
        List<MeshEndpoint> ordered = endpoints.stream()
                .sorted(Comparator.comparing(MeshEndpoint::runtime))
                .toList();
        if (!ordered.equals(told)) {
            told = ordered;
            listener.accept(ordered);
        }
    }
}
