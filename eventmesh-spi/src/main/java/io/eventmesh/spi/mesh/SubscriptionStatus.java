package io.eventmesh.spi.mesh;

import io.eventmesh.common.topic.SubscriptionName;
import io.eventmesh.spi.storage.DeliveryTerms;
import io.eventmesh.spi.storage.Gap;
import java.util.List;

/**
 * A subscription as an operator sees it.
 *
 * @param state ACTIVE with members, IDLE without, PAUSED by an operator, CUT_OFF when it lost its hold on old events
 * @param terms stored with it
 * @param members attached now, on this runtime
 * @param lagEvents stored for it and not yet done; for several runtimes as far as this one knows
 * @param inFlight offered and not settled
 * @param parked waiting durably for a later attempt
 * @param gaps what it missed, newest last
 * @param problem what keeps the mesh from sending its events to its destination, in words; empty for nothing
 */
public record SubscriptionStatus(
        SubscriptionName name,
        State state,
        DeliveryTerms terms,
        int members,
        long lagEvents,
        long inFlight,
        long parked,
        List<Gap> gaps,
        String problem) {
    public enum State {
        ACTIVE,
        IDLE,
        PAUSED,
        CUT_OFF
    }
}
