package io.eventmesh.admin.database;

/** What the admin decided about a task; what the task does at its owner is another matter. */
public enum AssignmentState {
    /** Nobody has it, nobody had it. */
    UNASSIGNED,
    /** A runtime was given it. */
    ASSIGNED,
    /** The runtime said that it runs. */
    RUNNING,
    /** The runtime was told to give it back. */
    REVOKING,
    /** The runtime gave it back in order; nobody has it. */
    RELEASED,
    /** The runtime was silent for longer than its lease and the grace; nobody has it. */
    LOST;

    /** Whether a runtime has a right to the task. */
    public boolean isOwned() {
        return switch (this) {
            case ASSIGNED, RUNNING, REVOKING -> true;
            case UNASSIGNED, RELEASED, LOST -> false;
        };
    }
}
