package io.eventmesh.sdk.remote;

import io.eventmesh.common.config.Secret;
import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.thread.NamedThreads;
import io.eventmesh.common.time.MeshClock;
import io.eventmesh.common.time.Scheduler;
import io.eventmesh.common.topic.SubscriptionName;
import io.eventmesh.sdk.discovery.EndpointDiscovery;
import io.eventmesh.spi.event.Event;
import io.eventmesh.spi.mesh.CallContext;
import io.eventmesh.spi.mesh.Member;
import io.eventmesh.spi.mesh.Mesh;
import io.eventmesh.spi.mesh.MeshEndpoint;
import io.eventmesh.spi.mesh.Outgoing;
import io.eventmesh.spi.mesh.Receiver;
import io.eventmesh.spi.mesh.StreamStatus;
import io.eventmesh.spi.mesh.SubscribeTerms;
import io.eventmesh.spi.mesh.SubscriptionStatus;
import io.eventmesh.spi.security.Authenticator;
import io.eventmesh.spi.storage.Position;
import io.eventmesh.spi.target.Destination;
import io.eventmesh.spi.target.Outcome;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.netty.NettyChannelBuilder;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioSocketChannel;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A {@link Mesh} in other processes, reached by {@code eventmesh.v1.MeshService}: it stays with one runtime until that
 * one fails and then moves to another one that the discovery names, also to one that came back at another address.
 *
 * <p>Publishes that were not answered when a runtime was lost are sent again until their deadline, so that an event
 * whose answer was lost is stored twice: at least once. Members keep their terms and their remaining credit across
 * runtimes; what was delivered and not settled comes again with a new delivery id, and settling the old one does
 * nothing.
 *
 * <p>Makes no connection before the first call or {@link #start}. Thread-safe; stages and receivers are called on the
 * client's I/O thread ({@code mesh-client-io-*}) or on a calling one and must not block. The principal of a call's
 * context does not travel: the runtime asks the connection who it is.
 */
public final class RemoteMesh implements Mesh, AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(RemoteMesh.class);
    private static final Duration KEEP_ALIVE = Duration.ofSeconds(10);
    private static final Metadata.Key<String> CLUSTER_KEY = key(Authenticator.CLUSTER_KEY_HEADER);
    private static final Metadata.Key<String> RUNTIME = key(Authenticator.RUNTIME_HEADER);

    private final EndpointDiscovery discovery;
    private final RemoteOptions options;
    private final EventLoopGroup loops;
    private final Links links;
    private final Wiring wiring;
    private final PublishLane lane;
    private final Set<RemoteMember> members = ConcurrentHashMap.newKeySet();
    private final List<Consumer<ConnectionState>> listeners = new CopyOnWriteArrayList<>();
    private ConnectionState state = ConnectionState.CONNECTING;
    private boolean started;
    private volatile boolean closed;

    /** Uses the machine's clock and the default options. */
    public RemoteMesh(EndpointDiscovery discovery) {
        this(discovery, RemoteOptions.defaults(), MeshClock.system(), RandomGenerator.getDefault());
    }

    /**
     * @param discovery names the runtimes; started with the first call and closed with this mesh
     * @param clock measures deadlines and silence
     * @param random chooses among runtimes and spreads pauses
     */
    public RemoteMesh(EndpointDiscovery discovery, RemoteOptions options, MeshClock clock, RandomGenerator random) {
        this.discovery = discovery;
        this.options = options;
        this.loops = new MultiThreadIoEventLoopGroup(1, new NamedThreads("mesh-client-io"), NioIoHandler.newFactory());
        this.links = new Links(this::channel, clock, random);
        Scheduler scheduler = (delay, task) -> {
            if (loops.isShuttingDown()) {
                return () -> {};
            }
            Future<?> scheduled = loops.schedule(task, delay.toNanos(), TimeUnit.NANOSECONDS);
            return () -> scheduled.cancel(false);
        };
        this.wiring = new Wiring(
                options,
                clock,
                scheduler,
                this::onLoop,
                links,
                new Backoff(options.minBackoff(), options.maxBackoff(), random),
                this::headers,
                this::changed);
        this.lane = new PublishLane(wiring);
    }

    /** Begins to look for runtimes; any number of times. The first call does so by itself. */
    public synchronized void start() {
        if (!started && !closed) {
            started = true;
            discovery.start(this::endpointsChanged);
        }
    }

    /**
     * Tells a listener each change of {@link ConnectionState} from now on, on an I/O or calling thread that it must not
     * block.
     */
    public void onStateChange(Consumer<ConnectionState> listener) {
        listeners.add(listener);
    }

    @Override
    public CompletionStage<Position> publish(CallContext context, Outgoing event) {
        start();
        return lane.publish(context, event);
    }

    @Override
    public List<CompletionStage<Position>> publish(CallContext context, List<Outgoing> events) {
        start();
        return lane.publish(context, events);
    }

    /**
     * {@inheritDoc}
     *
     * <p>Over a connection only the starts earliest and latest exist, others fail with NOT_SUPPORTED; with
     * DEADLINE_EXCEEDED it fails when no runtime took the subscription in time. Afterwards the member ends by itself
     * only for a cause that another runtime would give as well.
     */
    @Override
    public CompletionStage<Member> subscribe(CallContext context, SubscribeTerms terms, Receiver receiver) {
        start();
        if (closed) {
            return CompletableFuture.failedFuture(
                    new EventMeshException(ErrorCode.SHUTTING_DOWN, "client: closed (expected: open)"));
        }
        RemoteMember member = new RemoteMember(wiring, context, terms, receiver, members::remove, this::onLoop);
        members.add(member);
        CompletionStage<Member> attached = member.open();
        if (closed) {
            member.abort();
        }
        return attached;
    }

    /** The runtimes that the discovery named last. */
    @Override
    public CompletionStage<Member> deliverTo(
            CallContext context, SubscribeTerms terms, Destination destination, Consumer<Outcome.Stop> onStopped) {
        return CompletableFuture.failedFuture(new EventMeshException(ErrorCode.NOT_SUPPORTED, "not yet"));
    }

    @Override
    public CompletionStage<Boolean> putSubscription(CallContext context, SubscribeTerms terms) {
        return CompletableFuture.failedFuture(new EventMeshException(ErrorCode.NOT_SUPPORTED, "not yet"));
    }

    @Override
    public CompletionStage<Boolean> deleteSubscription(CallContext context, SubscriptionName subscription) {
        return CompletableFuture.failedFuture(new EventMeshException(ErrorCode.NOT_SUPPORTED, "not yet"));
    }

    @Override
    public CompletionStage<Event> request(CallContext context, Outgoing request, Duration timeout) {
        return CompletableFuture.failedFuture(new EventMeshException(ErrorCode.NOT_SUPPORTED, "not yet"));
    }

    @Override
    public CompletionStage<Void> reply(CallContext context, String replyTo, Event reply) {
        return CompletableFuture.failedFuture(new EventMeshException(ErrorCode.NOT_SUPPORTED, "not yet"));
    }

    @Override
    public List<MeshEndpoint> endpoints() {
        start();
        return links.known();
    }

    /** The streams of the runtime in use; for runtimes of the cluster only. */
    @Override
    public CompletionStage<List<StreamStatus>> streams() {
        start();
        return OperatorCalls.streams(wiring);
    }

    /** The subscriptions of the runtime in use; for runtimes of the cluster only. */
    @Override
    public CompletionStage<List<SubscriptionStatus>> subscriptions() {
        start();
        return OperatorCalls.subscriptions(wiring);
    }

    /** Takes nothing new, waits a bounded time for answers and settlements, and disconnects. */
    @Override
    public void close() {
        synchronized (this) {
            if (closed) {
                return;
            }
            closed = true;
        }
        List<CompletableFuture<Void>> ends = new ArrayList<>();
        ends.add(lane.drain().toCompletableFuture());
        for (RemoteMember member : members) {
            ends.add(member.left().toCompletableFuture());
            member.close();
        }
        awaitDrained(CompletableFuture.allOf(ends.toArray(CompletableFuture[]::new)));
        lane.close();
        members.forEach(RemoteMember::abort);
        discovery.close();
        links.close();
        changed(ConnectionState.CLOSED);
        loops.shutdownGracefully(0, 1, TimeUnit.SECONDS).awaitUninterruptibly(2, TimeUnit.SECONDS);
    }

    private void awaitDrained(CompletableFuture<Void> drained) {
        try {
            drained.get(options.drainTimeout().toNanos(), TimeUnit.NANOSECONDS);
        } catch (TimeoutException | ExecutionException late) {
            log.warn(
                    "Client closed with calls unanswered. waitedMs={}",
                    options.drainTimeout().toMillis());
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private void endpointsChanged(List<MeshEndpoint> endpoints) {
        links.update(endpoints);
        lane.endpointsChanged();
        members.forEach(RemoteMember::endpointsChanged);
    }

    private void changed(ConnectionState next) {
        synchronized (this) {
            boolean before = state == ConnectionState.CONNECTING && next == ConnectionState.FAILOVER;
            if (state == next || state == ConnectionState.CLOSED || before) {
                return;
            }
            state = next;
        }
        log.info("Connection to the mesh changed. state={}", next);
        listeners.forEach(listener -> listener.accept(next));
    }

    private void onLoop(Runnable work) {
        if (!loops.isShuttingDown()) {
            loops.execute(work);
        }
    }

    private ManagedChannel channel(String address) {
        return NettyChannelBuilder.forTarget(address)
                .usePlaintext()
                .eventLoopGroup(loops)
                .channelType(NioSocketChannel.class)
                .directExecutor()
                .disableRetry()
                .maxInboundMessageSize(options.maxMessageSize().intBytes())
                .flowControlWindow(4 << 20)
                .keepAliveTime(KEEP_ALIVE.toMillis(), TimeUnit.MILLISECONDS)
                .keepAliveTimeout(KEEP_ALIVE.toMillis(), TimeUnit.MILLISECONDS)
                .build();
    }

    private Metadata headers() {
        Metadata headers = new Metadata();
        Secret clusterKey = options.clusterKey();
        String runtime = options.runtime();
        if (clusterKey != null && runtime != null) {
            headers.put(CLUSTER_KEY, clusterKey.reveal());
            headers.put(RUNTIME, runtime);
        }
        return headers;
    }

    private static Metadata.Key<String> key(String name) {
        return Metadata.Key.of(name, Metadata.ASCII_STRING_MARSHALLER);
    }
}
