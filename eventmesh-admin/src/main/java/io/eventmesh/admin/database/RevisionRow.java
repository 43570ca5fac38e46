package io.eventmesh.admin.database;

/**
 * What a connector's tasks run at one revision of its configuration.
 *
 * @param pluginVersion empty for any
 * @param handling JSON object: what tasks do with events and failures
 * @param problem why it was returned from, or empty
 */
public record RevisionRow(
        String connector,
        long rev,
        String topic,
        String config,
        int tasksMax,
        String pluginVersion,
        String handling,
        Status status,
        String problem,
        long createdMillis) {
    /** How far it came. */
    public enum Status {
        /** Tasks are taking it; none of them ran under it yet. */
        ROLLING,
        /** A task ran under it. */
        GOOD,
        /** No task ran under it in time: the tasks have the one before again. */
        RETURNED
    }
}
