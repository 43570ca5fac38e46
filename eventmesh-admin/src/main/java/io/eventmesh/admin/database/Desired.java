package io.eventmesh.admin.database;

/** What a person wants of a connector. */
public enum Desired {
    /** Its tasks run. */
    RUNNING,
    /** Its tasks keep their plugin open and move nothing. */
    PAUSED,
    /** Its tasks are closed and owned by nobody. */
    STOPPED
}
