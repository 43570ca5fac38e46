package io.eventmesh.protocol.http;

import io.eventmesh.spi.mesh.SubscribeTerms;
import java.time.Duration;

/**
 * What a poll asks for.
 *
 * @param subscription whose events
 * @param explicit whether the client settles each; otherwise an event is done when its answer was written
 * @param max how many at most
 * @param waiting how long to wait for the first
 */
record PollTerms(SubscribeTerms subscription, boolean explicit, int max, Duration waiting) {
    /** Whether both polls may belong to one session; where a group begins does not matter after the first. */
    boolean isSameSubscription(PollTerms other) {
        SubscribeTerms mine = subscription;
        SubscribeTerms others = other.subscription;
        return explicit == other.explicit
                && mine.group().equals(others.group())
                && mine.pattern().equals(others.pattern())
                && mine.mode() == others.mode()
                && mine.delivery().equals(others.delivery());
    }
}
