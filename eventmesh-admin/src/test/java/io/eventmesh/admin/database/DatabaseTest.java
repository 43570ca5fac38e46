package io.eventmesh.admin.database;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What the admin asks of any database, tested on each that it supports. */
abstract class DatabaseTest {
    private long term;
    private String name;

    abstract Database database();

    @BeforeEach
    void beginATerm() {
        term = database().raiseTerm("test");
        name = "c" + UUID.randomUUID().toString().substring(0, 8);
    }

    private ConnectorRow connector(int tasks) {
        ConnectorRow row = new ConnectorRow(
                UUID.randomUUID().toString(),
                "default",
                name,
                "{}",
                "SOURCE",
                "file",
                "packages",
                "{\"path\":\"/x\"}",
                1,
                Desired.RUNNING,
                tasks,
                false,
                1,
                10,
                10);
        database().asLeader(term, handle -> {
            ConnectorTable.insert(handle, row);
            ConnectorTable.fitTasks(handle, row, 10);
            return row;
        });
        return row;
    }

    private List<TaskRow> tasks() {
        return database().transaction(TaskTable::all).stream()
                .filter(task -> task.connector().equals(name))
                .toList();
    }

    private TaskRow only() {
        assertThat(tasks()).hasSize(1);
        return tasks().get(0);
    }

    private boolean assign(TaskRow task, long epoch) {
        return database()
                .asLeader(term, handle -> TaskTable.assign(handle, task.id(), epoch, "r1", "i1", term, 20, 20));
    }

    private boolean settle(TaskRow task, long epoch, AssignmentState state) {
        return database().asLeader(term, handle -> TaskTable.settle(handle, task.id(), epoch, state, 30));
    }

    private void commit(TaskRow task, long withTerm, long epoch, long seq, String value) {
        database().transaction(handle -> {
            PositionTable.commit(
                    handle,
                    task.id(),
                    withTerm,
                    epoch,
                    List.of(new PositionTable.Position("p", seq, value.getBytes(StandardCharsets.UTF_8))),
                    40);
            return null;
        });
    }

    private List<String> positions(TaskRow task, long epoch) {
        return database().transaction(handle -> PositionTable.read(handle, task.id(), term, epoch)).stream()
                .map(position ->
                        position.partition() + position.seq() + new String(position.value(), StandardCharsets.UTF_8))
                .toList();
    }

    private Optional<ConnectorRow> found() {
        return database().transaction(handle -> ConnectorTable.find(handle, "default", name));
    }

    private Optional<RuleRow> foundRule() {
        return database().transaction(handle -> RuleTable.find(handle, "default", name));
    }

    private static void refuses(ErrorCode code, ThrowingCallable call) {
        assertThatThrownBy(call)
                .isInstanceOfSatisfying(
                        EventMeshException.class,
                        refused -> assertThat(refused.code()).isEqualTo(code));
    }

    @Test
    void aTermRisesWithEachLeadershipAndAStaleLeaderWritesNothing() {
        ConnectorRow row = connector(1);
        long stale = term;
        long next = database().raiseTerm("other");

        assertThat(next).isEqualTo(stale + 1);
        refuses(ErrorCode.NOT_LEADER, () -> assign(only(), 0));
        assertThat(only().assignment().epoch()).isZero();
        assertThat(row.name()).isEqualTo(only().connector());
    }

    @Test
    void aTaskIsGivenOnceForEachEpoch() {
        connector(1);
        TaskRow task = only();

        assertThat(assign(task, 0)).isTrue();
        assertThat(assign(task, 0)).isFalse();
        assertThat(assign(task, 1)).isFalse();
        assertThat(only().assignment())
                .isEqualTo(new Assignment("r1", "i1", "r1", term, 1, AssignmentState.ASSIGNED, 20));
        assertThat(settle(task, 0, AssignmentState.LOST)).isFalse();
        assertThat(settle(task, 1, AssignmentState.LOST)).isTrue();
        assertThat(only().assignment().runtime()).isNull();
        assertThat(assign(task, 1)).isTrue();
        assertThat(only().assignment().epoch()).isEqualTo(2);
    }

    @Test
    void positionsAreStoredByTheOwnerAloneAndNeverGoBack() {
        connector(1);
        TaskRow task = only();
        refuses(ErrorCode.FENCED, () -> commit(task, term, 0, 1, "unowned"));
        assign(task, 0);

        commit(task, term, 1, 1, "a");
        commit(task, term, 1, 2, "b");
        commit(task, term, 1, 2, "b");

        assertThat(positions(task, 1)).containsExactly("p2b");
        refuses(ErrorCode.FENCED, () -> commit(task, term, 1, 1, "a"));
        refuses(ErrorCode.FENCED, () -> commit(task, term, 1, 2, "other"));
        refuses(ErrorCode.FENCED, () -> commit(task, term, 2, 3, "c"));
        refuses(ErrorCode.FENCED, () -> commit(task, term - 1, 1, 3, "c"));
        refuses(ErrorCode.FENCED, () -> positions(task, 2));
        assertThat(positions(task, 1)).containsExactly("p2b");
        settle(task, 1, AssignmentState.LOST);
        refuses(ErrorCode.FENCED, () -> commit(task, term, 1, 3, "late"));
    }

    @Test
    void positionsOutliveAChangeOfOwnerAndATaskThatIsMadeAnewGoesOnAboveTheirEpoch() {
        ConnectorRow row = connector(1);
        TaskRow task = only();
        assign(task, 0);
        settle(task, 1, AssignmentState.RELEASED);
        assign(task, 1);
        commit(task, term, 2, 1, "a");
        settle(task, 2, AssignmentState.RELEASED);

        resize(row, 0);
        database().asLeader(term, handle -> TaskTable.remove(handle, task.id(), 2));
        resize(row, 1);
        TaskRow anew = only();
        assertThat(anew.id()).isNotEqualTo(task.id());
        assertThat(assign(anew, 2)).isTrue();

        assertThat(positions(anew, 3)).containsExactly("p1a");
        commit(anew, term, 3, 2, "b");
        assertThat(positions(anew, 3)).containsExactly("p2b");
    }

    private void resize(ConnectorRow row, int tasks) {
        ConnectorRow other = new ConnectorRow(
                row.id(),
                row.namespace(),
                row.name(),
                row.labels(),
                row.kind(),
                row.plugin(),
                row.topic(),
                row.config(),
                row.configRev(),
                row.desired(),
                tasks,
                false,
                row.revision(),
                row.createdMillis(),
                row.updatedMillis());
        database().asLeader(term, handle -> {
            ConnectorTable.fitTasks(handle, other, 50);
            return null;
        });
    }

    @Test
    void fewerTasksMarksTheLastOnesAndMoreTakesThemBack() {
        ConnectorRow row = connector(3);

        resize(row, 1);
        List<Boolean> fewer = tasks().stream().map(TaskRow::deleting).toList();
        resize(row, 4);

        assertThat(fewer).containsExactly(false, true, true);
        assertThat(tasks()).hasSize(4).noneMatch(TaskRow::deleting);
    }

    @Test
    void anOwnedTaskIsNotRemovedAndTheLastOneTakesADeletedConnectorAlong() {
        ConnectorRow row = connector(1);
        TaskRow task = only();
        assign(task, 0);
        database().asLeader(term, handle -> {
            ConnectorRow deleted = new ConnectorRow(
                    row.id(),
                    row.namespace(),
                    row.name(),
                    row.labels(),
                    row.kind(),
                    row.plugin(),
                    row.topic(),
                    row.config(),
                    1,
                    Desired.STOPPED,
                    1,
                    true,
                    2,
                    10,
                    60);
            ConnectorTable.update(handle, deleted);
            ConnectorTable.fitTasks(handle, deleted, 60);
            TaskTable.event(handle, task.id(), 1, 60, "REVOKING", "told to give it back");
            return null;
        });
        commit(task, term, 1, 1, "last");

        boolean owned = database().asLeader(term, handle -> TaskTable.remove(handle, task.id(), 1));
        settle(task, 1, AssignmentState.RELEASED);
        boolean free = database().asLeader(term, handle -> TaskTable.remove(handle, task.id(), 1));

        assertThat(owned).isFalse();
        assertThat(free).isTrue();
        assertThat(found()).isEmpty();
    }

    @Test
    void aNameIsTakenOnce() {
        ConnectorRow row = connector(1);

        refuses(ErrorCode.ALREADY_EXISTS, () -> connector(1));
        assertThat(found()).contains(row);
    }

    @Test
    void everyChangeOfARuleRaisesTheVersionOfTheDefinitions() {
        RuleRow rule = new RuleRow(UUID.randomUUID().toString(), "default", name, "{}", "default", "{}", 1, 1, 1);
        RuleRow changed = new RuleRow(rule.id(), "default", name, "{\"a\":\"b\"}", "default", "{\"x\":1}", 2, 1, 2);
        long before = database().transaction(RuleTable::version);

        for (java.util.function.Consumer<org.jdbi.v3.core.Handle> step :
                List.<java.util.function.Consumer<org.jdbi.v3.core.Handle>>of(
                        handle -> RuleTable.insert(handle, rule),
                        handle -> RuleTable.update(handle, changed),
                        handle -> RuleTable.delete(handle, rule.id()))) {
            database().transaction(handle -> {
                step.accept(handle);
                return null;
            });
        }

        assertThat(database().transaction(RuleTable::version)).isEqualTo(before + 3);
        assertThat(foundRule()).isEmpty();
    }

    @Test
    void aRuntimeIsStoredNewAndKnown() {
        RuntimeRow row = new RuntimeRow("r-" + name, "i1", "a:1", "mesh,connector", "[]", 4, "ALIVE", 5);
        RuntimeRow later = new RuntimeRow("r-" + name, "i2", "a:1", "connector", "[]", 2, "DRAINING", 6);

        database().transaction(handle -> {
            RuntimeTable.store(handle, row);
            RuntimeTable.store(handle, later);
            return null;
        });

        assertThat(database().transaction(RuntimeTable::all)).contains(later).doesNotContain(row);
        assertThat(row.roleNames()).containsExactly("mesh", "connector");
    }

    @Test
    void whatFailsWithinATransactionLeavesNothingBehind() {
        connector(1);
        TaskRow task = only();
        assign(task, 0);

        refuses(
                ErrorCode.REQUEST_INVALID,
                () -> database().transaction(handle -> {
                    PositionTable.commit(
                            handle,
                            task.id(),
                            term,
                            1,
                            List.of(
                                    new PositionTable.Position("p", 1, new byte[1]),
                                    new PositionTable.Position("q", 1, new byte[PositionTable.MAX_VALUE + 1])),
                            40);
                    return null;
                }));

        assertThat(positions(task, 1)).isEmpty();
    }
}
