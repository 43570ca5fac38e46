package io.eventmesh.admin.sync;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.topic.SubscriptionName;
import io.eventmesh.spi.mesh.DeadLetterDesk;
import io.eventmesh.spi.mesh.Mesh;
import io.eventmesh.spi.mesh.MeshAdmin;
import io.eventmesh.spi.mesh.StreamStatus;
import io.eventmesh.spi.mesh.SubscriptionDetail;
import io.eventmesh.spi.mesh.SubscriptionStatus;
import io.eventmesh.spi.mesh.TargetStatus;
import io.eventmesh.spi.role.RoleContext;
import io.grpc.Channel;
import io.grpc.ClientInterceptors;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.MetadataUtils;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.socket.nio.NioSocketChannel;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.BinaryOperator;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Asks the mesh runtimes for what lives with them: streams, subscriptions, dead letters. The mesh of this process is asked
 * directly, the others by {@code MeshAdminService}; those that are all asked are asked at the same time.
 *
 * <p>Thread-safe; blocks for at most {@value #SECONDS} s. Fails with STORAGE_UNAVAILABLE when there is no mesh runtime or
 * none answers.
 */
public final class MeshPeers implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(MeshPeers.class);
    private static final int SECONDS = 8;
    private static final int MAX_MESSAGE = 32 << 20;
    private static final String ENDPOINT = "mesh.grpc";

    /**
     * What the runtimes have together.
     *
     * @param items in the order of their names
     * @param unavailable the runtimes that did not answer, whose items may be missing
     */
    public record Found<T>(List<T> items, List<String> unavailable) {}

    /** One of both is there. */
    private record Peer(
            String runtime, @Nullable Mesh local, @Nullable RemoteMeshAdmin remote) {
        MeshAdmin admin() {
            return local == null ? Objects.requireNonNull(remote) : local.admin();
        }

        <T> CompletionStage<List<T>> ask(
                Function<Mesh, CompletionStage<List<T>>> here,
                Function<RemoteMeshAdmin, CompletionStage<List<T>>> there) {
            return local == null ? there.apply(Objects.requireNonNull(remote)) : here.apply(local);
        }
    }

    private final RoleContext context;
    private final Registrations registrations;
    private final Supplier<EventLoopGroup> loop;
    private final Map<String, ManagedChannel> channels = new ConcurrentHashMap<>();

    /** @param loop runs the clients */
    public MeshPeers(RoleContext context, Registrations registrations, Supplier<EventLoopGroup> loop) {
        this.context = context;
        this.registrations = registrations;
        this.loop = loop;
    }

    /**
     * The streams of all mesh runtimes, each once.
     *
     * @param namespace empty for all
     * @param after the last name of the page before, {@code namespace:name}; empty for the first page
     * @param limit so many at most; 0 for all
     */
    public Found<StreamStatus> streams(String namespace, String after, int limit) {
        return list(
                peer -> peer.ask(Mesh::streams, remote -> remote.streams(namespace, after, limit)),
                stream -> stream.name().namespace(),
                stream -> stream.name().toString(),
                (one, other) -> one,
                namespace,
                after,
                limit);
    }

    /** The subscriptions of all mesh runtimes, each once, with the members of all; as {@link #streams}. */
    public Found<SubscriptionStatus> subscriptions(String namespace, String after, int limit) {
        return list(
                peer -> peer.ask(Mesh::subscriptions, remote -> remote.subscriptions(namespace, after, limit)),
                one -> one.name().namespace(),
                one -> one.name().toString(),
                MeshPeers::sum,
                namespace,
                after,
                limit);
    }

    /** How rules' targets are, with what all mesh runtimes have of them; as {@link #streams}, with a limit. */
    public Found<TargetStatus> targets(String namespace, String rule, String after, int limit) {
        return list(
                peer -> peer.admin().targets(namespace, rule, after, limit),
                TargetStatus::namespace,
                TargetStatus::key,
                TargetSums::of,
                namespace,
                after,
                limit);
    }

    /** The topics of dead letters of all mesh runtimes, each once; as {@link #streams}, with a limit. */
    public Found<DeadLetterDesk.Topic> deadLetterTopics(String namespace, String after, int limit) {
        return list(
                peer -> peer.admin().deadLetters().topics(namespace, after, limit),
                topic -> topic.stream().namespace(),
                topic -> topic.stream().toString(),
                (one, other) -> one.events() >= other.events() ? one : other,
                namespace,
                after,
                limit);
    }

    /** A subscription as all runtimes together know it. Fails with NOT_FOUND. */
    public SubscriptionDetail subscription(Function<MeshAdmin, CompletionStage<SubscriptionDetail>> call) {
        return every(call).stream()
                .reduce((one, other) -> new SubscriptionDetail(
                        sum(one.status(), other.status()),
                        one.paused() || other.paused(),
                        Math.max(one.oldestAppendMillis(), other.oldestAppendMillis()),
                        Math.max(one.lagMillis(), other.lagMillis()),
                        one.places().size() >= other.places().size() ? one.places() : other.places()))
                .orElseThrow();
    }

    /** How old the oldest undone event of each is, as far as runtimes answer. */
    public Map<SubscriptionName, Long> lagMillis(Collection<SubscriptionName> names) {
        Map<SubscriptionName, List<CompletableFuture<SubscriptionDetail>>> asked = new LinkedHashMap<>();
        for (Peer peer : names.isEmpty() ? List.<Peer>of() : peers()) {
            for (SubscriptionName name : names) {
                asked.computeIfAbsent(name, unknown -> new ArrayList<>())
                        .add(begin(peer, each -> each.admin().subscription(name)));
            }
        }
        Map<SubscriptionName, Long> lags = new HashMap<>();
        asked.forEach((name, answers) -> answers.forEach(answer -> {
            try {
                lags.merge(name, await(answer).lagMillis(), Math::max);
            } catch (EventMeshException failure) {
                log.debug("Mesh runtime does not know how far a subscription is. error={}", failure.reason());
            }
        }));
        return lags;
    }

    private static SubscriptionStatus sum(SubscriptionStatus one, SubscriptionStatus other) {
        return new SubscriptionStatus(
                one.name(),
                worse(one.state(), other.state()),
                one.terms(),
                one.members() + other.members(),
                Math.max(one.lagEvents(), other.lagEvents()),
                one.inFlight() + other.inFlight(),
                Math.max(one.parked(), other.parked()),
                one.gaps().size() >= other.gaps().size() ? one.gaps() : other.gaps(),
                one.problem().isEmpty() ? other.problem() : one.problem());
    }

    /** Of two runtimes' views the one that an operator must know: a cut-off is not hidden by another one's members. */
    private static SubscriptionStatus.State worse(SubscriptionStatus.State one, SubscriptionStatus.State other) {
        return weight(one) >= weight(other) ? one : other;
    }

    private static int weight(SubscriptionStatus.State state) {
        return switch (state) {
            case IDLE -> 0;
            case ACTIVE -> 1;
            case PAUSED -> 2;
            case CUT_OFF -> 3;
        };
    }

    /**
     * Asks one runtime after the other until one knows what is asked for.
     *
     * <p>Fails as the runtimes do; with NOT_FOUND or TOPIC_NOT_FOUND when no runtime knows it, and with
     * STORAGE_UNAVAILABLE when one that might does not answer.
     */
    public <T> T first(Function<MeshAdmin, CompletionStage<T>> call) {
        EventMeshException unknown = null;
        List<String> away = new ArrayList<>();
        for (Peer peer : peers()) {
            try {
                return await(begin(peer, each -> call.apply(each.admin())));
            } catch (EventMeshException failure) {
                if (isUnknown(failure.code())) {
                    unknown = failure;
                } else if (isAway(failure.code())) {
                    away.add(peer.runtime());
                } else {
                    throw failure;
                }
            }
        }
        throw unknown != null && away.isEmpty() ? unknown : unavailable(away);
    }

    /** Asks all at the same time; answers what those said that know what is asked for. Fails as {@link #first}. */
    public <T> List<T> every(Function<MeshAdmin, CompletionStage<T>> call) {
        Map<Peer, CompletableFuture<T>> asked = begin(peer -> call.apply(peer.admin()));
        List<T> answers = new ArrayList<>();
        EventMeshException unknown = null;
        List<String> away = new ArrayList<>();
        for (Map.Entry<Peer, CompletableFuture<T>> one : asked.entrySet()) {
            try {
                answers.add(await(one.getValue()));
            } catch (EventMeshException failure) {
                if (isUnknown(failure.code())) {
                    unknown = failure;
                } else if (isAway(failure.code())) {
                    away.add(one.getKey().runtime());
                } else {
                    throw failure;
                }
            }
        }
        if (answers.isEmpty()) {
            throw unknown != null && away.isEmpty() ? unknown : unavailable(away);
        }
        return answers;
    }

    private <T> Found<T> list(
            Function<Peer, CompletionStage<List<T>>> call,
            Function<T, String> namespaceOf,
            Function<T, String> nameOf,
            BinaryOperator<T> merge,
            String namespace,
            String after,
            int limit) {
        Map<String, T> all = new TreeMap<>();
        List<String> away = new ArrayList<>();
        int answered = 0;
        for (Map.Entry<Peer, CompletableFuture<List<T>>> one : begin(call).entrySet()) {
            try {
                await(one.getValue()).stream()
                        .filter(each ->
                                namespace.isEmpty() || namespaceOf.apply(each).equals(namespace))
                        .forEach(each -> all.merge(nameOf.apply(each), each, merge));
                answered++;
            } catch (EventMeshException failure) {
                away.add(one.getKey().runtime());
                log.debug(
                        "Mesh runtime did not answer. runtime={} error={}",
                        one.getKey().runtime(),
                        failure.reason());
            }
        }
        if (answered == 0) {
            throw unavailable(away);
        }
        List<T> page = all.entrySet().stream()
                .filter(entry -> entry.getKey().compareTo(after) > 0)
                .sorted(Map.Entry.comparingByKey(Comparator.naturalOrder()))
                .limit(limit <= 0 ? Long.MAX_VALUE : limit)
                .map(Map.Entry::getValue)
                .toList();
        return new Found<>(page, away);
    }

    private static boolean isUnknown(ErrorCode code) {
        return code == ErrorCode.NOT_FOUND || code == ErrorCode.TOPIC_NOT_FOUND;
    }

    private static boolean isAway(ErrorCode code) {
        return code == ErrorCode.SHUTTING_DOWN
                || code == ErrorCode.DEADLINE_EXCEEDED
                || code == ErrorCode.NOT_SUPPORTED
                || code == ErrorCode.STORAGE_UNAVAILABLE;
    }

    private static EventMeshException unavailable(List<String> away) {
        return new EventMeshException(
                ErrorCode.STORAGE_UNAVAILABLE,
                away.isEmpty()
                        ? "mesh runtimes: none is registered (expected: one at least)"
                        : "mesh runtimes: no answer of %s (expected: one of each)".formatted(away));
    }

    private <T> Map<Peer, CompletableFuture<T>> begin(Function<Peer, CompletionStage<T>> call) {
        Map<Peer, CompletableFuture<T>> asked = new LinkedHashMap<>();
        peers().forEach(peer -> asked.put(peer, begin(peer, call)));
        return asked;
    }

    private static <T> CompletableFuture<T> begin(Peer peer, Function<Peer, CompletionStage<T>> call) {
        CompletableFuture<T> answer = new CompletableFuture<>();
        try {
            call.apply(peer).whenComplete((value, failure) -> {
                if (failure == null) {
                    answer.complete(value);
                } else {
                    answer.completeExceptionally(EventMeshException.of(failure));
                }
            });
        } catch (RuntimeException failure) {
            answer.completeExceptionally(EventMeshException.of(failure));
        }
        return answer;
    }

    private List<Peer> peers() {
        List<Peer> peers = new ArrayList<>();
        context.localMesh().ifPresent(mesh -> peers.add(new Peer(context.runtimeId(), mesh, null)));
        Map<String, String> addresses = addresses();
        prune(addresses.values());
        addresses.forEach((runtime, address) -> {
            try {
                peers.add(new Peer(runtime, null, new RemoteMeshAdmin(channel(address))));
            } catch (IllegalArgumentException noAddress) {
                log.debug("Mesh runtime has no address. runtime={} error={}", runtime, noAddress.getMessage());
            }
        });
        return peers;
    }

    private Map<String, String> addresses() {
        Map<String, String> addresses = new TreeMap<>();
        boolean local = context.localMesh().isPresent();
        registrations.all().forEach((id, runtime) -> {
            if (!local || !id.equals(context.runtimeId())) {
                runtime.endpoint(ENDPOINT).ifPresent(address -> addresses.put(id, address));
            }
        });
        return addresses;
    }

    private Channel channel(String address) {
        ManagedChannel channel = channels.computeIfAbsent(
                address,
                target -> NettyChannelBuilder.forTarget(target)
                        .usePlaintext()
                        .eventLoopGroup(loop.get())
                        .channelType(NioSocketChannel.class)
                        .maxInboundMessageSize(MAX_MESSAGE)
                        .directExecutor()
                        .build());
        Metadata headers = new Metadata();
        headers.put(RuntimesOnly.CLUSTER_KEY, context.clusterKey().reveal());
        headers.put(RuntimesOnly.RUNTIME, context.runtimeId());
        return ClientInterceptors.intercept(channel, MetadataUtils.newAttachHeadersInterceptor(headers));
    }

    private void prune(Collection<String> addresses) {
        channels.forEach((address, channel) -> {
            if (!addresses.contains(address) && channels.remove(address, channel)) {
                channel.shutdownNow();
            }
        });
    }

    private static <T> T await(CompletableFuture<T> answer) {
        try {
            return answer.get(SECONDS, TimeUnit.SECONDS);
        } catch (ExecutionException failure) {
            throw EventMeshException.of(failure);
        } catch (TimeoutException late) {
            throw new EventMeshException(
                    ErrorCode.DEADLINE_EXCEEDED, "mesh: no answer (expected: within %d s)".formatted(SECONDS), late);
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw new EventMeshException(ErrorCode.SHUTTING_DOWN, "admin: closing (expected: running)", interrupted);
        }
    }

    @Override
    public void close() {
        channels.values().forEach(ManagedChannel::shutdownNow);
        channels.clear();
    }
}
