package io.eventmesh.protocol.grpc;

import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.proto.v1.Problem;
import io.eventmesh.proto.v1.PublishAnswer;
import io.eventmesh.spi.storage.Position;
import org.jspecify.annotations.Nullable;

/** From the messages of {@code mesh.proto} to the mesh's types and back. Stateless. */
final class Protos {
    private Protos() {}

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
                .setRetryAfterMs(ours.retryAfter().toMillis())
                .build();
    }
}
