package io.eventmesh.tests;

import com.google.protobuf.ByteString;
import com.google.rpc.ErrorInfo;
import io.eventmesh.common.thread.NamedThreads;
import io.eventmesh.proto.v1.AdminDirective;
import io.eventmesh.proto.v1.AdminServiceGrpc;
import io.eventmesh.proto.v1.AdminServiceGrpc.AdminServiceBlockingStub;
import io.eventmesh.proto.v1.CommitPositionsRequest;
import io.eventmesh.proto.v1.GetPositionsRequest;
import io.eventmesh.proto.v1.Plugin;
import io.eventmesh.proto.v1.Position;
import io.eventmesh.proto.v1.RuntimeReport;
import io.eventmesh.proto.v1.TaskAssignment;
import io.eventmesh.proto.v1.TaskAssignment.Target;
import io.eventmesh.proto.v1.TaskReport;
import io.eventmesh.proto.v1.TaskState;
import io.eventmesh.spi.mesh.TaskFence;
import io.eventmesh.spi.security.Authenticator;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.protobuf.StatusProto;
import io.grpc.stub.MetadataUtils;
import io.grpc.stub.StreamObserver;
import java.util.Optional;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A connector runtime as far as the admin can tell, which gives each task back as soon as it has stored some source
 * positions for it, so that its epoch rises all the time. Every second time it says that it drains, so that another
 * runtime gets the task.
 *
 * <p>Everything happens on a thread of its own. It outlives the admin: {@link #connect} begins with another one.
 */
final class RestlessRuntime implements AutoCloseable {
    private static final int COMMITS = 3;
    private static final long HEARTBEAT_MILLIS = 500;
    private static final long RECONNECT_MILLIS = 200;

    private final String id;
    private final String clusterKey;
    private final Rights rights;
    private final ScheduledExecutorService thread;
    private final Future<?> heartbeat;

    private @Nullable String wanted;
    private @Nullable ManagedChannel channel;
    private @Nullable StreamObserver<RuntimeReport> out;
    private @Nullable TaskReport task;
    private long observed;
    private long seq;
    private boolean draining;

    RestlessRuntime(String id, String clusterKey, Rights rights) {
        this.id = id;
        this.clusterKey = clusterKey;
        this.rights = rights;
        thread = new ScheduledThreadPoolExecutor(1, new NamedThreads(id));
        heartbeat =
                thread.scheduleWithFixedDelay(this::report, HEARTBEAT_MILLIS, HEARTBEAT_MILLIS, TimeUnit.MILLISECONDS);
    }

    /** Turns to the admin at this address, and again whenever the stream ends: it may not lead yet. */
    void connect(String address) {
        thread.execute(() -> {
            wanted = address;
            open(address);
        });
    }

    private void open(String address) {
        disconnect();
        ManagedChannel opened =
                NettyChannelBuilder.forTarget(address).usePlaintext().build();
        channel = opened;
        out = AdminServiceGrpc.newStub(opened)
                .withInterceptors(MetadataUtils.newAttachHeadersInterceptor(headers()))
                .sync(new StreamObserver<>() {
                    @Override
                    public void onNext(AdminDirective directive) {
                        thread.execute(() -> {
                            if (channel == opened) {
                                follow(directive);
                            }
                        });
                    }

                    @Override
                    public void onError(Throwable broken) {
                        ended();
                    }

                    @Override
                    public void onCompleted() {
                        ended();
                    }

                    private void ended() {
                        thread.execute(() -> {
                            if (channel == opened) {
                                disconnect();
                                thread.schedule(this::again, RECONNECT_MILLIS, TimeUnit.MILLISECONDS);
                            }
                        });
                    }

                    private void again() {
                        if (channel == null && address.equals(wanted)) {
                            open(address);
                        }
                    }
                });
        report();
    }

    private void disconnect() {
        if (channel != null) {
            channel.shutdownNow();
        }
        channel = null;
        out = null;
    }

    private void follow(AdminDirective directive) {
        rights.led(directive.getTerm());
        if (!directive.hasTasks()) {
            return;
        }
        observed = directive.getAssignmentVersion();
        Optional<TaskAssignment> order =
                directive.getTasks().getTasksList().stream().findFirst();
        if (order.isEmpty()) {
            task = null;
            draining = false;
            report();
            return;
        }
        TaskFence right = new TaskFence(
                order.get().getTaskId(), order.get().getTerm(), order.get().getEpoch());
        rights.given(right, id);
        boolean done = task != null
                && task.getState() == TaskState.RELEASED
                && task.getTerm() == right.term()
                && task.getEpoch() == right.epoch();
        if (order.get().getTarget() == Target.RUN && !done) {
            says(order.get(), TaskState.RUNNING);
            try {
                work(right);
            } catch (StatusRuntimeException refusal) {
                if (refusal.getStatus().getCode() != Status.Code.UNAVAILABLE) {
                    throw refusal;
                }
                return; // the admin is gone; the work goes on with the next one
            }
        }
        draining = right.epoch() % 2 == 0;
        says(order.get(), TaskState.RELEASED);
    }

    private void work(TaskFence right) {
        long stands = calls()
                .getPositions(GetPositionsRequest.newBuilder()
                        .setTaskId(right.task())
                        .setTerm(right.term())
                        .setEpoch(right.epoch())
                        .build())
                .getPositionsList()
                .stream()
                .mapToLong(Position::getSeq)
                .max()
                .orElse(0);
        rights.stands(stands, right);
        for (int i = 1; i <= COMMITS; i++) {
            commit(right, stands + i);
            rights.confirmed(stands + i);
        }
        Optional<TaskFence> older = rights.before(right);
        if (older.isPresent()) {
            rights.triedLate(older.get(), answerTo(older.get(), stands + COMMITS + 1));
        }
    }

    private String answerTo(TaskFence older, long position) {
        try {
            commit(older, position);
            return "";
        } catch (StatusRuntimeException refusal) {
            if (refusal.getStatus().getCode() == Status.Code.UNAVAILABLE) {
                throw refusal;
            }
            return reason(refusal);
        }
    }

    private void commit(TaskFence right, long position) {
        var unused = calls().commitPositions(CommitPositionsRequest.newBuilder()
                .setTaskId(right.task())
                .setTerm(right.term())
                .setEpoch(right.epoch())
                .addPositions(Position.newBuilder()
                        .setPartition("p")
                        .setSeq(position)
                        .setValue(ByteString.copyFromUtf8(Long.toString(position))))
                .build());
    }

    private static String reason(StatusRuntimeException refusal) {
        try {
            var status = StatusProto.fromThrowable(refusal);
            return status.getDetails(0).unpack(ErrorInfo.class).getReason();
        } catch (Exception without) {
            return refusal.toString();
        }
    }

    private void says(TaskAssignment order, TaskState state) {
        task = TaskReport.newBuilder()
                .setTaskId(order.getTaskId())
                .setTerm(order.getTerm())
                .setEpoch(order.getEpoch())
                .setConfigRev(order.getConfigRev())
                .setState(state)
                .build();
        report();
    }

    private void report() {
        if (out == null) {
            return;
        }
        RuntimeReport.Builder report = RuntimeReport.newBuilder()
                .setRuntimeId(id)
                .setIncarnation(id + "-1")
                .setSeq(++seq)
                .addRoles("connector")
                .setSlots(10)
                .setDraining(draining)
                .setObservedAssignmentVersion(observed)
                .setAddress("127.0.0.1:1")
                .addPlugins(
                        Plugin.newBuilder().setKind("source").setName("file").setVersion("1"));
        if (task != null) {
            report.addTasks(task);
        }
        out.onNext(report.build());
    }

    private AdminServiceBlockingStub calls() {
        if (channel == null) {
            throw Status.UNAVAILABLE.asRuntimeException();
        }
        return AdminServiceGrpc.newBlockingStub(channel)
                .withInterceptors(MetadataUtils.newAttachHeadersInterceptor(headers()))
                .withDeadlineAfter(10, TimeUnit.SECONDS);
    }

    private Metadata headers() {
        Metadata headers = new Metadata();
        headers.put(key(Authenticator.CLUSTER_KEY_HEADER), clusterKey);
        headers.put(key(Authenticator.RUNTIME_HEADER), id);
        return headers;
    }

    private static Metadata.Key<String> key(String name) {
        return Metadata.Key.of(name, Metadata.ASCII_STRING_MARSHALLER);
    }

    @Override
    public void close() {
        heartbeat.cancel(false);
        thread.execute(this::disconnect);
        thread.shutdown();
    }
}
