package io.eventmesh.benchmarks;

import io.eventmesh.benchmarks.system.SampleEvent;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.thread.NamedThreads;
import io.eventmesh.common.time.MeshClock;
import io.eventmesh.common.time.Scheduler;
import io.eventmesh.common.topic.TopicName;
import io.eventmesh.common.topic.TopicPattern;
import io.eventmesh.runtime.mesh.LocalMesh;
import io.eventmesh.runtime.mesh.MeshSettings;
import io.eventmesh.runtime.mesh.MeshSurroundings;
import io.eventmesh.spi.event.Event;
import io.eventmesh.spi.mesh.CallContext;
import io.eventmesh.spi.mesh.Delivery;
import io.eventmesh.spi.mesh.Member;
import io.eventmesh.spi.mesh.Outgoing;
import io.eventmesh.spi.mesh.Receiver;
import io.eventmesh.spi.mesh.SubscribeTerms;
import io.eventmesh.spi.security.Principal;
import io.eventmesh.spi.storage.DeliveryTerms;
import io.eventmesh.spi.storage.Start;
import io.eventmesh.storage.memory.MemoryStorage;
import io.eventmesh.storage.memory.MemoryStorageConfig;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * One publish through the engine to each group's only member, which acks at once or so many deliveries later; no wire,
 * memory storage.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class EngineBenchmark {
    @Param({"1", "100"})
    public int groups;

    @Param({"0", "700"})
    public int unacked;

    private final ExecutorService dispatch = Executors.newFixedThreadPool(1, new NamedThreads("dispatch"));
    private final ScheduledExecutorService timer = Executors.newScheduledThreadPool(1, new NamedThreads("timer"));
    private final MemoryStorage storage = new MemoryStorage(MemoryStorageConfig.defaults(), MeshClock.system());
    private final CallContext context = CallContext.of(Principal.ANONYMOUS, "benchmark");
    private final TopicName topic = TopicName.of("bench/x");
    private final LocalMesh mesh = new LocalMesh(
            storage,
            MeshSettings.defaults("benchmark"),
            MeshSurroundings.of(MeshClock.system(), scheduler(), dispatch, new SimpleMeterRegistry()));
    private final List<Acking> members = new ArrayList<>();
    private byte[] bytes = {};
    private long published;

    /** Acks what came so many deliveries ago and asks for as much again. */
    private static final class Acking implements Receiver {
        private final long[] tail;
        private volatile long came;
        private @Nullable Member member;

        Acking(int unacked) {
            tail = new long[unacked + 1];
        }

        @Override
        public void deliver(Delivery delivery) {
            Member to = member;
            if (to != null) {
                long count = came;
                tail[(int) (count % tail.length)] = delivery.id();
                if (++count >= tail.length) {
                    to.ack(tail[(int) (count % tail.length)]);
                }
                came = count;
                to.request(1, delivery.record().event().size());
            }
        }

        @Override
        public void closed(@Nullable EventMeshException cause) {}
    }

    private Scheduler scheduler() {
        return (delay, task) -> {
            Future<?> scheduled = timer.schedule(task, delay.toNanos(), TimeUnit.NANOSECONDS);
            return () -> scheduled.cancel(false);
        };
    }

    @Setup
    public void start() throws Exception {
        storage.start();
        mesh.start();
        for (int i = 0; i < groups; i++) {
            Acking acking = new Acking(unacked);
            SubscribeTerms terms = new SubscribeTerms(
                    "g" + i, TopicPattern.of("bench/>"), Start.latest(), DeliveryTerms.DEFAULT, "benchmark");
            Member member =
                    mesh.subscribe(context, terms, acking).toCompletableFuture().get(5, TimeUnit.SECONDS);
            acking.member = member;
            members.add(acking);
            member.request(4096, 8 << 20);
        }
        bytes = new SampleEvent("bench/x", 1024).numbered(1);
    }

    @TearDown
    public void stop() {
        mesh.close();
        storage.close();
        dispatch.shutdownNow();
        timer.shutdownNow();
    }

    @Benchmark
    public Object publishAndDeliver() {
        Object stored = mesh.publish(context, new Outgoing(topic, Event.scan(bytes)))
                .toCompletableFuture()
                .join();
        if (++published % 256 == 0) {
            // or the stream would fill, and refusals be measured
            members.forEach(this::awaitNear);
        }
        return stored;
    }

    private void awaitNear(Acking member) {
        while (published - member.came > 1024) {
            Thread.onSpinWait();
        }
    }
}
