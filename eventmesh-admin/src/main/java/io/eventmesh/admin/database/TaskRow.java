package io.eventmesh.admin.database;

/**
 * A task with what the scheduler needs of its connector.
 *
 * @param deleting it ends as soon as nobody has it
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
        Assignment assignment) {

    public TaskRow with(Assignment other) {
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
                configRev,
                connectorRevision,
                other);
    }
}
