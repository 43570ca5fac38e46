package io.eventmesh.benchmarks.system;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.grpc.ManagedChannel;
import io.grpc.MethodDescriptor;
import io.netty.channel.EventLoopGroup;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * Runs phases against one server from one event loop. Every phase has streams and groups of its own, and fails unless
 * every event was stored and came to each of its groups exactly once.
 */
final class Trial {
    private static final AtomicInteger NEXT = new AtomicInteger();
    private static final int PATIENCE_SECONDS = 60;
    private static final int WARM_UP_SECONDS = 90;
    private static final int FURTHER_SECONDS = 12;
    /** Fewer calls leave rarer paths to be compiled during the measured phases. */
    private static final long WARM_UP_CALLS = 700_000;
    /** What a server's compilers may use while it counts as warm, in processor seconds a second. */
    private static final double COMPILING = 0.1;

    private static final int QUIET_SECONDS = 3;
    private static final double STEADY = 0.05;
    private static final long MAX_UNDERWAY = 8192;
    private static final long MAX_UNDERWAY_BYTES = 16 << 20;
    private static final String PUBLISHER = "org.apache.eventmesh.cloudevents.v1.PublisherService/";
    static final MethodDescriptor<byte[], byte[]> PUBLISH =
            RawBytes.method(MethodDescriptor.MethodType.UNARY, PUBLISHER + "publish");
    static final MethodDescriptor<byte[], byte[]> BATCH =
            RawBytes.method(MethodDescriptor.MethodType.UNARY, PUBLISHER + "batchPublish");

    /** How long a phase lasts. */
    private interface Span {
        void pass(Load load) throws IOException;
    }

    private final ServerProcess server;
    private final EventLoopGroup loop;
    private final boolean echo;
    private final @Nullable Route route;

    /**
     * Whose events come out elsewhere than they go in.
     *
     * @param into first level of the topics that are published to
     * @param from pattern of what is subscribed
     */
    private record Route(String into, String from) {}

    private Trial(ServerProcess server, EventLoopGroup loop, boolean echo, @Nullable Route route) {
        this.server = server;
        this.loop = loop;
        this.echo = echo;
        this.route = route;
    }

    static Trial ofEcho(ServerProcess server, EventLoopGroup loop) {
        return new Trial(server, loop, true, null);
    }

    static Trial ofMesh(ServerProcess server, EventLoopGroup loop) {
        return new Trial(server, loop, false, null);
    }

    /** With rules between what is published below {@code into} and what comes from {@code from}. */
    static Trial byRules(ServerProcess server, EventLoopGroup loop, String into, String from) {
        return new Trial(server, loop, false, new Route(into, from));
    }

    /** A phase of so many seconds. */
    Phase run(Setting setting, int seconds) throws Exception {
        return run(setting, load -> pause(seconds));
    }

    /**
     * Until two successive seconds give nearly the same rate, the server's code has been compiled for a while, and enough
     * calls were made.
     */
    Phase warmUp(Setting setting) throws Exception {
        return warmUp(setting, WARM_UP_SECONDS, WARM_UP_CALLS);
    }

    /** The same for what a server that is warm has not done before. */
    Phase warmUpFurther(Setting setting) throws Exception {
        return warmUp(setting, FURTHER_SECONDS, 0);
    }

    private Phase warmUp(Setting setting, int atMost, long calls) throws Exception {
        return run(setting, load -> {
            long total = 0;
            long last = 0;
            int quiet = 0;
            double compiled = server.compilerSeconds();
            for (int second = 1; second <= atMost; second++) {
                pause(1);
                long sum = load.answered();
                long now = sum - total;
                double compiling = server.compilerSeconds() - compiled;
                quiet = compiling < COMPILING ? quiet + 1 : 0;
                if (quiet >= QUIET_SECONDS && sum >= calls && Math.abs(now - last) < STEADY * now) {
                    return;
                }
                total = sum;
                last = now;
                compiled += compiling;
            }
        });
    }

    private Phase run(Setting setting, Span span) throws Exception {
        List<ManagedChannel> channels = new ArrayList<>();
        for (int i = 0; i < setting.connections(); i++) {
            channels.add(RawBytes.channel(server.host(), server.port(), loop));
        }
        try {
            return run(setting, channels, span);
        } finally {
            channels.forEach(ManagedChannel::shutdownNow);
        }
    }

    private Phase run(Setting setting, List<ManagedChannel> channels, Span span) throws Exception {
        String phase = "bench-" + NEXT.incrementAndGet();
        String stream = route == null ? phase : route.into();
        List<SampleEvent> topics = new ArrayList<>();
        for (int i = 0; i < setting.topics(); i++) {
            topics.add(new SampleEvent(stream + "/t" + i, setting.payload()));
        }
        Requests requests = new Requests(topics, setting.eventsEach(), new AtomicLong());
        List<Deliveries> groups = new ArrayList<>();
        for (int i = 0; !echo && i < setting.groups(); i++) {
            String pattern = setting.split() || setting.topics() == 1
                    ? stream + "/t" + (setting.split() ? i : 0)
                    : stream + "/>";
            groups.add(new Deliveries(
                    channels.get(i % channels.size()),
                    route == null ? pattern : route.from(),
                    phase + "-" + i,
                    requests));
        }
        double cpu = server.cpuSeconds();
        double allocated = server.allocatedBytes();
        long start = System.nanoTime();
        long copies = setting.split() ? 1 : setting.groups();
        Clearance clearance = echo
                ? Clearance.NONE
                : Clearance.of(loop, () -> requests.made() - delivered(groups) / copies, mayBeUnderway(setting));
        Load load = load(setting, channels, stream, requests, clearance);
        span.pass(load);
        load.stop();
        if (!echo) {
            awaitDeliveries(groups, load, copies);
        }
        double took = (System.nanoTime() - start) / 1e9;
        double bytes = server.allocatedBytes() - allocated;
        double seconds = server.cpuSeconds() - cpu;
        groups.forEach(Deliveries::close);
        long delivered = echo ? load.answered() : delivered(groups);
        requireAll(load, groups, copies);
        Latencies latencies = new Latencies();
        groups.forEach(group -> latencies.addAll(group.latencies()));
        return new Phase(
                load.answered() / took,
                delivered / took,
                load.latencies(),
                echo ? load.latencies() : latencies,
                seconds * 1e6 / Math.max(1, delivered),
                bytes / Math.max(1, load.answered()));
    }

    private static long mayBeUnderway(Setting setting) {
        long calls = (long) setting.outstanding() * setting.eventsEach();
        return Math.max(2 * calls, Math.min(MAX_UNDERWAY, MAX_UNDERWAY_BYTES / setting.payload()));
    }

    private Load load(
            Setting setting, List<ManagedChannel> channels, String stream, Requests requests, Clearance clearance) {
        MethodDescriptor<byte[], byte[]> method =
                echo ? EchoServer.ECHO : setting.kind() == Setting.Kind.BATCH ? BATCH : PUBLISH;
        java.util.function.Predicate<byte[]> expected = echo ? answer -> true : new StatusAnswers();
        if (!echo && setting.kind() == Setting.Kind.STREAM) {
            return new StreamLoad(channels.get(0), stream + "/t0", requests, clearance, setting.outstanding());
        }
        if (setting.perSecond() > 0) {
            return new PacedLoad(loop, channels.get(0), method, requests, expected, setting.perSecond());
        }
        return new UnaryLoad(channels, method, requests, expected, clearance, setting.outstanding());
    }

    private static long delivered(List<Deliveries> groups) {
        return groups.stream().mapToLong(Deliveries::delivered).sum();
    }

    private static void awaitDeliveries(List<Deliveries> groups, Load load, long copies) {
        long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
        while (delivered(groups) < load.answered() * copies && System.nanoTime() < until) {
            LockSupport.parkNanos(1_000_000);
        }
    }

    private void requireAll(Load load, List<Deliveries> groups, long copies) {
        long doubled = groups.stream().mapToLong(Deliveries::doubled).sum();
        boolean all = echo || delivered(groups) == load.answered() * copies;
        if (load.failed() > 0 || !all || doubled > 0) {
            throw new EventMeshException(
                    ErrorCode.INTERNAL,
                    "published %d, failed %d, delivered %d to %d groups, doubled %d (expected: all once); first stream %s"
                            .formatted(
                                    load.answered(),
                                    load.failed(),
                                    delivered(groups),
                                    groups.size(),
                                    doubled,
                                    groups.isEmpty() ? "none" : groups.get(0).ended()));
        }
    }

    static void pause(double seconds) {
        long until = System.nanoTime() + (long) (seconds * 1e9);
        for (long left = until - System.nanoTime(); left > 0; left = until - System.nanoTime()) {
            LockSupport.parkNanos(left);
        }
    }
}
