package io.eventmesh.runtime.mesh.peer;

import io.eventmesh.common.config.DataSize;
import io.eventmesh.common.config.Secret;
import io.eventmesh.common.thread.NamedThreads;
import io.eventmesh.common.time.MeshClock;
import io.eventmesh.common.time.Scheduler;
import io.eventmesh.common.topic.StreamName;
import io.eventmesh.common.topic.SubscriptionName;
import io.eventmesh.common.topic.TopicName;
import io.eventmesh.common.topic.TopicPattern;
import io.eventmesh.protocol.grpc.GrpcConfig;
import io.eventmesh.protocol.grpc.GrpcPeerLinksProvider;
import io.eventmesh.protocol.grpc.GrpcServerProvider;
import io.eventmesh.runtime.mesh.LocalMesh;
import io.eventmesh.runtime.mesh.MeshSettings;
import io.eventmesh.runtime.mesh.MeshSurroundings;
import io.eventmesh.spi.event.Event;
import io.eventmesh.spi.mesh.CallContext;
import io.eventmesh.spi.mesh.Member;
import io.eventmesh.spi.mesh.MeshEndpoint;
import io.eventmesh.spi.mesh.Outgoing;
import io.eventmesh.spi.mesh.Receiver;
import io.eventmesh.spi.mesh.SubscribeTerms;
import io.eventmesh.spi.protocol.ProtocolContext;
import io.eventmesh.spi.protocol.ProtocolServer;
import io.eventmesh.spi.security.Principal;
import io.eventmesh.spi.storage.DeliveryTerms;
import io.eventmesh.spi.storage.Position;
import io.eventmesh.spi.storage.Start;
import io.eventmesh.spi.storage.StreamSettings;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/** Mesh runtimes over one shared storage, with gRPC between them. */
final class PeerCluster implements AutoCloseable {
    static final CallContext CALLER = CallContext.of(Principal.ANONYMOUS, "test");
    static final StreamName ORDERS = new StreamName("default", "orders");

    private final ScheduledExecutorService timer =
            Executors.newSingleThreadScheduledExecutor(new NamedThreads("cluster-timer"));
    private final ExecutorService dispatch = Executors.newFixedThreadPool(4, new NamedThreads("cluster-dispatch"));
    private final Scheduler scheduler = (delay, task) -> {
        if (timer.isShutdown()) {
            return () -> {};
        }
        Future<?> scheduled = timer.schedule(task, delay.toNanos(), TimeUnit.NANOSECONDS);
        return () -> scheduled.cancel(false);
    };
    final SharedMemory memory = new SharedMemory(MeshClock.system(), scheduler, dispatch);
    private final List<Node> nodes = new CopyOnWriteArrayList<>();

    /** One runtime. */
    final class Node {
        final String id;
        final SharedView view = memory.view();
        final SimpleMeterRegistry meters = new SimpleMeterRegistry();
        final LocalMesh mesh;
        private final ProtocolServer door;
        private volatile boolean listed = true;

        private Node(String id, MeshSettings settings) {
            this.id = id;
            this.mesh =
                    new LocalMesh(view, settings, MeshSurroundings.of(MeshClock.system(), scheduler, dispatch, meters));
            mesh.announce(PeerCluster.this::endpoints);
            mesh.start();
            this.door = new GrpcServerProvider()
                    .create(
                            new GrpcConfig(
                                    true,
                                    "127.0.0.1",
                                    0,
                                    "",
                                    DataSize.ofMebibytes(4),
                                    DataSize.ofMebibytes(4),
                                    1,
                                    Duration.ofMillis(500),
                                    Duration.ofSeconds(5),
                                    Duration.ofSeconds(60)),
                            new ProtocolContext(
                                    id,
                                    mesh,
                                    credentials -> credentials.clusterKey() == null
                                            ? Principal.ANONYMOUS
                                            : Principal.runtime(String.valueOf(credentials.runtime())),
                                    (key, host) -> {},
                                    DataSize.ofMebibytes(1),
                                    MeshClock.system(),
                                    scheduler,
                                    dispatch));
            door.start();
            nodes.add(this);
            mesh.meet(new GrpcPeerLinksProvider()
                    .create(id, Secret.of("key"), DataSize.ofMebibytes(1), MeshClock.system()));
        }

        MeshEndpoint endpoint() {
            return new MeshEndpoint(id, door.address(), "");
        }

        Member subscribe(String group, Receiver receiver) {
            return subscribe(group, DeliveryTerms.DEFAULT, receiver);
        }

        Member subscribe(String group, DeliveryTerms delivery, Receiver receiver) {
            SubscribeTerms terms =
                    new SubscribeTerms(group, TopicPattern.of("orders"), Start.earliest(), delivery, "test");
            return now(mesh.subscribe(CALLER, terms, receiver));
        }

        Position publish(String id, String key) {
            return now(publishing(id, key));
        }

        CompletionStage<Position> publishing(String id, String key) {
            return mesh.publish(CALLER, new Outgoing(TopicName.of("orders"), event(id, key)));
        }

        int owned(String group) {
            return view.owned(name(group)).size();
        }

        /** As a SIGKILL does, once its session is over. */
        void kill() {
            listed = false;
            view.kill();
            door.close();
            mesh.close();
            nodes.remove(this);
        }

        /** As a SIGTERM does. */
        void end() {
            listed = false;
            door.drain();
            now(mesh.drain());
            door.close();
            mesh.close();
            view.close();
            nodes.remove(this);
        }
    }

    Node node(String id) {
        return new Node(id, MeshSettings.defaults(id));
    }

    Node node(MeshSettings settings) {
        return new Node(settings.runtimeId(), settings);
    }

    void stream(int partitions) {
        now(memory.behind.createStream(ORDERS, new StreamSettings(partitions)));
    }

    static SubscriptionName name(String group) {
        return new SubscriptionName("default", group, TopicPattern.of("orders"));
    }

    static Event event(String id, String key) {
        return Event.builder()
                .id(id)
                .source("/test")
                .type("t")
                .attribute("partitionkey", key)
                .text(id)
                .build();
    }

    static <T> T now(CompletionStage<T> stage) {
        return stage.toCompletableFuture().orTimeout(20, TimeUnit.SECONDS).join();
    }

    private List<MeshEndpoint> endpoints() {
        List<MeshEndpoint> all = new ArrayList<>();
        nodes.stream().filter(node -> node.listed).forEach(node -> all.add(node.endpoint()));
        return all;
    }

    @Override
    public void close() {
        List.copyOf(nodes).forEach(Node::kill);
        memory.close();
        dispatch.shutdownNow();
        timer.shutdownNow();
    }
}
