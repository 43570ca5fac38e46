package io.eventmesh.protocol.grpc;

import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.proto.v1.Problem;
import io.eventmesh.proto.v1.PublishAnswer;
import io.eventmesh.spi.mesh.StreamStatus;
import io.eventmesh.spi.mesh.SubscriptionStatus;
import io.eventmesh.spi.mesh.TaskFence;
import io.eventmesh.spi.storage.Position;
import io.eventmesh.spi.storage.RetryPolicy;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** From the messages of {@code mesh.proto} to the mesh's types and back. Stateless. */
final class Protos {
    private Protos() {}

    static TaskFence fence(io.eventmesh.proto.v1.TaskFence fence) {
        return new TaskFence(fence.getTask(), fence.getTerm(), fence.getEpoch());
    }

    static RetryPolicy retry(io.eventmesh.proto.v1.RetryPolicy retry) {
        return new RetryPolicy(
                retry.getMaxAttempts(),
                Duration.ofMillis(retry.getInitialDelayMs()),
                retry.getMultiplier(),
                Duration.ofMillis(retry.getMaxDelayMs()));
    }

    static PublishAnswer answer(long seq, @Nullable Position position, @Nullable Throwable failure) {
        PublishAnswer.Builder answer = PublishAnswer.newBuilder().setSeq(seq);
        if (position != null) {
            return answer.setPartition(position.partition().index())
                    .setOffset(position.offset())
                    .build();
        }
        return answer.setProblem(problem(failure == null ? new IllegalStateException("no position") : failure))
                .build();
    }

    static Problem problem(Throwable failure) {
        EventMeshException ours = Statuses.ours(failure);
        return Problem.newBuilder()
                .setCode(ours.code().number())
                .setName(ours.code().name())
                .setMessage(ours.reason())
                .build();
    }

    static io.eventmesh.proto.v1.Stream stream(StreamStatus status) {
        return io.eventmesh.proto.v1.Stream.newBuilder()
                .setNamespace(status.name().namespace())
                .setName(status.name().name())
                .setPartitions(status.partitions())
                .setEvents(status.events())
                .setBytes(status.bytes())
                .setDurability(status.durability().name())
                .build();
    }

    static io.eventmesh.proto.v1.Subscription subscription(SubscriptionStatus status) {
        return io.eventmesh.proto.v1.Subscription.newBuilder()
                .setNamespace(status.name().namespace())
                .setGroup(status.name().group())
                .setPattern(status.name().pattern().value())
                .setState(status.state().name())
                .setMembers(status.members())
                .setLagEvents(status.lagEvents())
                .setInFlight(status.inFlight())
                .setParked(status.parked())
                .build();
    }
}
