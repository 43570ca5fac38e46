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
                deleting,
                revision,
                createdMillis,
                updatedMillis);
    }
}
