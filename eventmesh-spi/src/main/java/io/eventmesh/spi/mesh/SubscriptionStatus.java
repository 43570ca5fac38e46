package io.eventmesh.spi.mesh;

import io.eventmesh.common.topic.SubscriptionName;

/**
 * A subscription as an operator sees it.
 *
 * @param state ACTIVE with members, IDLE without, CUT_OFF when it lost its hold on old events
 * @param members attached now, on this runtime
 * @param lagEvents stored for it and not yet done; for several runtimes as far as this one knows
 * @param inFlight offered and not settled
 * @param parked waiting durably for a later attempt
 */
public record SubscriptionStatus(
        SubscriptionName name, State state, int members, long lagEvents, long inFlight, long parked) {
    public enum State {
        ACTIVE,
        IDLE,
        CUT_OFF
    }
}
