package io.eventmesh.admin.sync;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.topic.StreamName;
import io.eventmesh.proto.v1.ListStreamsRequest;
import io.eventmesh.proto.v1.ListSubscriptionsRequest;
import io.eventmesh.proto.v1.MeshAdminServiceGrpc;
import io.eventmesh.spi.mesh.Mesh;
import io.eventmesh.spi.mesh.MeshProtos;
import io.eventmesh.spi.mesh.StreamStatus;
import io.eventmesh.spi.mesh.SubscriptionStatus;
import io.eventmesh.spi.role.RoleContext;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.MetadataUtils;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.socket.nio.NioSocketChannel;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Asks the mesh runtimes for what lives with them: streams and subscriptions. The mesh of this process is asked
 * directly, the others by {@code MeshAdminService}.
 *
 * <p>Thread-safe; blocks for at most {@value #SECONDS} s for each runtime. Fails with STORAGE_UNAVAILABLE when there is
 * no mesh runtime or none answers.
 */
public final class MeshPeers implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(MeshPeers.class);
    private static final int SECONDS = 3;
    private static final String ENDPOINT = "mesh.grpc";

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

    /** The streams of all mesh runtimes, each once. */
    public Collection<StreamStatus> streams() {
        Map<StreamName, StreamStatus> all = new TreeMap<>();
        ask(
                        Mesh::streams,
                        stub -> stub.listStreams(ListStreamsRequest.getDefaultInstance()).getStreamsList().stream()
                                .map(MeshProtos::fromProto)
                                .toList())
                .forEach(stream -> all.putIfAbsent(stream.name(), stream));
        return all.values();
    }

    /** The subscriptions of all mesh runtimes, each once, with the members of all. */
    public Collection<SubscriptionStatus> subscriptions() {
        Map<String, SubscriptionStatus> all = new TreeMap<>();
        ask(
                        Mesh::subscriptions,
                        stub -> stub
                                .listSubscriptions(ListSubscriptionsRequest.getDefaultInstance())
                                .getSubscriptionsList()
                                .stream()
                                .map(MeshProtos::fromProto)
                                .toList())
                .forEach(one -> all.merge(one.name().toString(), one, MeshPeers::sum));
        return all.values();
    }

    private static SubscriptionStatus sum(SubscriptionStatus one, SubscriptionStatus other) {
        return new SubscriptionStatus(
                one.name(),
                one.members() > 0 ? one.state() : other.state(),
                one.terms(),
                one.members() + other.members(),
                Math.max(one.lagEvents(), other.lagEvents()),
                one.inFlight() + other.inFlight(),
                Math.max(one.parked(), other.parked()),
                one.gaps().size() >= other.gaps().size() ? one.gaps() : other.gaps(),
                one.problem().isEmpty() ? other.problem() : one.problem());
    }

    private <T> List<T> ask(
            Function<Mesh, CompletionStage<List<T>>> local,
            Function<MeshAdminServiceGrpc.MeshAdminServiceBlockingStub, List<T>> remote) {
        List<T> answers = new ArrayList<>();
        int answered = 0;
        if (context.localMesh().isPresent()) {
            answers.addAll(await(local.apply(context.localMesh().get())));
            answered++;
        }
        Map<String, String> addresses = addresses();
        prune(addresses.values());
        for (Map.Entry<String, String> peer : addresses.entrySet()) {
            try {
                answers.addAll(remote.apply(stub(peer.getValue())));
                answered++;
            } catch (StatusRuntimeException | IllegalArgumentException failure) {
                log.debug("Mesh runtime did not answer. runtime={} error={}", peer.getKey(), failure.getMessage());
            }
        }
        if (answered == 0) {
            throw new EventMeshException(
                    ErrorCode.STORAGE_UNAVAILABLE,
                    "mesh runtimes: %d registered, none answers (expected: one at least)".formatted(addresses.size()));
        }
        return answers;
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

    private MeshAdminServiceGrpc.MeshAdminServiceBlockingStub stub(String address) {
        ManagedChannel channel = channels.computeIfAbsent(
                address,
                target -> NettyChannelBuilder.forTarget(target)
                        .usePlaintext()
                        .eventLoopGroup(loop.get())
                        .channelType(NioSocketChannel.class)
                        .directExecutor()
                        .build());
        Metadata headers = new Metadata();
        headers.put(RuntimesOnly.CLUSTER_KEY, context.clusterKey().reveal());
        headers.put(RuntimesOnly.RUNTIME, context.runtimeId());
        return MeshAdminServiceGrpc.newBlockingStub(channel)
                .withInterceptors(MetadataUtils.newAttachHeadersInterceptor(headers))
                .withDeadlineAfter(SECONDS, TimeUnit.SECONDS);
    }

    private void prune(Collection<String> addresses) {
        channels.forEach((address, channel) -> {
            if (!addresses.contains(address) && channels.remove(address, channel)) {
                channel.shutdownNow();
            }
        });
    }

    private static <T> T await(CompletionStage<T> stage) {
        try {
            return stage.toCompletableFuture().get(SECONDS, TimeUnit.SECONDS);
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
