package io.eventmesh.admin.schedule;

import io.eventmesh.admin.database.Database;
import io.eventmesh.admin.database.RevisionTable;
import io.eventmesh.admin.database.RuntimeTable;
import io.eventmesh.admin.database.TaskTable;
import io.eventmesh.common.time.MeshClock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jdbi.v3.core.Handle;

/** Stores the board's decisions, many in one transaction that holds the term. Blocks. */
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
     * Stores writes in their order, all or none of those that fit.
     *
     * @return of each whether it still fitted what is stored
     * @throws io.eventmesh.common.error.EventMeshException NOT_LEADER, STORAGE_UNAVAILABLE
     */
    List<Boolean> store(long term, List<Write> writes) {
        return database.asLeader(term, handle -> {
            long now = clock.millis();
            List<Boolean> done = new ArrayList<>(writes.size());
            for (Write write : writes) {
                done.add(store(handle, term, write, now));
            }
            return done;
        });
    }

    private boolean store(Handle handle, long term, Write write, long now) {
        if (write instanceof Write.OfTask ofTask) {
            return ofTask(handle, term, ofTask, now);
        }
        if (write instanceof Write.Seen seen) {
            RuntimeTable.store(handle, seen.runtime().seenAt(now));
        } else if (write instanceof Write.Gone gone) {
            RuntimeTable.remove(handle, gone.runtime());
        } else if (write instanceof Write.Weigh weigh) {
            return TaskTable.weigh(handle, weigh.task(), weigh.weight());
        } else if (write instanceof Write.History line) {
            if (TaskTable.find(handle, line.task()).isPresent()) {
                event(handle, line.task(), line.epoch(), now, line.kind(), line.message(), line.stack());
            }
        } else if (write instanceof Write.Pause pause) {
            if (TaskTable.pause(handle, pause.task(), pause.why(), pause.breaker())) {
                event(handle, pause.task(), pause.breaker().epoch(), now, "BREAKER", "paused: " + pause.why(), "");
            }
        } else if (write instanceof Write.Good good) {
            return RevisionTable.good(handle, good.connector(), good.rev());
        } else if (write instanceof Write.GiveBack back) {
            return giveBack(handle, back, now);
        }
        return true;
    }

    private static boolean giveBack(Handle handle, Write.GiveBack back, long now) {
        boolean done = RevisionTable.giveBack(handle, back.connector(), back.rev(), back.why(), now);
        if (done) {
            String message = "revision %d did not run: %s".formatted(back.rev(), back.why());
            TaskTable.all(handle).stream()
                    .filter(task -> task.connectorId().equals(back.connector()))
                    .forEach(task -> event(handle, task.id(), task.assignment().epoch(), now, "RETURNED", message, ""));
        }
        return done;
    }

    private boolean ofTask(Handle handle, long term, Write.OfTask write, long now) {
        String task = write.task();
        if (write instanceof Write.Assign assign) {
            boolean done = TaskTable.assign(
                    handle,
                    task,
                    assign.epoch(),
                    assign.runtime(),
                    assign.incarnation(),
                    term,
                    now + lease.toMillis(),
                    now);
            if (done) {
                event(handle, task, assign.epoch() + 1, now, "ASSIGNED", "to " + assign.runtime(), "");
            }
            return done;
        }
        if (write instanceof Write.Settle settle) {
            boolean done = TaskTable.settle(handle, task, settle.epoch(), settle.state(), now);
            if (done) {
                event(handle, task, settle.epoch(), now, settle.state().name(), settle.why(), "");
            }
            return done;
        }
        if (write instanceof Write.Move move) {
            boolean done = TaskTable.move(handle, task, move.epoch(), move.runtime());
            if (done) {
                event(handle, task, move.epoch(), now, "MOVE", "to " + move.runtime() + ", for balance", "");
            }
            return done;
        }
        if (write instanceof Write.Roll roll) {
            return TaskTable.roll(handle, task, roll.rev());
        }
        if (write instanceof Write.Remove remove) {
            return TaskTable.remove(handle, task, remove.epoch());
        }
        throw new IllegalArgumentException("not stored in the database: " + write);
    }

    private static void event(
            Handle handle, String task, long epoch, long now, String kind, String message, String stack) {
        TaskTable.event(handle, task, new TaskTable.TaskEvent(0, epoch, now, kind, message, stack));
    }
}
