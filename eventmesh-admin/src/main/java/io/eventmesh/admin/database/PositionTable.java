package io.eventmesh.admin.database;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.topic.Names;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.jdbi.v3.core.Handle;

/**
 * Source positions, each guarded by the right of the task that stores it. Every method is a step of the caller's
 * transaction.
 *
 * <p>Positions belong to a place in the connector, not to a task's id, so that they outlive a change of owner.
 */
public final class PositionTable {
    /** The largest value, in bytes. */
    public static final int MAX_VALUE = 64 << 10;

    private static final int MAX_PARTITION = 1000;

    private PositionTable() {}

    /** A source position: what the plugin calls the part, how often it was stored, and the plugin's own value. */
    @SuppressWarnings("ArrayRecordComponent") // handed through, never compared
    public record Position(String partition, long seq, byte[] value) {}

    static String scope(String connector, int ordinal) {
        return connector + "/" + ordinal;
    }

    /**
     * The positions of a task.
     *
     * @throws EventMeshException NOT_FOUND when there is no such task, FENCED when the right is not the current one
     */
    public static List<Position> read(Handle handle, String task, long term, long epoch) {
        String scope = requireRight(handle, task, term, epoch);
        return handle.createQuery("SELECT partition_key, seq, val FROM position WHERE task_scope = :scope"
                        + " ORDER BY partition_key")
                .bind("scope", scope)
                .map((row, context) ->
                        new Position(row.getString("partition_key"), row.getLong("seq"), row.getBytes("val")))
                .list();
    }

    /**
     * Stores positions, all or none. The assignment is held until the transaction ends, so that the task cannot change
     * owner in between. Storing the same seq and value again succeeds.
     *
     * @throws EventMeshException NOT_FOUND, REQUEST_INVALID, or FENCED when the right is not the current one or a seq
     *     went back
     */
    public static void commit(
            Handle handle, String task, long term, long epoch, List<Position> positions, long nowMillis) {
        String scope = requireRight(handle, task, term, epoch);
        for (Position position : positions) {
            requireSize(position);
            int rows = handle.createUpdate("UPDATE position SET epoch = :epoch, seq = :seq, val = :val,"
                            + " updated_at = :now WHERE task_scope = :scope AND partition_key = :partition"
                            + " AND epoch <= :epoch AND seq < :seq")
                    .bind("epoch", epoch)
                    .bind("seq", position.seq())
                    .bind("val", position.value())
                    .bind("now", nowMillis)
                    .bind("scope", scope)
                    .bind("partition", position.partition())
                    .execute();
            if (rows == 0) {
                insertOrRefuse(handle, scope, epoch, position, nowMillis);
            }
        }
    }

    private static void insertOrRefuse(Handle handle, String scope, long epoch, Position position, long nowMillis) {
        Optional<Position> there = handle.createQuery("SELECT partition_key, seq, val FROM position"
                        + " WHERE task_scope = :scope AND partition_key = :partition")
                .bind("scope", scope)
                .bind("partition", position.partition())
                .map((row, context) ->
                        new Position(row.getString("partition_key"), row.getLong("seq"), row.getBytes("val")))
                .findOne();
        if (there.isPresent()) {
            Position stored = there.get();
            if (stored.seq() == position.seq() && Arrays.equals(stored.value(), position.value())) {
                return;
            }
            throw new EventMeshException(
                    ErrorCode.FENCED,
                    "position seq: %d (expected: > %d) partition=%s"
                            .formatted(position.seq(), stored.seq(), Names.shown(position.partition())));
        }
        // whoever stores positions of the task holds its assignment, so nobody inserts the same key meanwhile
        handle.createUpdate("INSERT INTO position (task_scope, partition_key, epoch, seq, val, updated_at)"
                        + " VALUES (:scope, :partition, :epoch, :seq, :val, :now)")
                .bind("scope", scope)
                .bind("partition", position.partition())
                .bind("epoch", epoch)
                .bind("seq", position.seq())
                .bind("val", position.value())
                .bind("now", nowMillis)
                .execute();
    }

    private static String requireRight(Handle handle, String task, long term, long epoch) {
        record Right(boolean owned, long term, long epoch) {}
        Right right = handle.createQuery(
                        "SELECT runtime_id, term, epoch FROM assignment WHERE task_id = :task FOR UPDATE")
                .bind("task", task)
                .map((row, context) ->
                        new Right(row.getString("runtime_id") != null, row.getLong("term"), row.getLong("epoch")))
                .findOne()
                .orElseThrow(() -> new EventMeshException(
                        ErrorCode.NOT_FOUND, "task: '%s' (expected: an existing one)".formatted(Names.shown(task))));
        if (!right.owned() || right.term() != term || right.epoch() != epoch) {
            throw new EventMeshException(
                    ErrorCode.FENCED,
                    "right: (%d, %d) (expected: (%d, %d)%s)"
                            .formatted(
                                    term,
                                    epoch,
                                    right.term(),
                                    right.epoch(),
                                    right.owned() ? "" : ", owned by nobody"));
        }
        return handle.createQuery("SELECT connector_id, ordinal FROM task WHERE id = :task")
                .bind("task", task)
                .map((row, context) -> scope(row.getString("connector_id"), row.getInt("ordinal")))
                .one();
    }

    private static void requireSize(Position position) {
        int partition = position.partition().length();
        if (partition > MAX_PARTITION) {
            throw new EventMeshException(
                    ErrorCode.REQUEST_INVALID,
                    "partition: %d characters (expected: <= %d)".formatted(partition, MAX_PARTITION));
        }
        if (position.value().length > MAX_VALUE) {
            throw new EventMeshException(
                    ErrorCode.REQUEST_INVALID,
                    "position value: %d bytes (expected: <= %d)".formatted(position.value().length, MAX_VALUE));
        }
    }
}
