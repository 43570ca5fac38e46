package io.eventmesh.runtime.delivery;

import java.time.Duration;

/** The mesh's own member of a group whose {@link LaneRule} leaves it to the member what becomes of an event. */
public interface OwnMember extends LaneMember {
    /**
     * Gives an event back, to be offered again after the delay, whatever the subscription's terms say.
     *
     * @param attempts so many there were: the next offer bears one more
     */
    void again(long delivery, Duration delay, Cause cause, int attempts);

    /** Has the event stored as a dead letter; it is done as soon as that is stored. */
    void bury(long delivery, Burial burial);

    /** Is offered nothing more, and leaves when what it has in flight is settled: its receiver is told then. */
    void finish();

    /** Has parked events of the flow offered now instead of when they are due. */
    void hasten(String flow);
}
