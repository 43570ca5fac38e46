package io.eventmesh.admin.database;

/**
 * A connector as stored: what people want of it.
 *
 * @param labels JSON object
 * @param kind SOURCE or SINK
 * @param pluginVersion the only one that will do; empty for any
 * @param config JSON object for the plugin
 * @param configRev raised when tasks must take a new configuration
 * @param goodRev the newest of those revisions under which a task ran; 0 for none
 * @param placement JSON object: {@code labels} that a runtime must have
 * @param handling JSON object: what tasks do with events and failures
 * @param drainMillis how long a task may take to finish what is in flight; 0 for the runtime's own bound
 * @param invalid what was wrong with what was stored nevertheless, or empty
 * @param deleting it is gone for people, and waits for its tasks to be given back
 * @param revision raised with every change
 */
public record ConnectorRow(
        String id,
        String namespace,
        String name,
        String labels,
        String kind,
        String plugin,
        String pluginVersion,
        String topic,
        String config,
        long configRev,
        long goodRev,
        Desired desired,
        int tasksMax,
        String placement,
        String handling,
        long drainMillis,
        String invalid,
        boolean deleting,
        long revision,
        long createdMillis,
        long updatedMillis) {

    /** One for any version of its plugin and any runtime, of which no task ran yet. */
    public ConnectorRow(
            String id,
            String namespace,
            String name,
            String labels,
            String kind,
            String plugin,
            String topic,
            String config,
            long configRev,
            Desired desired,
            int tasksMax,
            boolean deleting,
            long revision,
            long createdMillis,
            long updatedMillis) {
        this(
                id,
                namespace,
                name,
                labels,
                kind,
                plugin,
                "",
                topic,
                config,
                configRev,
                0,
                desired,
                tasksMax,
                "{}",
                "{}",
                0,
                "",
                deleting,
                revision,
                createdMillis,
                updatedMillis);
    }

    /** The same with another state wanted, as the next revision. */
    public ConnectorRow wanting(Desired other, boolean toDelete, long nowMillis) {
        return new ConnectorRow(
                id,
                namespace,
                name,
                labels,
                kind,
                plugin,
                pluginVersion,
                topic,
                config,
                configRev,
                goodRev,
                other,
                tasksMax,
                placement,
                handling,
                drainMillis,
                invalid,
                toDelete,
                revision + 1,
                createdMillis,
                nowMillis);
    }
}
