package io.eventmesh.runtime.admin;

/** What the meta store shows of the leading admin. */
public enum LeaderPresence {
    /** The meta store answers and names a leader. */
    PRESENT,
    /** The meta store answers and shows no leader at all. */
    ABSENT,
    /** The meta store does not answer: there may be a leader or none. */
    UNKNOWN
}
