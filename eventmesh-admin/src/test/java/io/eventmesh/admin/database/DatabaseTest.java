package io.eventmesh.admin.database;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import io.eventmesh.admin.database.DefinitionTable.Revision;
import io.eventmesh.admin.database.DefinitionTable.Use;
import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
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
            TaskTable.event(
                    handle, task.id(), new TaskTable.TaskEvent(0, 1, 60, "REVOKING", "told to give it back", ""));
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
    void everyChangeOfADefinitionRaisesTheVersionAndIsRemembered() {
        DefinitionRow rule = rule("{\"x\":1}");
        DefinitionRow changed = rule.next("{\"a\":\"b\"}", "{\"x\":2}", "{\"since\":7}", 2);
        Use bus = new Use(DefinitionKind.BUS, "main-" + name);
        Use credential = new Use(DefinitionKind.CREDENTIAL, "key-" + name);
        long before = database().transaction(DefinitionTable::version);

        store(rule, bus);
        store(changed, bus, credential);

        assertThat(database().transaction(DefinitionTable::version)).isEqualTo(before + 2);
        assertThat(found(rule)).contains(changed);
        assertThat(users(bus)).containsExactly(name);
        assertThat(users(credential)).containsExactly(name);
        assertThat(counts()).containsEntry(bus.name(), 1L);
        assertThat(userRevisions(bus)).containsExactly(Map.entry(rule.id(), 2L));
        assertThat(revisions(rule.id()))
                .extracting(Revision::revision, Revision::spec)
                .containsExactly(tuple(2L, "shown 2"), tuple(1L, "shown 1"));

        database().transaction(handle -> {
            DefinitionTable.delete(handle, rule.id());
            return null;
        });

        assertThat(database().transaction(DefinitionTable::version)).isEqualTo(before + 3);
        assertThat(users(bus)).isEmpty();
        assertThat(revisions(rule.id())).isEmpty();
    }

    @Test
    void onlyTheNewestRevisionsAreKept() {
        DefinitionRow row = rule("{}");
        for (int i = 0; i < 25; i++) {
            store(row);
            row = row.next("{}", "{}", "{}", i);
        }
        String id = row.id();

        assertThat(revisions(id))
                .hasSize(20)
                .last()
                .satisfies(oldest -> assertThat(oldest.revision()).isEqualTo(6));
    }

    private DefinitionRow rule(String spec) {
        return new DefinitionRow(
                UUID.randomUUID().toString(), DefinitionKind.RULE, "default", name, "{}", spec, "{}", 1, 1, 1);
    }

    private void store(DefinitionRow row, Use... uses) {
        database().transaction(handle -> {
            DefinitionTable.store(handle, row, "shown " + row.revision(), Set.of(uses));
            return null;
        });
    }

    private Optional<DefinitionRow> found(DefinitionRow row) {
        return database().transaction(handle -> DefinitionTable.find(handle, row.kind(), row.namespace(), row.name()));
    }

    private List<Revision> revisions(String id) {
        return database().transaction(handle -> DefinitionTable.revisions(handle, id));
    }

    private Map<String, Long> counts() {
        return database().transaction(handle -> DefinitionTable.counts(handle, DefinitionKind.BUS, "default"));
    }

    private Map<String, Long> userRevisions(Use of) {
        return database().transaction(handle -> DefinitionTable.userRevisions(handle, of.kind(), "default", of.name()));
    }

    private Set<String> users(Use of) {
        return database().transaction(handle -> DefinitionTable.users(handle, of.kind(), "default", of.name()));
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

    private ConnectorRow change(ConnectorRow row, String config, int tasks) {
        ConnectorRow next = new ConnectorRow(
                row.id(),
                row.namespace(),
                row.name(),
                row.labels(),
                row.kind(),
                row.plugin(),
                "2",
                row.topic(),
                config,
                row.configRev() + 1,
                row.goodRev(),
                row.desired(),
                tasks,
                "{\"labels\":{\"zone\":\"a\"}}",
                "{\"deadLetter\":{\"tolerance\":\"NONE\"}}",
                40_000,
                "",
                false,
                row.revision() + 1,
                row.createdMillis(),
                70);
        store(next);
        return next;
    }

    private void store(ConnectorRow row) {
        database().asLeader(term, handle -> {
            ConnectorTable.update(handle, row);
            ConnectorTable.fitTasks(handle, row, 70);
            return null;
        });
    }

    private <T> T lead(java.util.function.Function<org.jdbi.v3.core.Handle, T> step) {
        return database().asLeader(term, step);
    }

    private boolean did(java.util.function.Predicate<org.jdbi.v3.core.Handle> step) {
        return database().asLeader(term, step::test);
    }

    private <T> List<T> many(java.util.function.Function<org.jdbi.v3.core.Handle, List<T>> query) {
        return database().transaction(query);
    }

    private Optional<RuntimeRow> runtime(String id) {
        return database().transaction(handle -> RuntimeTable.find(handle, id));
    }

    private List<Long> revs() {
        return tasks().stream().map(TaskRow::configRev).toList();
    }

    @Test
    void aFirstRevisionIsTakenAtOnceAndTheNextOnesTaskByTask() {
        ConnectorRow row = connector(2);
        ConnectorRow never = change(row, "{\"path\":\"/y\"}", 2);
        List<Long> first = revs();
        assertThat(did(handle -> RevisionTable.good(handle, row.id(), 1))).isFalse();
        assertThat(did(handle -> RevisionTable.good(handle, row.id(), 2))).isTrue();

        change(found().orElseThrow(), "{\"path\":\"/z\"}", 3);
        List<Long> second = revs();
        lead(handle -> TaskTable.roll(handle, tasks().get(0).id(), 3));

        assertThat(never.configRev()).isEqualTo(2);
        assertThat(first).containsExactly(2L, 2L);
        assertThat(second).containsExactly(2L, 2L, 3L);
        assertThat(revs()).containsExactly(3L, 2L, 3L);
        assertThat(tasks().get(0).revisions()).isEqualTo(new TaskRow.Revisions(3, 2, RevisionRow.Status.ROLLING, ""));
        assertThat(tasks().get(0).needs())
                .isEqualTo(new TaskRow.Needs("2", "{\"labels\":{\"zone\":\"a\"}}", 1, 40_000));
        assertThat(did(handle -> TaskTable.roll(handle, tasks().get(0).id(), 9)))
                .isFalse();
    }

    @Test
    void aRevisionThatNeverRanIsReturnedFromWithAsManyTasksAsBeforeAndStaysSo() {
        ConnectorRow row = connector(2);
        lead(handle -> RevisionTable.good(handle, row.id(), 1));
        ConnectorRow next = change(found().orElseThrow(), "{\"path\":\"/bad\"}", 1);
        lead(handle -> TaskTable.roll(handle, tasks().get(0).id(), 2));

        assertThat(did(handle -> RevisionTable.giveBack(handle, row.id(), 1, "no", 80)))
                .isFalse();
        assertThat(did(handle -> RevisionTable.giveBack(handle, row.id(), 2, "no path", 80)))
                .isTrue();
        store(next);

        assertThat(revs()).containsExactly(1L, 1L);
        assertThat(tasks()).noneMatch(TaskRow::deleting);
        assertThat(found().orElseThrow().config()).isEqualTo("{\"path\":\"/bad\"}");
        assertThat(tasks().get(1).revisions())
                .isEqualTo(new TaskRow.Revisions(2, 1, RevisionRow.Status.RETURNED, "no path"));
        assertThat(database()
                        .transaction(handle -> RevisionTable.find(handle, row.id(), 1))
                        .orElseThrow()
                        .config())
                .isEqualTo("{\"path\":\"/x\"}");
    }

    @Test
    void ofManyRevisionsTheNewestAndTheGoodOneAreKept() {
        ConnectorRow row = connector(1);
        lead(handle -> RevisionTable.good(handle, row.id(), 1));
        for (int i = 0; i < 30; i++) {
            change(found().orElseThrow(), "{\"path\":\"/" + i + "\"}", 1);
        }

        List<RevisionRow> kept = database().transaction(handle -> RevisionTable.list(handle, row.id()));

        assertThat(kept).hasSize(21);
        assertThat(kept.get(0).rev()).isEqualTo(31);
        assertThat(kept.get(20).rev()).isEqualTo(1);
    }

    @Test
    void whatOperatorsWantOfATaskIsKept() {
        connector(1);
        TaskRow task = only();
        boolean unowned = lead(handle -> TaskTable.restart(handle, task.id()));
        assign(task, 0);

        assertThat(unowned).isFalse();
        assertThat(did(handle -> TaskTable.restart(handle, task.id()))).isTrue();
        assertThat(did(handle -> TaskTable.move(handle, task.id(), 0, "r2"))).isFalse();
        assertThat(did(handle -> TaskTable.move(handle, task.id(), 1, "r2"))).isTrue();
        assertThat(did(handle -> TaskTable.pause(handle, task.id(), "breaker\0", new TaskRow.Breaker(1, 5))))
                .isTrue();
        assertThat(only().wishes())
                .isEqualTo(new TaskRow.Wishes(Desired.PAUSED, "breaker ", 1, 1, "r2", 0, new TaskRow.Breaker(1, 5), 4));
        assertThat(only().wanted()).isEqualTo(Desired.PAUSED);
        assertThat(did(handle -> TaskTable.desire(handle, task.id(), null))).isTrue();
        assertThat(only().wishes().failure()).isEmpty();
        assertThat(only().wanted()).isEqualTo(Desired.RUNNING);
        assertThat(did(handle -> TaskTable.desire(handle, "none", Desired.STOPPED)))
                .isFalse();
    }

    @Test
    void aTaskThatGoesToAnotherRuntimeWasMovedAndOneThatComesBackWasNot() {
        connector(1);
        TaskRow task = only();
        assign(task, 0);
        settle(task, 1, AssignmentState.RELEASED);
        assign(task, 1);
        long back = only().wishes().movedMillis();
        settle(task, 2, AssignmentState.RELEASED);

        lead(handle -> TaskTable.assign(handle, task.id(), 2, "r9", "i9", term, 99, 99));

        assertThat(back).isZero();
        assertThat(only().wishes().movedMillis()).isEqualTo(99);
    }

    @Test
    void theHistoryOfATaskKeepsItsNewestLinesWhateverHappensToOthers() {
        connector(2);
        String flapping = tasks().get(0).id();
        String quiet = tasks().get(1).id();
        lead(handle -> {
            TaskTable.event(handle, quiet, new TaskTable.TaskEvent(0, 1, 1, "RUNNING", "runs", ""));
            for (int i = 0; i < 230; i++) {
                TaskTable.event(handle, flapping, new TaskTable.TaskEvent(0, 1, i, "CONFIG", "no " + i, "at x"));
            }
            return null;
        });

        List<TaskTable.TaskEvent> lines =
                database().transaction(handle -> TaskTable.events(handle, flapping, Long.MAX_VALUE, 1_000));

        assertThat(lines).hasSize(200);
        assertThat(lines.get(0).message()).isEqualTo("no 229");
        assertThat(lines.get(0).stack()).isEqualTo("at x");
        assertThat(many(handle ->
                        TaskTable.events(handle, flapping, lines.get(0).id(), 1)))
                .containsExactly(lines.get(1));
        assertThat(many(handle -> TaskTable.events(handle, quiet, Long.MAX_VALUE, 10)))
                .hasSize(1);
    }

    @Test
    void positionsAreChangedByHandOnlyWhenTheConnectorIsStoppedAndNobodyHasItsTasks() {
        ConnectorRow row = connector(2);
        TaskRow task = tasks().get(0);
        assign(task, 0);
        commit(task, term, 1, 7, "a");
        byte[] other = "b".getBytes(StandardCharsets.UTF_8);
        List<PositionTable.Change> changes = List.of(
                new PositionTable.Change(0, "p", other),
                new PositionTable.Change(1, "q", other),
                new PositionTable.Change(1, "gone", null));

        refuses(ErrorCode.PRECONDITION_FAILED, () -> lead(handle -> PositionTable.reset(handle, row.id())));
        stop(row);
        refuses(ErrorCode.PRECONDITION_FAILED, () -> lead(handle -> PositionTable.reset(handle, row.id())));
        settle(task, 1, AssignmentState.RELEASED);
        lead(handle -> {
            PositionTable.patch(handle, row.id(), changes, 90);
            return null;
        });

        assertThat(many(handle -> PositionTable.list(handle, row.id())))
                .extracting(PositionTable.Place::ordinal, PositionTable.Place::partition, PositionTable.Place::seq)
                .containsExactly(
                        org.assertj.core.api.Assertions.tuple(0, "p", 8L),
                        org.assertj.core.api.Assertions.tuple(1, "q", 1L));
        refuses(
                ErrorCode.REQUEST_INVALID,
                () -> lead(handle -> {
                    PositionTable.patch(handle, row.id(), List.of(new PositionTable.Change(2, "p", other)), 90);
                    return null;
                }));
        int removed = lead(handle -> PositionTable.reset(handle, row.id()));
        assertThat(removed).isEqualTo(2);
        assertThat(tasks().get(0).assignment().epoch())
                .as("the next right does not follow the one before")
                .isEqualTo(3);
        assertThat(many(handle -> PositionTable.list(handle, row.id()))).isEmpty();
    }

    private void stop(ConnectorRow row) {
        store(new ConnectorRow(
                row.id(),
                row.namespace(),
                row.name(),
                row.labels(),
                row.kind(),
                row.plugin(),
                row.topic(),
                row.config(),
                row.configRev(),
                Desired.STOPPED,
                row.tasksMax(),
                false,
                row.revision() + 1,
                row.createdMillis(),
                70));
    }

    @Test
    void whatOperatorsWantOfARuntimeOutlivesItsReports() {
        RuntimeRow row = new RuntimeRow("m-" + name, "i1", "a:1", "connector", "[]", 4, "ALIVE", 5);
        lead(handle -> {
            RuntimeTable.store(handle, row);
            assertThat(RuntimeTable.mark(handle, row.id(), new RuntimeRow.Marks(true, true, 7, 0)))
                    .isTrue();
            assertThat(RuntimeTable.mark(handle, "none", RuntimeRow.Marks.NONE)).isFalse();
            RuntimeTable.store(handle, row.seenAt(6));
            return null;
        });

        assertThat(runtime(row.id())).contains(row.seenAt(6).with(new RuntimeRow.Marks(true, true, 7, 2)));
        lead(handle -> {
            RuntimeTable.remove(handle, row.id());
            return null;
        });
        assertThat(runtime(row.id())).isEmpty();
    }
}
