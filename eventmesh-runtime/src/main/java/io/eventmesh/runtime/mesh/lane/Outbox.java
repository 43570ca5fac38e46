package io.eventmesh.runtime.mesh.lane;

import io.eventmesh.runtime.delivery.LaneMember;
import io.eventmesh.runtime.delivery.LaneRule;
import io.eventmesh.spi.mesh.CallContext;
import io.eventmesh.spi.mesh.Receiver;
import io.eventmesh.spi.mesh.SubscribeTerms;
import java.util.concurrent.CompletionStage;

/** How the lanes subscribe: as everybody does, but in lanes of their own. Thread-safe, never blocks. */
@FunctionalInterface
public interface Outbox {
    /** Fails as {@link io.eventmesh.spi.mesh.Mesh#subscribe} does. */
    CompletionStage<LaneMember> subscribe(CallContext context, SubscribeTerms terms, LaneRule lanes, Receiver receiver);
}
