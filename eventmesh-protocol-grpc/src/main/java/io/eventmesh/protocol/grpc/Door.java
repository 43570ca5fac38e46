package io.eventmesh.protocol.grpc;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.thread.SerialExecutor;
import io.eventmesh.common.topic.Names;
import io.eventmesh.spi.mesh.CallContext;
import io.eventmesh.spi.mesh.Mesh;
import io.eventmesh.spi.protocol.ProtocolContext;
import io.eventmesh.spi.security.Authenticator;
import io.eventmesh.spi.security.Principal;
import io.grpc.Attributes;
import io.grpc.Context;
import io.grpc.Deadline;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerTransportFilter;
import io.netty.channel.EventLoopGroup;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/** What the calls of one door share: who calls, what is open, and whether the door still takes work. Thread-safe. */
final class Door {
    /** A call that lasts, which wants to be told when the door takes no more work, and when it closes. */
    interface OpenStream {
        /** Ends the call if only new work could come by it, with SHUTTING_DOWN, once what it accepted is answered. */
        default void drain() {}

        /** Ends the call with SHUTTING_DOWN, at once or very soon. */
        void shut();
    }

    private static final Metadata.Key<String> CLUSTER_KEY = key(Authenticator.CLUSTER_KEY_HEADER);
    private static final Metadata.Key<String> RUNTIME = key(Authenticator.RUNTIME_HEADER);
    private static final Metadata.Key<String> AUTHORIZATION = key("authorization");
    private static final Metadata.Key<String> TRACEPARENT = key("traceparent");
    private static final Attributes.Key<Integer> CONNECTION = Attributes.Key.create("eventmesh-connection");

    private final ProtocolContext context;
    private final GrpcConfig config;
    private final Set<OpenStream> streams = ConcurrentHashMap.newKeySet();
    private List<Home> homes = List.of();
    private volatile boolean draining;
    private volatile boolean shut;

    Door(GrpcConfig config, ProtocolContext context) {
        this.config = config;
        this.context = context;
    }

    ProtocolContext context() {
        return context;
    }

    GrpcConfig config() {
        return config;
    }

    Mesh mesh() {
        return context.mesh();
    }

    /** Says on which loops calls come; before the first of them. */
    void openOn(EventLoopGroup loops) {
        List<Home> made = new ArrayList<>();
        loops.forEach(loop -> made.add(new Home(loop, context.dispatch())));
        homes = List.copyOf(made);
    }

    /** The loop that this is, which is that of the call that begins here. */
    Home home() {
        for (Home home : homes) {
            if (home.isHere()) {
                return home;
            }
        }
        throw new IllegalStateException(
                "A call began on thread " + Thread.currentThread().getName());
    }

    SerialExecutor serial() {
        return new SerialExecutor(context.dispatch(), context.clock()::nanoTime);
    }

    /** For the state of a call on this loop. */
    SerialExecutor serial(Home home) {
        return SerialExecutor.at(home::executeLater, home::isHere, context.clock()::nanoTime);
    }

    /**
     * Who makes the call, until when it waits, and by which connection it came.
     *
     * @throws EventMeshException SHUTTING_DOWN or what the authenticator says
     */
    CallContext caller(ServerCall<?, ?> call, Metadata headers) {
        requireOpen();
        return lateCaller(call, headers);
    }

    /**
     * As {@link #caller}, for calls that end what others began: they are taken until the door closes.
     *
     * @throws EventMeshException what the authenticator says
     */
    CallContext lateCaller(ServerCall<?, ?> call, Metadata headers) {
        Principal principal = context.authenticator().authenticate(credentials(headers));
        Integer connection = call.getAttributes().get(CONNECTION);
        return new CallContext(
                principal,
                Names.DEFAULT_NAMESPACE,
                "grpc",
                connection == null ? 0 : connection,
                deadline(),
                headers.get(TRACEPARENT),
                null);
    }

    /**
     * The caller's context in the namespace that a message names, if it names one.
     *
     * @throws EventMeshException REQUEST_INVALID
     */
    static CallContext in(CallContext caller, String namespace) {
        return namespace.isEmpty() ? caller : caller.inNamespace(Names.requireName("namespace", namespace));
    }

    private long deadline() {
        Deadline deadline = Context.current().getDeadline();
        return deadline == null ? 0 : context.clock().nanoTime() + deadline.timeRemaining(TimeUnit.NANOSECONDS);
    }

    void requireOpen() {
        if (draining) {
            throw shuttingDown();
        }
    }

    EventMeshException shuttingDown() {
        return new EventMeshException(
                ErrorCode.SHUTTING_DOWN,
                "runtime %s: shutting down (expected: another runtime)".formatted(context.runtimeId()));
    }

    /** Remembers a stream that wants to be told of the door's end; tells it at once when that has begun. */
    void opened(OpenStream stream) {
        streams.add(stream);
        if (draining) {
            stream.drain();
        }
        if (shut) {
            stream.shut();
        }
    }

    void ended(OpenStream stream) {
        streams.remove(stream);
    }

    /** Takes no new work; any number of times. */
    void drain() {
        draining = true;
        streams.forEach(OpenStream::drain);
    }

    /** Ends all streams. */
    void shut() {
        drain();
        shut = true;
        streams.forEach(OpenStream::shut);
    }

    /** Gives each connection a number. */
    static ServerTransportFilter numbering() {
        AtomicInteger next = new AtomicInteger();
        return new ServerTransportFilter() {
            @Override
            public Attributes transportReady(Attributes attributes) {
                return attributes.toBuilder()
                        .set(CONNECTION, next.incrementAndGet())
                        .build();
            }
        };
    }

    private static Authenticator.Credentials credentials(Metadata headers) {
        String clusterKey = headers.get(CLUSTER_KEY);
        String runtime = headers.get(RUNTIME);
        String authorization = headers.get(AUTHORIZATION);
        return clusterKey == null && runtime == null && authorization == null
                ? Authenticator.Credentials.NONE
                : new Authenticator.Credentials(clusterKey, runtime, authorization);
    }

    private static Metadata.Key<String> key(String name) {
        return Metadata.Key.of(name, Metadata.ASCII_STRING_MARSHALLER);
    }
}
