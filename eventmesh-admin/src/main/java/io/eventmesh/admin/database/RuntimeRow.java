package io.eventmesh.admin.database;

import java.util.List;

/**
 * A runtime as the leader saw it last.
 *
 * @param address where operators find it
 * @param roles comma-separated
 * @param plugins JSON array of the connector plugins it can run
 * @param labels JSON object
 * @param state ALIVE, SUSPECT, DRAINING or DEAD
 * @param lastSeenMillis wall time of the last change stored here, for display
 * @param marks what operators want of it
 */
public record RuntimeRow(
        String id,
        String incarnation,
        String address,
        String roles,
        String plugins,
        String labels,
        int slots,
        String state,
        long lastSeenMillis,
        Marks marks) {

    /**
     * What operators want of a runtime.
     *
     * @param cordoned it keeps its tasks and gets no more
     * @param drained it gives all its tasks back
     * @param drainMillis how long each may take for that; 0 for the task's or the runtime's own bound
     * @param revision raised with every change of these
     */
    public record Marks(boolean cordoned, boolean drained, long drainMillis, long revision) {
        public static final Marks NONE = new Marks(false, false, 0, 1);
    }

    /** One without labels, of which operators want nothing. */
    public RuntimeRow(
            String id,
            String incarnation,
            String address,
            String roles,
            String plugins,
            int slots,
            String state,
            long lastSeenMillis) {
        this(id, incarnation, address, roles, plugins, "{}", slots, state, lastSeenMillis, Marks.NONE);
    }

    public List<String> roleNames() {
        return List.of(roles.split(",", -1)).stream()
                .filter(role -> !role.isEmpty())
                .toList();
    }

    public RuntimeRow seenAt(long millis) {
        return new RuntimeRow(id, incarnation, address, roles, plugins, labels, slots, state, millis, marks);
    }

    public RuntimeRow with(Marks other) {
        return new RuntimeRow(id, incarnation, address, roles, plugins, labels, slots, state, lastSeenMillis, other);
    }
}
