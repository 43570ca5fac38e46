package io.eventmesh.tests.fault.task;

import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/**
 * The admins' PostgreSQL from the outside. Triggers write down every change of a source position, with the right that was
 * the task's at that moment: no change between two looks is missed.
 */
final class TaskDatabase {
    private static final String WATCH = """
            CREATE TABLE seen_position (
                id BIGSERIAL PRIMARY KEY, what TEXT, partition_key TEXT, epoch BIGINT, seq BIGINT, val BYTEA,
                old_epoch BIGINT, old_seq BIGINT, old_val BYTEA, right_epoch BIGINT, owner TEXT);
            CREATE FUNCTION see_position() RETURNS trigger AS $$
            DECLARE
                held RECORD;
            BEGIN
                IF TG_OP = 'DELETE' THEN
                    INSERT INTO seen_position (what, partition_key) VALUES (TG_OP, OLD.partition_key);
                    RETURN NULL;
                END IF;
                SELECT a.epoch, a.runtime_id INTO held FROM assignment a JOIN task t ON t.id = a.task_id
                    WHERE t.connector_id || '/' || t.ordinal = NEW.task_scope;
                INSERT INTO seen_position
                    (what, partition_key, epoch, seq, val, old_epoch, old_seq, old_val, right_epoch, owner)
                    VALUES (TG_OP, NEW.partition_key, NEW.epoch, NEW.seq, NEW.val,
                        CASE WHEN TG_OP = 'UPDATE' THEN OLD.epoch END, CASE WHEN TG_OP = 'UPDATE' THEN OLD.seq END,
                        CASE WHEN TG_OP = 'UPDATE' THEN OLD.val END, held.epoch, held.runtime_id);
                RETURN NULL;
            END
            $$ LANGUAGE plpgsql;
            CREATE TRIGGER see_position AFTER INSERT OR UPDATE OR DELETE ON position
                FOR EACH ROW EXECUTE FUNCTION see_position()""";

    private final DataSource source;

    TaskDatabase(DataSource source) {
        this.source = source;
    }

    /** A task and who has it. */
    record Owner(String task, String partition, String runtime, long term, long epoch, String state) {}

    /**
     * A position that was stored.
     *
     * @param rightEpoch the task's epoch when it was stored
     * @param before number and epoch that stood there; null for the first
     */
    record PositionWrite(
            String what,
            Place place,
            long rightEpoch,
            @Nullable Place before) {}

    /** Where a position stands. */
    record Place(String partition, long epoch, long seq, long number) {}

    private interface Step<T> {
        T run(Statement statement) throws SQLException;
    }

    private <T> T with(Step<T> step) {
        try (Connection connection = source.getConnection();
                Statement statement = connection.createStatement()) {
            return step.run(statement);
        } catch (SQLException failure) {
            throw new IllegalStateException(failure);
        }
    }

    /** From now on changes of positions are written down. */
    void watch() {
        with(statement -> statement.execute(WATCH));
    }

    List<Owner> owners() {
        return with(statement -> {
            List<Owner> owners = new ArrayList<>();
            try (ResultSet rows = statement.executeQuery("""
                    SELECT t.id, c.name || '-' || t.ordinal, coalesce(a.runtime_id, ''), a.term, a.epoch, a.state
                    FROM task t JOIN connector c ON c.id = t.connector_id JOIN assignment a ON a.task_id = t.id
                    ORDER BY 2""")) {
                while (rows.next()) {
                    owners.add(new Owner(
                            rows.getString(1),
                            rows.getString(2),
                            rows.getString(3),
                            rows.getLong(4),
                            rows.getLong(5),
                            rows.getString(6)));
                }
            }
            return owners;
        });
    }

    /** Every change of a position since {@link #watch}, in order. */
    List<PositionWrite> positionWrites() {
        return with(statement -> {
            List<PositionWrite> writes = new ArrayList<>();
            try (ResultSet rows = statement.executeQuery("SELECT what, partition_key, epoch, seq, val, right_epoch,"
                    + " old_epoch, old_seq, old_val FROM seen_position ORDER BY id")) {
                while (rows.next()) {
                    String partition = rows.getString(2);
                    writes.add(new PositionWrite(
                            rows.getString(1),
                            new Place(partition, rows.getLong(3), rows.getLong(4), number(rows.getBytes(5))),
                            rows.getLong(6),
                            rows.getBytes(9) == null
                                    ? null
                                    : new Place(
                                            partition, rows.getLong(7), rows.getLong(8), number(rows.getBytes(9)))));
                }
            }
            return writes;
        });
    }

    private static long number(byte @Nullable [] value) {
        return value == null ? 0 : Long.parseLong(new String(value, StandardCharsets.UTF_8));
    }
}
