package io.eventmesh.runtime.mesh;

import io.eventmesh.common.topic.SubscriptionName;
import io.eventmesh.runtime.mesh.peer.OwnRelay;
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
                .thenApply(OwnRelay::new);
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
}
