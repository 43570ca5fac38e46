package io.eventmesh.admin.database;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.topic.Names;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

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

    /**
     * A position as operators see it.
     *
     * @param ordinal the place in the connector
     * @param epoch under which it was stored
     */
    @SuppressWarnings("ArrayRecordComponent") // handed through, never compared
    public record Place(int ordinal, String partition, long seq, long epoch, byte[] value, long updatedMillis) {}

    /**
     * What an operator puts in a position's place.
     *
     * @param value null removes it
     */
    @SuppressWarnings("ArrayRecordComponent") // handed through, never compared
    public record Change(int ordinal, String partition, byte @Nullable [] value) {}

    /** All positions of a connector, in the order of ordinal and partition. */
    public static List<Place> list(Handle handle, String connector) {
        return handle
                .createQuery("SELECT task_scope, partition_key, seq, epoch, val, updated_at FROM position"
                        + " WHERE task_scope LIKE :scope")
                .bind("scope", connector + "/%")
                .map((row, context) -> new Place(
                        Integer.parseInt(row.getString("task_scope").substring(connector.length() + 1)),
                        row.getString("partition_key"),
                        row.getLong("seq"),
                        row.getLong("epoch"),
                        row.getBytes("val"),
                        row.getLong("updated_at")))
                .stream()
                .sorted(Comparator.comparingInt(Place::ordinal).thenComparing(Place::partition))
                .toList();
    }

    /**
     * Changes positions of a stopped connector, all or none; each one's seq rises by one.
     *
     * @throws EventMeshException NOT_FOUND, PRECONDITION_FAILED unless the connector is STOPPED and nobody has a task of
     *     it, REQUEST_INVALID
     */
    public static void patch(Handle handle, String connector, List<Change> changes, long nowMillis) {
        int tasks = requireStopped(handle, connector).tasksMax();
        skipEpoch(handle, connector);
        for (Change change : changes) {
            if (change.ordinal() < 0 || change.ordinal() >= tasks) {
                throw new EventMeshException(
                        ErrorCode.REQUEST_INVALID,
                        "ordinal: %d (expected: 0..%d)".formatted(change.ordinal(), tasks - 1));
            }
            byte[] value = change.value();
            if (value == null) {
                handle.createUpdate("DELETE FROM position WHERE task_scope = :scope AND partition_key = :partition")
                        .bind("scope", scope(connector, change.ordinal()))
                        .bind("partition", change.partition())
                        .execute();
            } else {
                put(handle, scope(connector, change.ordinal()), change.partition(), value, nowMillis);
            }
        }
    }

    private static void put(Handle handle, String scope, String partition, byte[] value, long nowMillis) {
        requireSize(new Position(partition, 0, value));
        int rows = handle.createUpdate("UPDATE position SET seq = seq + 1, val = :val, updated_at = :now"
                        + " WHERE task_scope = :scope AND partition_key = :partition")
                .bind("val", value)
                .bind("now", nowMillis)
                .bind("scope", scope)
                .bind("partition", partition)
                .execute();
        if (rows == 0) {
            insert(handle, scope, 0, new Position(partition, 1, value), nowMillis);
        }
    }

    /**
     * Removes all positions of a stopped connector, so that it begins anew.
     *
     * @return how many there were; fails as {@link #patch}
     */
    public static int reset(Handle handle, String connector) {
        requireStopped(handle, connector);
        skipEpoch(handle, connector);
        return handle.createUpdate("DELETE FROM position WHERE task_scope LIKE :scope")
                .bind("scope", connector + "/%")
                .execute();
    }

    /**
     * The next owner's right does not follow the last one's: what it publishes again is wanted again, and the mesh does not
     * take it for what a lost owner had published already.
     */
    private static void skipEpoch(Handle handle, String connector) {
        handle.createUpdate("UPDATE assignment SET epoch = epoch + 1 WHERE task_id IN"
                        + " (SELECT id FROM task WHERE connector_id = :connector)")
                .bind("connector", connector)
                .execute();
    }

    /** Holds the assignments of its tasks until the transaction ends, so that none is given away meanwhile. */
    private static ConnectorRow requireStopped(Handle handle, String connector) {
        ConnectorRow row = ConnectorTable.byId(handle, connector)
                .orElseThrow(() -> new EventMeshException(
                        ErrorCode.NOT_FOUND,
                        "connector: '%s' (expected: an existing one)".formatted(Names.shown(connector))));
        long owned = handle
                .createQuery("SELECT runtime_id FROM assignment WHERE task_id IN"
                        + " (SELECT id FROM task WHERE connector_id = :connector) FOR UPDATE")
                .bind("connector", connector)
                .map((line, context) -> Optional.ofNullable(line.getString("runtime_id")))
                .stream()
                .filter(Optional::isPresent)
                .count();
        if (row.desired() != Desired.STOPPED || owned > 0) {
            throw new EventMeshException(
                    ErrorCode.PRECONDITION_FAILED,
                    "connector: desired %s, %d tasks owned (expected: STOPPED and no task owned)"
                            .formatted(row.desired(), owned));
        }
        return row;
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
        insert(handle, scope, epoch, position, nowMillis);
    }

    private static void insert(Handle handle, String scope, long epoch, Position position, long nowMillis) {
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
