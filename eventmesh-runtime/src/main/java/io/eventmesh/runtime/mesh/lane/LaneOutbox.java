package io.eventmesh.runtime.mesh.lane;

import io.eventmesh.runtime.delivery.LaneRule;
import io.eventmesh.runtime.delivery.OwnMember;
import io.eventmesh.spi.mesh.CallContext;
import io.eventmesh.spi.mesh.Receiver;
import io.eventmesh.spi.mesh.SubscribeTerms;
import java.util.concurrent.CompletionStage;

/** How the lanes of targets subscribe: every runtime has a member of its own. Thread-safe, never blocks. */
@FunctionalInterface
public interface LaneOutbox {
    /** Fails as {@link io.eventmesh.spi.mesh.Mesh#subscribe} does. */
    CompletionStage<OwnMember> subscribe(CallContext context, SubscribeTerms terms, LaneRule lanes, Receiver receiver);
}
