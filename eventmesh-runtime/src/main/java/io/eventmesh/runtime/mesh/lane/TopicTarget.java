package io.eventmesh.runtime.mesh.lane;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.topic.TopicName;
import io.eventmesh.spi.mesh.CallContext;
import io.eventmesh.spi.mesh.Mesh;
import io.eventmesh.spi.mesh.Outgoing;
import io.eventmesh.spi.security.Principal;
import io.eventmesh.spi.storage.EventRecord;
import io.eventmesh.spi.target.Outcome;
import io.eventmesh.spi.target.TargetSender;
import java.time.Duration;
import java.util.concurrent.CompletionStage;

/** Publishes to a topic. */
final class TopicTarget implements TargetSender {
    private final TopicName topic;
    private final Mesh mesh;
    private final CallContext context;

    TopicTarget(String namespace, TopicName topic, Mesh mesh) {
        this.topic = topic;
        this.mesh = mesh;
        Principal mine = Principal.runtime("target");
        // one connection for each topic, so that events without a key keep their order
        this.context = new CallContext(mine, namespace, "target", topic.hashCode(), 0, null, null);
    }

    @Override
    public CompletionStage<Outcome> send(EventRecord record, int attempt) {
        String header = record.target() == null ? null : TargetMark.fresh(record.target());
        return mesh.publish(context, new Outgoing(topic, record.event(), header, record.hops()))
                .handle((position, failure) ->
                        failure == null ? new Outcome.Done() : outcome(EventMeshException.of(failure)));
    }

    private static Outcome outcome(EventMeshException failure) {
        boolean never = failure.code().retry() == ErrorCode.Retry.NO && failure.code() != ErrorCode.INTERNAL;
        return never
                ? new Outcome.Never(failure.code(), failure.reason())
                : new Outcome.Again(failure.code(), failure.reason(), Duration.ZERO);
    }

    @Override
    public void close() {}
}
