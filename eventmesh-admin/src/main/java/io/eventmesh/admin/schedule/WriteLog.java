package io.eventmesh.admin.schedule;

import io.eventmesh.admin.database.Database;
import io.eventmesh.admin.database.RuntimeTable;
import io.eventmesh.admin.database.TaskTable;
import io.eventmesh.common.time.MeshClock;
import java.time.Duration;
import org.jdbi.v3.core.Handle;

/** Stores the board's decisions, each in a transaction that holds the term. Blocks. */
final class WriteLog {
    private final Database database;
    private final MeshClock clock;
    private final Duration lease;

    WriteLog(Database database, MeshClock clock, Duration lease) {
        this.database = database;
        this.clock = clock;
        this.lease = lease;
    }

    /**
     * Stores a write.
     *
     * @return whether it still fitted what is stored
     * @throws io.eventmesh.common.error.EventMeshException NOT_LEADER, STORAGE_UNAVAILABLE
     */
    boolean store(long term, Write write) {
        return database.asLeader(term, handle -> store(handle, term, write));
    }

    private boolean store(Handle handle, long term, Write write) {
        long now = clock.millis();
        if (write instanceof Write.Assign assign) {
            boolean done = TaskTable.assign(
                    handle,
                    assign.task(),
                    assign.epoch(),
                    assign.runtime(),
                    assign.incarnation(),
                    term,
                    now + lease.toMillis(),
                    now);
            if (done) {
                TaskTable.event(
                        handle,
                        assign.task(),
                        new TaskTable.TaskEvent(0, assign.epoch() + 1, now, "ASSIGNED", "to " + assign.runtime(), ""));
            }
            return done;
        }
        if (write instanceof Write.Settle settle) {
            boolean done = TaskTable.settle(handle, settle.task(), settle.epoch(), settle.state(), now);
            if (done) {
                String kind = settle.state().name();
                TaskTable.event(
                        handle,
                        settle.task(),
                        new TaskTable.TaskEvent(0, settle.epoch(), now, kind, settle.why(), ""));
            }
            return done;
        }
        if (write instanceof Write.Remove remove) {
            return TaskTable.remove(handle, remove.task(), remove.epoch());
        }
        if (write instanceof Write.Seen seen) {
            RuntimeTable.store(handle, seen.runtime().seenAt(now));
            return true;
        }
        throw new IllegalArgumentException("not stored in the database: " + write);
    }
}
