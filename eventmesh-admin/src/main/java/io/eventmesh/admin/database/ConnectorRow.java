package io.eventmesh.admin.database;

/**
 * A connector as stored.
 *
 * @param labels JSON object
 * @param kind SOURCE or SINK
 * @param config JSON object for the plugin
 * @param configRev raised when tasks must take a new configuration
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
        String topic,
        String config,
        long configRev,
        Desired desired,
        int tasksMax,
        boolean deleting,
        long revision,
        long createdMillis,
        long updatedMillis) {}
