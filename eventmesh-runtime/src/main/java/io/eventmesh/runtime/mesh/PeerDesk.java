package io.eventmesh.runtime.mesh;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.topic.SubscriptionName;
import io.eventmesh.runtime.delivery.Cause;
import io.eventmesh.runtime.delivery.ThriftyMember;
import io.eventmesh.runtime.mesh.peer.Peers;
import io.eventmesh.spi.event.Event;
import io.eventmesh.spi.peer.MeshPeer;
import io.eventmesh.spi.peer.Relay;
import io.eventmesh.spi.peer.RelayReceiver;
import io.eventmesh.spi.peer.RelayTerms;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/** Serves other runtimes over the same storage. Thread-safe, never blocks. */
final class PeerDesk implements MeshPeer {
    private final LiveGroups groups;
    private final Peers peers;
    private final Requests requests;
    private final GroupExpiry expiry;

    PeerDesk(LiveGroups groups, Peers peers, Requests requests, GroupExpiry expiry) {
        this.groups = groups;
        this.peers = peers;
        this.requests = requests;
        this.expiry = expiry;
    }

    @Override
    public CompletionStage<Set<SubscriptionName>> serving(String runtime, Set<SubscriptionName> served) {
        return CompletableFuture.completedStage(peers.met(runtime, served));
    }

    @Override
    public CompletionStage<Relay> relay(RelayTerms terms, RelayReceiver receiver) {
        String client = terms.client() + " at " + terms.runtime();
        return groups.attachRelayed(terms.group(), terms.fence(), client, receiver)
                .thenApply(Attached::new);
    }

    @Override
    public CompletionStage<Void> reply(String correlation, Event reply) {
        return requests.handOver(correlation, reply);
    }

    @Override
    public CompletionStage<Map<SubscriptionName, Duration>> away(Set<SubscriptionName> names) {
        Map<SubscriptionName, Duration> answer = new HashMap<>();
        names.forEach(name -> answer.put(name, expiry.away(name)));
        return CompletableFuture.completedStage(answer);
    }

    @Override
    public CompletionStage<Void> letGo(SubscriptionName group) {
        return groups.letGo(group);
    }

    @Override
    public CompletionStage<Void> goOn(SubscriptionName group) {
        groups.goOn(group);
        return CompletableFuture.completedStage(null);
    }

    /** A member of another runtime at a group here. */
    private record Attached(ThriftyMember member) implements Relay {
        @Override
        public void request(int events, long bytes) {
            member.request(events, bytes);
        }

        @Override
        public void recall() {
            member.recall();
        }

        @Override
        public void ack(long delivery) {
            member.ack(delivery);
        }

        @Override
        public void release(long delivery, Duration delay, String reason, @Nullable ErrorCode code, String message) {
            member.release(delivery, delay, new Cause(reason, code, message));
        }

        @Override
        public void reject(long delivery, String reason, @Nullable ErrorCode code, String message) {
            member.reject(delivery, new Cause(reason, code, message));
        }

        @Override
        public void finish() {
            member.finish();
        }

        @Override
        public void leave() {
            member.leave();
        }

        @Override
        public void close() {
            member.close();
        }
    }
}
