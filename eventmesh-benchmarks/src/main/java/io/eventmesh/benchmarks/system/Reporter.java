package io.eventmesh.benchmarks.system;

import io.eventmesh.proto.v1.AdminDirective;
import io.eventmesh.proto.v1.AdminServiceGrpc;
import io.eventmesh.proto.v1.Plugin;
import io.eventmesh.proto.v1.RuntimeReport;
import io.eventmesh.proto.v1.TaskReport;
import io.eventmesh.proto.v1.TaskState;
import io.eventmesh.spi.security.Authenticator;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.stub.MetadataUtils;
import io.grpc.stub.StreamObserver;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * A connector runtime as far as an admin can tell: it takes the tasks that it is given, and once it flows it reports them
 * without any change as fast as it is answered. Its calls come from its channel's event loop.
 */
final class Reporter implements StreamObserver<AdminDirective> {
    private static final int OUTSTANDING = 32;

    private final AtomicLong answered = new AtomicLong();
    private final RuntimeReport.Builder report;
    private final StreamObserver<RuntimeReport> out;
    private volatile @Nullable Throwable failure;
    private volatile boolean flows;
    private volatile int tasks;
    private long seq;

    Reporter(ManagedChannel channel, String id, String key, int slots) {
        report = RuntimeReport.newBuilder()
                .setRuntimeId(id)
                .setIncarnation(id + "-1")
                .addRoles("connector")
                .setSlots(slots)
                .setAddress("127.0.0.1:1")
                .addPlugins(Plugin.newBuilder()
                        .setKind("source")
                        .setName("file")
                        .setVersion("1")
                        .setSchema("{\"type\":\"object\"}"));
        Metadata headers = new Metadata();
        headers.put(Metadata.Key.of(Authenticator.CLUSTER_KEY_HEADER, Metadata.ASCII_STRING_MARSHALLER), key);
        headers.put(Metadata.Key.of(Authenticator.RUNTIME_HEADER, Metadata.ASCII_STRING_MARSHALLER), id);
        out = AdminServiceGrpc.newStub(channel)
                .withInterceptors(MetadataUtils.newAttachHeadersInterceptor(headers))
                .sync(this);
    }

    /** Reports once; to be called while it does not flow. */
    synchronized void beat() {
        out.onNext(report.setSeq(++seq).build());
    }

    /** From now on it reports as fast as it is answered. */
    synchronized void flow() {
        flows = true;
        for (int i = 0; i < OUTSTANDING; i++) {
            beat();
        }
    }

    void stop() {
        flows = false;
    }

    @Override
    public void onNext(AdminDirective directive) {
        answered.incrementAndGet();
        if (directive.hasTasks()) {
            take(directive);
        }
        if (flows) {
            beat();
        }
    }

    private synchronized void take(AdminDirective directive) {
        List<TaskReport> running = directive.getTasks().getTasksList().stream()
                .map(order -> TaskReport.newBuilder()
                        .setTaskId(order.getTaskId())
                        .setTerm(order.getTerm())
                        .setEpoch(order.getEpoch())
                        .setConfigRev(order.getConfigRev())
                        .setState(TaskState.RUNNING)
                        .setRate(1234.5)
                        .setInFlight(17)
                        .setEvents(123_456_789)
                        .build())
                .toList();
        report.setObservedAssignmentVersion(directive.getAssignmentVersion())
                .clearTasks()
                .addAllTasks(running);
        tasks = running.size();
    }

    /** How many reports were answered. */
    long answered() {
        Throwable broken = failure;
        if (broken != null) {
            throw new IllegalStateException("the admin ended the stream", broken);
        }
        return answered.get();
    }

    /** How many tasks it has. */
    int tasks() {
        return tasks;
    }

    /** Bytes of a report. */
    synchronized int size() {
        return report.build().getSerializedSize();
    }

    @Override
    public void onError(Throwable broken) {
        failure = broken;
    }

    @Override
    public void onCompleted() {
        failure = new IllegalStateException("ended");
    }
}
