package io.eventmesh.admin.sync;

import com.google.rpc.ErrorInfo;
import io.eventmesh.admin.AdminProcess;
import io.eventmesh.proto.v1.AdminDirective;
import io.eventmesh.proto.v1.AdminServiceGrpc;
import io.eventmesh.proto.v1.Ask;
import io.eventmesh.proto.v1.Plugin;
import io.eventmesh.proto.v1.RuntimeReport;
import io.eventmesh.proto.v1.TaskAssignment;
import io.eventmesh.proto.v1.TaskReport;
import io.eventmesh.proto.v1.TaskState;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.protobuf.StatusProto;
import io.grpc.stub.MetadataUtils;
import io.grpc.stub.StreamObserver;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** A connector runtime as far as the admin can tell: it reports what the test says it does. */
public final class FakeRuntime implements AutoCloseable {
    private final String id;
    private final String incarnation;
    private final ManagedChannel channel;
    private final Metadata headers = new Metadata();
    private final Map<String, TaskReport> tasks = new ConcurrentHashMap<>();
    private final Map<String, TaskAssignment> orders = new ConcurrentHashMap<>();
    private final Queue<Ask> asks = new ConcurrentLinkedQueue<>();
    private volatile @Nullable StreamObserver<RuntimeReport> out;
    private volatile long observed;
    private volatile long definitions;
    private volatile @Nullable AdminDirective newest;
    private volatile @Nullable Throwable failure;
    private long seq;
    private int slots = 10;
    private boolean draining;
    private boolean restarted;
    private volatile boolean obedient;

    public FakeRuntime(String id, String incarnation, String address, String key) {
        this.id = id;
        this.incarnation = incarnation;
        channel = NettyChannelBuilder.forTarget(address).usePlaintext().build();
        headers.put(RuntimesOnly.CLUSTER_KEY, key);
        headers.put(RuntimesOnly.RUNTIME, id);
    }

    public static FakeRuntime of(String id, AdminProcess admin) {
        return new FakeRuntime(id, id + "-1", admin.endpoint("admin.grpc"), AdminProcess.KEY);
    }

    public FakeRuntime restarted() {
        restarted = true;
        return this;
    }

    /** So many tasks at most. */
    public FakeRuntime slots(int most) {
        slots = most;
        return this;
    }

    /** Does at once what it is told, and reports it. */
    public FakeRuntime obedient() {
        obedient = true;
        return this;
    }

    public FakeRuntime connect() {
        failure = null;
        out = AdminServiceGrpc.newStub(channel)
                .withInterceptors(MetadataUtils.newAttachHeadersInterceptor(headers))
                .sync(new StreamObserver<>() {
                    @Override
                    public void onNext(AdminDirective directive) {
                        take(directive);
                    }

                    @Override
                    public void onError(Throwable broken) {
                        failure = broken;
                    }

                    @Override
                    public void onCompleted() {}
                });
        return this;
    }

    private void take(AdminDirective directive) {
        newest = directive;
        definitions = directive.getDefinitionsVersion();
        asks.addAll(directive.getAsksList());
        if (directive.hasTasks()) {
            orders.clear();
            directive.getTasks().getTasksList().forEach(order -> orders.put(order.getTaskId(), order));
            observed = directive.getAssignmentVersion();
            if (obedient) {
                obey();
            }
        }
    }

    private void obey() {
        tasks.keySet().retainAll(orders.keySet());
        orders.values()
                .forEach(order -> says(
                        order,
                        switch (order.getTarget()) {
                            case DRAIN, STOP -> TaskState.RELEASED;
                            case PAUSE -> TaskState.PAUSED;
                            default -> TaskState.RUNNING;
                        }));
        report();
    }

    /** One report, with what the test said of the tasks. */
    public synchronized FakeRuntime report() {
        StreamObserver<RuntimeReport> stream = out;
        if (stream == null) {
            throw new IllegalStateException("not connected");
        }
        stream.onNext(RuntimeReport.newBuilder()
                .setRuntimeId(id)
                .setIncarnation(incarnation)
                .setSeq(++seq)
                .addRoles("connector")
                .setSlots(slots)
                .setDraining(draining)
                .setRestarted(restarted)
                .setObservedAssignmentVersion(observed)
                .setAddress("127.0.0.1:1")
                .addPlugins(Plugin.newBuilder()
                        .setKind("source")
                        .setName("fake")
                        .setVersion("1")
                        .setSchema("{\"type\":\"object\"}"))
                .addAllTasks(tasks.values())
                .build());
        return this;
    }

    public FakeRuntime draining() {
        draining = true;
        return this;
    }

    /** From now on the task is reported in this state, under the right it was given. */
    public FakeRuntime says(TaskAssignment order, TaskState state) {
        tasks.put(
                order.getTaskId(),
                TaskReport.newBuilder()
                        .setTaskId(order.getTaskId())
                        .setTerm(order.getTerm())
                        .setEpoch(order.getEpoch())
                        .setConfigRev(order.getConfigRev())
                        .setState(state)
                        .build());
        return this;
    }

    /** The task is not reported any longer. */
    public void forgets(String task) {
        tasks.remove(task);
    }

    public List<TaskAssignment> orders() {
        return List.copyOf(new TreeMap<>(orders).values());
    }

    /** A question that it was asked and that nobody took yet. */
    public Optional<Ask> asked() {
        return Optional.ofNullable(asks.poll());
    }

    public long definitions() {
        return definitions;
    }

    public Optional<AdminDirective> newest() {
        return Optional.ofNullable(newest);
    }

    /** How the stream ended, if it did. */
    public Optional<ErrorInfo> ended() {
        return Optional.ofNullable(failure).map(FakeRuntime::info);
    }

    public static ErrorInfo info(Throwable failure) {
        try {
            return StatusProto.fromThrowable(failure).getDetails(0).unpack(ErrorInfo.class);
        } catch (Exception without) {
            throw new IllegalStateException("no ErrorInfo in " + failure, without);
        }
    }

    public AdminServiceGrpc.AdminServiceBlockingStub calls() {
        return AdminServiceGrpc.newBlockingStub(channel)
                .withInterceptors(MetadataUtils.newAttachHeadersInterceptor(headers))
                .withDeadlineAfter(10, TimeUnit.SECONDS);
    }

    @Override
    public void close() {
        channel.shutdownNow();
    }
}
