package io.eventmesh.admin.database;

/**
 * A rule as stored.
 *
 * @param labels JSON object
 * @param spec JSON object as {@code io.eventmesh.admin.definition.RuleSpec} reads it
 * @param revision raised with every change
 */
public record RuleRow(
        String id,
        String namespace,
        String name,
        String labels,
        String bus,
        String spec,
        long revision,
        long createdMillis,
        long updatedMillis) {}
