package io.eventmesh.admin.database;

import org.jspecify.annotations.Nullable;

/**
 * A task with what the scheduler needs of its connector.
 *
 * @param deleting it ends as soon as nobody has it
 * @param desired what is wanted of the connector
 * @param configRev what the task shall run
 * @param connectorRevision the connector's revision at the time of reading
 */
public record TaskRow(
        String id,
        int ordinal,
        boolean deleting,
        String connectorId,
        String namespace,
        String connector,
        String kind,
        String plugin,
        Desired desired,
        long configRev,
        long connectorRevision,
        Assignment assignment,
        Needs needs,
        Wishes wishes,
        Revisions revisions) {

    /**
     * What a runtime must have and grant to run it.
     *
     * @param pluginVersion empty for any
     * @param placement JSON object: {@code labels} that a runtime must have
     * @param weight processor milliseconds a second, as last stored
     * @param drainMillis how long it may take to finish what is in flight; 0 for the runtime's own bound
     */
    public record Needs(String pluginVersion, String placement, double weight, long drainMillis) {
        public static final Needs NONE = new Needs("", "{}", 1);

        /** Those of a task without a bound of its own for an end. */
        public Needs(String pluginVersion, String placement, double weight) {
            this(pluginVersion, placement, weight, 0);
        }

        public Needs weighing(double other) {
            return new Needs(pluginVersion, placement, other, drainMillis);
        }
    }

    /**
     * What operators want of this task alone.
     *
     * @param desired null for what is wanted of the connector
     * @param failure why the scheduler itself paused it, or empty
     * @param restartEpoch a right up to this epoch is given back once to be opened again
     * @param moveEpoch a right up to this epoch is given back once to go elsewhere
     * @param moveTo where to; empty for anywhere else
     * @param movedMillis wall time of the last move; 0 for never
     * @param breaker the newest failure for which the scheduler paused it
     * @param revision raised with every change of these
     */
    public record Wishes(
            @Nullable Desired desired,
            String failure,
            long restartEpoch,
            long moveEpoch,
            String moveTo,
            long movedMillis,
            Breaker breaker,
            long revision) {
        public static final Wishes NONE = new Wishes(null, "", 0, 0, "", 0, Breaker.NONE, 1);

        /** Moved at this wall time. */
        public Wishes moved(long nowMillis) {
            return new Wishes(desired, failure, restartEpoch, moveEpoch, moveTo, nowMillis, breaker, revision);
        }

        /** To be given back at this epoch and to go to a runtime. */
        public Wishes moving(long epoch, String runtime) {
            return new Wishes(desired, failure, restartEpoch, epoch, runtime, movedMillis, breaker, revision + 1);
        }

        /** Paused by the scheduler. */
        public Wishes paused(String why, Breaker opened) {
            return new Wishes(Desired.PAUSED, why, restartEpoch, moveEpoch, moveTo, movedMillis, opened, revision + 1);
        }
    }

    /**
     * A failure of a task.
     *
     * @param epoch of the right under which it happened
     * @param seq its number under that right
     */
    public record Breaker(long epoch, long seq) {
        public static final Breaker NONE = new Breaker(0, 0);
    }

    /**
     * The revisions of the connector's configuration.
     *
     * @param newest what people wrote last
     * @param good the newest under which a task ran; 0 for none
     * @param status of the newest
     * @param problem why the newest was returned from, or empty
     */
    public record Revisions(long newest, long good, RevisionRow.Status status, String problem) {}

    /** One that no operator asked anything of, and whose connector's newest revision runs. */
    public TaskRow(
            String id,
            int ordinal,
            boolean deleting,
            String connectorId,
            String namespace,
            String connector,
            String kind,
            String plugin,
            Desired desired,
            long configRev,
            long connectorRevision,
            Assignment assignment) {
        this(
                id,
                ordinal,
                deleting,
                connectorId,
                namespace,
                connector,
                kind,
                plugin,
                desired,
                configRev,
                connectorRevision,
                assignment,
                Needs.NONE,
                Wishes.NONE,
                new Revisions(configRev, configRev, RevisionRow.Status.GOOD, ""));
    }

    /** What is to be done: the stricter of what is wanted of the task and of its connector. */
    public Desired wanted() {
        Desired own = wishes.desired();
        return own == null || own.compareTo(desired) < 0 ? desired : own;
    }

    public TaskRow with(Assignment other) {
        return copy(configRev, other, needs, wishes, revisions);
    }

    public TaskRow with(Needs other) {
        return copy(configRev, assignment, other, wishes, revisions);
    }

    public TaskRow with(Wishes other) {
        return copy(configRev, assignment, needs, other, revisions);
    }

    public TaskRow with(long otherRev, Revisions other) {
        return copy(otherRev, assignment, needs, wishes, other);
    }

    private TaskRow copy(long rev, Assignment right, Needs need, Wishes wish, Revisions kept) {
        return new TaskRow(
                id,
                ordinal,
                deleting,
                connectorId,
                namespace,
                connector,
                kind,
                plugin,
                desired,
                rev,
                connectorRevision,
                right,
                need,
                wish,
                kept);
    }
}
