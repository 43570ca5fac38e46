package io.eventmesh.spi.mesh;

/**
 * A rule's target as one mesh runtime sees it, since that one started.
 *
 * @param bus from whose outbox its events come
 * @param revision of the rule as this runtime has it
 * @param epoch of the target as this runtime has it
 * @param reason why it is in this state; empty where the state says it all
 * @param sinceMillis wall time at which the state began
 * @param lastError what went wrong last; empty for nothing so far
 * @param lastErrorMillis wall time of that; 0 for nothing so far
 * @param inFlight events with the target
 * @param waiting events that were read and wait for their turn or their next attempt
 * @param parked events put aside for the target, by any runtime
 * @param oldestMillis wall time at which the oldest of those that wait was stored where it waits; 0 for none
 * @param delivered events that the target took
 * @param failed attempts that came to nothing
 * @param dead events that went to a dead letter
 */
public record TargetStatus(
        String namespace,
        String bus,
        String rule,
        String target,
        long revision,
        long epoch,
        State state,
        String reason,
        long sinceMillis,
        String lastError,
        long lastErrorMillis,
        int inFlight,
        long waiting,
        long parked,
        long oldestMillis,
        long delivered,
        long failed,
        long dead) {
    /** What a target does. */
    public enum State {
        /** Nobody knows yet whether the destination wants events: it is being asked. */
        PENDING_VALIDATION,
        RUNNING,
        /** Its definition says so. */
        PAUSED,
        /** It failed too often in a row, and rests for a while. */
        CIRCUIT_OPEN,
        /** It stopped, until a person starts it again or changes it. */
        DISABLED
    }

    /** By what targets are ordered, {@code namespace/rule/target}. */
    public String key() {
        return namespace + '/' + rule + '/' + target;
    }

    /** The same with the age of what waits. */
    public TargetStatus withOldest(long millis) {
        return new TargetStatus(
                namespace,
                bus,
                rule,
                target,
                revision,
                epoch,
                state,
                reason,
                sinceMillis,
                lastError,
                lastErrorMillis,
                inFlight,
                waiting,
                parked,
                millis,
                delivered,
                failed,
                dead);
    }
}
