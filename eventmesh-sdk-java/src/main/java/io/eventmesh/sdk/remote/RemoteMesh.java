package io.eventmesh.sdk.remote;

import com.google.protobuf.CodedInputStream;
import com.google.protobuf.WireFormat;
import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.thread.NamedThreads;
import io.eventmesh.common.time.MeshClock;
import io.eventmesh.common.time.Scheduler;
import io.eventmesh.common.topic.SubscriptionName;
import io.eventmesh.proto.v1.DeleteSubscriptionAnswer;
import io.eventmesh.proto.v1.DeleteSubscriptionRequest;
import io.eventmesh.proto.v1.ListStreamsRequest;
import io.eventmesh.proto.v1.ListSubscriptionsRequest;
import io.eventmesh.proto.v1.MeshAdminServiceGrpc;
import io.eventmesh.proto.v1.MeshServiceGrpc;
import io.eventmesh.proto.v1.PublishRequest;
import io.eventmesh.proto.v1.PutSubscriptionAnswer;
import io.eventmesh.proto.v1.ReplyRequest;
import io.eventmesh.proto.v1.RequestAnswer;
import io.eventmesh.proto.v1.RequestRequest;
import io.eventmesh.sdk.discovery.EndpointDiscovery;
import io.eventmesh.spi.event.Event;
import io.eventmesh.spi.mesh.CallContext;
import io.eventmesh.spi.mesh.Member;
import io.eventmesh.spi.mesh.Mesh;
import io.eventmesh.spi.mesh.MeshEndpoint;
import io.eventmesh.spi.mesh.MeshProtos;
import io.eventmesh.spi.mesh.Outgoing;
import io.eventmesh.spi.mesh.Receiver;
import io.eventmesh.spi.mesh.StreamStatus;
import io.eventmesh.spi.mesh.SubscribeTerms;
import io.eventmesh.spi.mesh.SubscriptionStatus;
import io.eventmesh.spi.storage.Position;
import io.eventmesh.spi.target.Destination;
import io.eventmesh.spi.target.Outcome;
import io.grpc.ManagedChannel;
import io.grpc.MethodDescriptor;
import io.grpc.netty.NettyChannelBuilder;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.util.concurrent.EventExecutor;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
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
    private static final Duration KEEP_ALIVE_ANSWER = Duration.ofSeconds(5);
    private static final Duration CONNECT = Duration.ofSeconds(5);
    /** How much longer than the mesh a requester waits, so that the mesh's own answer is the one it gets. */
    private static final Duration ANSWER_TRAVELS = Duration.ofMillis(500);

    private static final MethodDescriptor<RequestRequest, Event> REQUEST = MeshServiceGrpc.getRequestMethod().toBuilder(
                    MeshServiceGrpc.getRequestMethod().getRequestMarshaller(),
                    new Unframing<>(in -> Event.scan(readEvent(in))))
            .build();

    private final EndpointDiscovery discovery;
    private final RemoteOptions options;
    private final EventLoopGroup loops;
    private final Links links;
    private final Wiring wiring;
    private final PublishLane lane;
    private final UnaryCalls calls;
    private final Set<RemoteMember> members = ConcurrentHashMap.newKeySet();
    private final Standing standing;
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
        this.standing = new Standing(clock);
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
                new Pauses(options.minBackoff(), options.maxBackoff(), random),
                new CallHeaders(options),
                standing,
                discovery);
        this.lane = new PublishLane(wiring);
        this.calls = new UnaryCalls(wiring);
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
        standing.tell(listener);
    }

    /** How this client stands now. */
    public ConnectionState state() {
        return standing.state();
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
     * <p>Over a connection it fails with DEADLINE_EXCEEDED when no runtime took the subscription in time. Afterwards the
     * member ends by itself only for a cause that another runtime would give as well.
     */
    @Override
    public CompletionStage<Member> subscribe(CallContext context, SubscribeTerms terms, Receiver receiver) {
        start();
        if (closed) {
            return CompletableFuture.failedFuture(closed());
        }
        RemoteMember member = new RemoteMember(wiring, context, terms, receiver, members::remove, this::onLoop);
        members.add(member);
        CompletionStage<Member> attached = member.open();
        if (closed) {
            member.abort();
        }
        return attached;
    }

    /** Only a runtime can send by itself: always NOT_SUPPORTED. */
    @Override
    public CompletionStage<Member> deliverTo(
            CallContext context, SubscribeTerms terms, Destination destination, Consumer<Outcome.Stop> onStopped) {
        return CompletableFuture.failedFuture(
                new EventMeshException(
                        ErrorCode.NOT_SUPPORTED,
                        "deliverTo over a connection (expected: putSubscription with a destination, or a mesh in this process)"));
    }

    /**
     * {@inheritDoc}
     *
     * <p>When the answer of a runtime was lost the call is made again, so that a subscription that it made is then
     * answered as not new.
     */
    @Override
    public CompletionStage<Boolean> putSubscription(CallContext context, SubscribeTerms terms) {
        start();
        return calls.call(
                        MeshServiceGrpc.getPutSubscriptionMethod(),
                        left -> MeshProtos.put(context.namespace(), terms),
                        wiring.deadline(context))
                .thenApply(PutSubscriptionAnswer::getCreated);
    }

    @Override
    public CompletionStage<Boolean> deleteSubscription(CallContext context, SubscriptionName subscription) {
        start();
        DeleteSubscriptionRequest delete = DeleteSubscriptionRequest.newBuilder()
                .setNamespace(subscription.namespace())
                .setGroup(subscription.group())
                .setPattern(subscription.pattern().value())
                .build();
        return calls.call(MeshServiceGrpc.getDeleteSubscriptionMethod(), left -> delete, wiring.deadline(context))
                .thenApply(DeleteSubscriptionAnswer::getExisted);
    }

    /**
     * {@inheritDoc}
     *
     * <p>When the runtime that waits for the reply is lost, the request is published again until the time-out: whoever
     * replies may see it twice, with the same source and id.
     */
    @Override
    public CompletionStage<Event> request(CallContext context, Outgoing request, Duration timeout) {
        start();
        PublishRequest frame = Frames.publish(0, context, request, wiring.lease());
        return calls.call(
                REQUEST,
                left -> RequestRequest.newBuilder()
                        .setRequest(frame)
                        .setTimeoutMs(Math.max(1, left.minus(ANSWER_TRAVELS).toMillis()))
                        .build(),
                wiring.clock().nanoTime() + timeout.plus(ANSWER_TRAVELS).toNanos());
    }

    @Override
    public CompletionStage<Void> reply(CallContext context, String replyTo, Event reply) {
        start();
        ReplyRequest frame = ReplyRequest.newBuilder()
                .setNamespace(context.namespace())
                .setReplyTo(replyTo)
                .setEvent(reply.toByteString())
                .build();
        return calls.call(MeshServiceGrpc.getReplyMethod(), left -> frame, wiring.deadline(context))
                .thenAccept(taken -> {});
    }

    /** The runtimes that the discovery named last. */
    @Override
    public List<MeshEndpoint> endpoints() {
        start();
        return links.known();
    }

    /** The streams of the runtime in use; for runtimes of the cluster only. */
    @Override
    public CompletionStage<List<StreamStatus>> streams() {
        start();
        return calls.call(
                        MeshAdminServiceGrpc.getListStreamsMethod(),
                        left -> ListStreamsRequest.getDefaultInstance(),
                        wiring.callDeadline())
                .thenApply(answer -> answer.getStreamsList().stream()
                        .map(MeshProtos::fromProto)
                        .toList());
    }

    /** The subscriptions of the runtime in use; for runtimes of the cluster only. */
    @Override
    public CompletionStage<List<SubscriptionStatus>> subscriptions() {
        start();
        return calls.call(
                        MeshAdminServiceGrpc.getListSubscriptionsMethod(),
                        left -> ListSubscriptionsRequest.getDefaultInstance(),
                        wiring.callDeadline())
                .thenApply(answer -> answer.getSubscriptionsList().stream()
                        .map(MeshProtos::fromProto)
                        .toList());
    }

    /** Takes nothing new, waits a bounded time for answers and settlements, and disconnects. */
    @Override
    public void close() {
        close(true);
    }

    /** Disconnects at once: what is not answered fails with SHUTTING_DOWN, its outcome unknown. */
    public void closeNow() {
        close(false);
    }

    private void close(boolean drains) {
        synchronized (this) {
            if (closed) {
                return;
            }
            closed = true;
        }
        if (drains) {
            List<CompletableFuture<Void>> ends = new ArrayList<>();
            ends.add(lane.drain().toCompletableFuture());
            ends.add(calls.drain().toCompletableFuture());
            for (RemoteMember member : members) {
                ends.add(member.left().toCompletableFuture());
                member.close();
            }
            awaitDrained(CompletableFuture.allOf(ends.toArray(CompletableFuture[]::new)));
        }
        lane.close();
        calls.close();
        members.forEach(RemoteMember::abort);
        discovery.close();
        links.close();
        standing.closed();
        loops.shutdownGracefully(0, 1, TimeUnit.SECONDS).awaitUninterruptibly(2, TimeUnit.SECONDS);
    }

    /** Whether the calling thread is one that stages complete on, which must not wait for them. */
    public boolean isOnOwnThread() {
        for (EventExecutor loop : loops) {
            if (loop.inEventLoop()) {
                return true;
            }
        }
        return false;
    }

    static EventMeshException closed() {
        return new EventMeshException(ErrorCode.SHUTTING_DOWN, "client: closed (expected: open)");
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
        calls.endpointsChanged();
        members.forEach(RemoteMember::endpointsChanged);
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
                .withOption(ChannelOption.CONNECT_TIMEOUT_MILLIS, (int) CONNECT.toMillis())
                .directExecutor()
                .disableRetry()
                .maxInboundMessageSize(options.maxMessageSize().intBytes())
                .flowControlWindow(4 << 20)
                .keepAliveTime(KEEP_ALIVE.toMillis(), TimeUnit.MILLISECONDS)
                .keepAliveTimeout(KEEP_ALIVE_ANSWER.toMillis(), TimeUnit.MILLISECONDS)
                .build();
    }

    private static byte[] readEvent(CodedInputStream in) throws IOException {
        byte[] event = {};
        for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
            if (tag == (RequestAnswer.EVENT_FIELD_NUMBER << 3 | WireFormat.WIRETYPE_LENGTH_DELIMITED)) {
                event = in.readByteArray();
            } else {
                Unframing.skip(in, tag);
            }
        }
        return event;
    }
}
