package io.eventmesh.admin.database;

import java.util.List;

/**
 * A runtime as the leader saw it last.
 *
 * @param address where operators find it
 * @param roles comma-separated
 * @param plugins JSON array of the connector plugins it can run
 * @param state ALIVE, SUSPECT, DRAINING or DEAD
 * @param lastSeenMillis wall time of the last change stored here, for display
 */
public record RuntimeRow(
        String id,
        String incarnation,
        String address,
        String roles,
        String plugins,
        int slots,
        String state,
        long lastSeenMillis) {
    public List<String> roleNames() {
        return List.of(roles.split(",", -1)).stream()
                .filter(role -> !role.isEmpty())
                .toList();
    }
}
