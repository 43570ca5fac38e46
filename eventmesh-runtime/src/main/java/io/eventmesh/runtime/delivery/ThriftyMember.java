package io.eventmesh.runtime.delivery;

/** A member of one group here whose credit may be needed elsewhere. */
public interface ThriftyMember extends OwnMember {
    /** Takes back what is not used up of its credit; a {@code RelayReceiver} is told how much it was. */
    void recall();
}
