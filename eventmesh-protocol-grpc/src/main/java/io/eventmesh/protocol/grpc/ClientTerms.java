package io.eventmesh.protocol.grpc;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.spi.mesh.Member;
import io.eventmesh.spi.mesh.Mode;
import io.eventmesh.spi.mesh.SubscribeTerms;
import io.eventmesh.spi.storage.DeliveryTerms;
import io.eventmesh.spi.storage.RetryPolicy;
import io.eventmesh.spi.storage.Start;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;

/** The terms under which clients of EventMesh subscribe, since they can say none. Stateless. */
final class ClientTerms {
    /** A webhook answers each event: the usual terms. */
    static final DeliveryTerms WEBHOOK = DeliveryTerms.DEFAULT;

    /**
     * A stream's client never answers. One event of a key at a time would mean one for each passing of the unacked
     * tail; the order in which events are written is the order. Nor does a time-out say anything about such a client: a
     * stream that is dead ends, and one that is slow is only slow.
     */
    static final DeliveryTerms STREAM = new DeliveryTerms(RetryPolicy.DEFAULT, Duration.ofHours(1), false);

    private ClientTerms() {}

    static SubscribeTerms of(ClientId client, SubscriptionItem item, DeliveryTerms delivery) {
        return new SubscribeTerms(
                client.group(),
                item.pattern(),
                item.isBroadcast() ? Mode.BROADCASTING : Mode.CLUSTERING,
                Start.latest(),
                delivery,
                client.shown());
    }

    /** Attaches under the terms that fit best, or those that the group has already by clients of the other kind. */
    static CompletionStage<Member> attach(
            DeliveryTerms best, Function<DeliveryTerms, CompletionStage<Member>> attachment) {
        DeliveryTerms other = best.equals(STREAM) ? WEBHOOK : STREAM;
        return attachment.apply(best).exceptionallyCompose(failure -> {
            EventMeshException refused = EventMeshException.of(failure);
            return refused.code() == ErrorCode.ALREADY_EXISTS
                    ? attachment.apply(other)
                    : CompletableFuture.failedStage(refused);
        });
    }
}
