package io.eventmesh.admin.schedule;

import io.eventmesh.admin.database.DefinitionTable;
import io.eventmesh.admin.database.RuntimeRow;
import io.eventmesh.admin.database.RuntimeTable;
import io.eventmesh.admin.database.TaskRow;
import io.eventmesh.admin.database.TaskTable;
import java.util.List;
import org.jdbi.v3.core.Handle;

/**
 * What the scheduler decides on, as stored at one moment.
 *
 * @param definitions the number of the newest definitions
 */
record Stored(long definitions, List<TaskRow> tasks, List<RuntimeRow> runtimes) {
    static Stored read(Handle handle) {
        return new Stored(DefinitionTable.version(handle), TaskTable.all(handle), RuntimeTable.all(handle));
    }
}
