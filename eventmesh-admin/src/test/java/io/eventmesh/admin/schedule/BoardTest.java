package io.eventmesh.admin.schedule;

import static org.assertj.core.api.Assertions.assertThat;

import io.eventmesh.admin.database.Assignment;
import io.eventmesh.admin.database.AssignmentState;
import io.eventmesh.admin.database.Desired;
import io.eventmesh.admin.database.TaskRow;
import io.eventmesh.admin.schedule.Directive.Order;
import io.eventmesh.admin.schedule.Directive.Target;
import io.eventmesh.admin.schedule.Report.RunState;
import io.eventmesh.admin.schedule.Report.TaskReport;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class BoardTest {
    private static final Timing TIMING =
            new Timing(Duration.ofSeconds(15), Duration.ofSeconds(5), Duration.ofSeconds(6));
    private static final long TERM = 7;

    private long now = Duration.ofHours(1).toNanos();
    private Board board = new Board(TIMING, TERM, now);
    private final Map<String, TaskRow> rows = new LinkedHashMap<>();
    private final Map<String, Long> observed = new HashMap<>();
    private final List<Write> written = new ArrayList<>();
    private long seq;

    private void seconds(int count) {
        now += Duration.ofSeconds(count).toNanos();
    }

    private void task(String id, String connector, Desired desired) {
        task(id, connector, desired, new Assignment(null, null, null, 0, 0, AssignmentState.UNASSIGNED, 0));
    }

    private void task(String id, String connector, Desired desired, Assignment assignment) {
        rows.put(
                id,
                new TaskRow(
                        id, 0, false, connector, "default", connector, "SOURCE", "file", desired, 1, 1, assignment));
        board.load(rows.values());
    }

    private static Assignment owned(String runtime, String incarnation, long term, long epoch) {
        return new Assignment(runtime, incarnation, runtime, term, epoch, AssignmentState.RUNNING, 0);
    }

    private Directive report(String runtime, String incarnation, Says... tasks) {
        return report(runtime, incarnation, false, false, 10, tasks);
    }

    private record Says(String task, long term, long epoch, RunState state) {}

    private Directive report(
            String runtime, String incarnation, boolean draining, boolean restarted, int slots, Says... tasks) {
        Map<String, TaskReport> reports = new HashMap<>();
        for (Says says : tasks) {
            reports.put(says.task(), new TaskReport(says.term(), says.epoch(), 1, says.state(), 0, 0, 0, 0, "", 0));
        }
        Directive directive = board.report(
                new Report(
                        runtime,
                        incarnation,
                        ++seq,
                        "",
                        List.of("connector"),
                        slots,
                        draining,
                        observed.getOrDefault(incarnation, 0L),
                        List.of(new Report.PluginInfo("source", "file", "1", "")),
                        restarted,
                        reports),
                now);
        if (directive.tasks().isPresent()) {
            observed.put(incarnation, directive.version());
        }
        return directive;
    }

    /** Decides and stores until nothing follows any more. */
    private void settle() {
        for (int round = 0; round < 20; round++) {
            List<Write> writes = board.decide(now, true);
            writes.forEach(write -> {
                written.add(write);
                board.applied(write, 0);
            });
            if (writes.stream().noneMatch(Write.OfTask.class::isInstance)) {
                rows.clear();
                board.tasks().forEach(view -> rows.put(view.row().id(), view.row()));
                return;
            }
        }
        throw new AssertionError("decides for ever: " + written);
    }

    private Assignment assignment(String task) {
        return view(task).row().assignment();
    }

    private TaskView view(String task) {
        return board.tasks().stream()
                .filter(view -> view.row().id().equals(task))
                .findFirst()
                .orElseThrow();
    }

    private List<Order> orders(String runtime) {
        return board.current(runtime).flatMap(Directive::tasks).orElse(List.of());
    }

    @Test
    void aTaskGoesToTheRuntimeThatHasItsPluginOnlyAfterItsFenceIsPublished() {
        task("t1", "c1", Desired.RUNNING);
        report("r1", "i1");

        List<Write> first = board.decide(now, true);
        first.forEach(write -> board.applied(write, 0));
        List<Order> beforeTheFence = orders("r1");
        List<Write> second = board.decide(now, true);
        second.forEach(write -> board.applied(write, 0));

        assertThat(first).contains(new Write.Assign("t1", 0, "r1", "i1"));
        assertThat(beforeTheFence).isEmpty();
        assertThat(second).containsExactly(new Write.Fence("t1", TERM, 1));
        assertThat(orders("r1")).containsExactly(new Order("t1", TERM, 1, 1, Target.RUN, 0));
    }

    @Test
    void aDecisionIsNotMadeTwiceWhileItIsOnItsWay() {
        task("t1", "c1", Desired.RUNNING);
        report("r1", "i1");

        List<Write> first = board.decide(now, true);
        List<Write> second = board.decide(now, true);
        first.forEach(board::refused);
        List<Write> third = board.decide(now, true);

        assertThat(first).hasAtLeastOneElementOfType(Write.Assign.class);
        assertThat(second).isEmpty();
        assertThat(third).contains(new Write.Assign("t1", 0, "r1", "i1"));
    }

    @Test
    void anAnswerCarriesTheSetOnlyWhenTheRuntimeHasNotGotIt() {
        task("t1", "c1", Desired.RUNNING);
        report("r1", "i1");
        settle();

        Directive first = report("r1", "i1");
        Directive second = report("r1", "i1");

        assertThat(first.tasks()).isPresent();
        assertThat(second.tasks()).isEmpty();
        assertThat(second.version()).isEqualTo(first.version());
        assertThat(second.echoSeq()).isEqualTo(first.echoSeq() + 1);
    }

    @Test
    void aSilentOwnerKeepsItsTaskForLeaseAndGraceAndThenLosesItToAnother() {
        task("t1", "c1", Desired.RUNNING);
        report("r1", "i1");
        settle();
        report("r1", "i1", new Says("t1", TERM, 1, RunState.RUNNING));

        seconds(19);
        report("r2", "i2");
        settle();
        Assignment before = assignment("t1");
        seconds(1);
        report("r2", "i2");
        settle();

        assertThat(before.runtime()).isEqualTo("r1");
        assertThat(assignment("t1").runtime()).isEqualTo("r2");
        assertThat(assignment("t1").epoch()).isEqualTo(2);
        assertThat(written)
                .anyMatch(write -> write instanceof Write.Settle settled && settled.state() == AssignmentState.LOST);
    }

    @Test
    void aBrokenStreamAloneTakesNothingFromTheOwner() {
        task("t1", "c1", Desired.RUNNING);
        report("r1", "i1");
        settle();

        board.disconnected("r1", "i1", now);
        report("r2", "i2");
        seconds(14);
        settle();

        assertThat(assignment("t1").runtime()).isEqualTo("r1");
    }

    @Test
    void aSuspectRuntimeKeepsItsTasksAndGetsNoNewOnes() {
        task("t1", "c1", Desired.RUNNING);
        report("r1", "i1");
        settle();

        seconds(7);
        task("t2", "c2", Desired.RUNNING);
        settle();

        assertThat(assignment("t1").runtime()).isEqualTo("r1");
        assertThat(assignment("t2").runtime()).isNull();
        assertThat(view("t2").reason()).contains("no connector runtime is alive");
        assertThat(written)
                .anyMatch(write -> write instanceof Write.Seen seen
                        && seen.runtime().state().equals("SUSPECT"));
    }

    @Test
    void aNewLeaderTakesNothingFromAnOwnerBeforeItHasLedForLeaseAndGrace() {
        task("t1", "c1", Desired.RUNNING, owned("r1", "i1", 3, 4));
        report("r2", "i2");
        settle();

        seconds(19);
        report("r2", "i2");
        settle();
        Assignment before = assignment("t1");
        seconds(1);
        report("r2", "i2");
        settle();

        assertThat(before.runtime()).isEqualTo("r1");
        assertThat(before.term()).isEqualTo(3);
        assertThat(assignment("t1").runtime()).isEqualTo("r2");
        assertThat(assignment("t1").term()).isEqualTo(TERM);
        assertThat(assignment("t1").epoch()).isEqualTo(5);
    }

    @Test
    void anOwnerThatReportsToANewLeaderKeepsItsTaskAndItsRight() {
        task("t1", "c1", Desired.RUNNING, owned("r1", "i1", 3, 4));

        Directive directive = report("r1", "i1", new Says("t1", 3, 4, RunState.RUNNING));
        seconds(15);
        report("r1", "i1", new Says("t1", 3, 4, RunState.RUNNING));
        settle();

        assertThat(directive.tasks().orElseThrow()).containsExactly(new Order("t1", 3, 4, 1, Target.RUN, 0));
        assertThat(assignment("t1")).isEqualTo(owned("r1", "i1", 3, 4));
        assertThat(written).filteredOn(Write.OfTask.class::isInstance).containsExactly(new Write.Fence("t1", 3, 4));
    }

    @Test
    void aNewLeaderPlacesAtOnceWhatNobodyHas() {
        task("t1", "c1", Desired.RUNNING);
        report("r1", "i1");

        settle();

        assertThat(assignment("t1").runtime()).isEqualTo("r1");
    }

    @Test
    void aRestartVoidsTheOldIncarnationsRightsAtOnceAndPrefersTheSameRuntime() {
        task("t1", "c1", Desired.RUNNING);
        report("r1", "i1");
        settle();
        report("r2", "i2");

        report("r1", "i1b", false, true, 10);
        settle();

        assertThat(assignment("t1").incarnation()).isEqualTo("i1b");
        assertThat(assignment("t1").epoch()).isEqualTo(2);
    }

    @Test
    void aNewIncarnationThatDoesNotKnowOfARestartWaitsTheLease() {
        task("t1", "c1", Desired.RUNNING);
        report("r1", "i1");
        settle();

        report("r1", "i1b");
        settle();
        Assignment before = assignment("t1");
        seconds(20);
        report("r1", "i1b");
        settle();

        assertThat(before.incarnation()).isEqualTo("i1");
        assertThat(assignment("t1").incarnation()).isEqualTo("i1b");
    }

    @Test
    void anOldIncarnationThatComesBackIsToldToRunNothing() {
        task("t1", "c1", Desired.RUNNING);
        report("r1", "i1");
        settle();
        report("r1", "i1b", false, true, 10);
        settle();

        Directive zombie = report("r1", "i1", new Says("t1", TERM, 1, RunState.RUNNING));

        assertThat(zombie.tasks().orElseThrow()).isEmpty();
        assertThat(zombie.refusal()).contains("i1b");
    }

    @Test
    void aDrainingRuntimeGivesItsTasksBackToOthersWithoutAWait() {
        task("t1", "c1", Desired.RUNNING);
        report("r1", "i1");
        settle();
        report("r2", "i2");

        Directive drain = report("r1", "i1", true, false, 10, new Says("t1", TERM, 1, RunState.RUNNING));
        settle();
        AssignmentState revoking = assignment("t1").state();
        report("r1", "i1", true, false, 10, new Says("t1", TERM, 1, RunState.RELEASED));
        settle();

        assertThat(drain.tasks().orElseThrow()).containsExactly(new Order("t1", TERM, 1, 1, Target.DRAIN, 0));
        assertThat(revoking).isEqualTo(AssignmentState.REVOKING);
        assertThat(assignment("t1").runtime()).isEqualTo("r2");
        assertThat(assignment("t1").epoch()).isEqualTo(2);
    }

    @Test
    void aReleaseUnderAnOldRightIsIgnored() {
        task("t1", "c1", Desired.RUNNING, owned("r1", "i1", 3, 4));

        report("r1", "i1", new Says("t1", 3, 3, RunState.RELEASED), new Says("t1", 2, 4, RunState.RELEASED));
        settle();

        assertThat(assignment("t1").runtime()).isEqualTo("r1");
        assertThat(assignment("t1").epoch()).isEqualTo(4);
    }

    @Test
    void aTaskThatItsOwnerFencedOffIsPlacedAnew() {
        task("t1", "c1", Desired.RUNNING);
        report("r1", "i1");
        settle();

        report("r1", "i1", new Says("t1", TERM, 1, RunState.LOST));
        settle();

        assertThat(assignment("t1").epoch()).isEqualTo(2);
        assertThat(orders("r1")).containsExactly(new Order("t1", TERM, 2, 1, Target.RUN, 0));
    }

    @Test
    void aStoppedTaskIsOwnedUntilItsOwnerHasSeenTheOrderAndRunsItNoMore() {
        task("t1", "c1", Desired.RUNNING);
        report("r1", "i1");
        settle();
        report("r1", "i1", new Says("t1", TERM, 1, RunState.RUNNING));
        settle();

        TaskRow row = view("t1").row();
        rows.put("t1", desired(row, Desired.STOPPED));
        board.load(rows.values());
        report("r1", "i1"); // sent before the order was seen
        settle();
        boolean ownedBefore = assignment("t1").state().isOwned();
        report("r1", "i1");
        settle();

        assertThat(ownedBefore).isTrue();
        assertThat(assignment("t1").state()).isEqualTo(AssignmentState.RELEASED);
        assertThat(view("t1").reason()).isEqualTo("stopped as desired");
    }

    private static TaskRow desired(TaskRow row, Desired desired) {
        return new TaskRow(
                row.id(),
                row.ordinal(),
                row.deleting(),
                row.connectorId(),
                row.namespace(),
                row.connector(),
                row.kind(),
                row.plugin(),
                desired,
                row.configRev(),
                row.connectorRevision(),
                row.assignment());
    }

    @Test
    void tasksOfOneConnectorAreSpreadAndAllTasksBalanced() {
        report("r1", "i1");
        report("r2", "i2");
        report("r3", "i3");
        for (int i = 0; i < 3; i++) {
            task("a" + i, "a", Desired.RUNNING);
            task("b" + i, "b", Desired.RUNNING);
        }

        settle();

        for (String connector : List.of("a", "b")) {
            assertThat(board.tasks().stream()
                            .filter(view -> view.row().connectorId().equals(connector))
                            .map(view -> view.row().assignment().runtime()))
                    .containsExactlyInAnyOrder("r1", "r2", "r3");
        }
    }

    @Test
    void whatFindsNoSlotSaysSoAndIsPlacedWhenThereIsOne() {
        report("r1", "i1", false, false, 1);
        task("t1", "c1", Desired.RUNNING);
        task("t2", "c2", Desired.RUNNING);
        settle();
        String reason = view("t2").reason();

        report("r1", "i1", false, false, 2);
        settle();

        assertThat(reason).contains("no free slot");
        assertThat(assignment("t2").runtime()).isEqualTo("r1");
    }

    @Test
    void aRuntimeWithoutThePluginGetsNothing() {
        rows.put(
                "t1",
                new TaskRow(
                        "t1",
                        0,
                        false,
                        "c1",
                        "default",
                        "c1",
                        "SINK",
                        "file",
                        Desired.RUNNING,
                        1,
                        1,
                        new Assignment(null, null, null, 0, 0, AssignmentState.UNASSIGNED, 0)));
        board.load(rows.values());
        report("r1", "i1");

        settle();

        assertThat(assignment("t1").runtime()).isNull();
        assertThat(view("t1").reason()).contains("sink plugin 'file'");
    }

    @Test
    void withoutAWayToPublishFencesNothingIsAssigned() {
        task("t1", "c1", Desired.RUNNING);
        report("r1", "i1");

        List<Write> writes = board.decide(now, false);

        assertThat(writes).noneMatch(Write.OfTask.class::isInstance);
        assertThat(view("t1").reason()).contains("meta store");
    }

    @Test
    void anAssignmentWhoseFenceAFormerLeaderNeverPublishedIsFencedBeforeItIsTold() {
        Assignment unfinished = new Assignment("r1", "i1", "r1", 3, 4, AssignmentState.ASSIGNED, 0);
        task("t1", "c1", Desired.RUNNING, unfinished);

        Directive before = report("r1", "i1");
        settle();

        assertThat(before.tasks().orElseThrow()).isEmpty();
        assertThat(written).contains(new Write.Fence("t1", 3, 4));
        assertThat(orders("r1")).containsExactly(new Order("t1", 3, 4, 1, Target.RUN, 0));
    }

    @Test
    void aTaskThatIsToEndIsRemovedOnceNobodyHasIt() {
        TaskRow row = new TaskRow(
                "t1", 0, true, "c1", "default", "c1", "SOURCE", "file", Desired.STOPPED, 1, 1, owned("r1", "i1", 3, 4));
        rows.put("t1", row);
        board.load(rows.values());

        report("r1", "i1", new Says("t1", 3, 4, RunState.RUNNING));
        settle();
        boolean stillThere = !board.tasks().isEmpty();
        report("r1", "i1", new Says("t1", 3, 4, RunState.RELEASED));
        settle();

        assertThat(stillThere).isTrue();
        assertThat(board.tasks()).isEmpty();
        assertThat(written).contains(new Write.Remove("t1", 4));
    }

    @Test
    void aRestartAskedForByAPersonClosesTheTaskAndOpensItUnderANewEpoch() {
        task("t1", "c1", Desired.RUNNING);
        report("r1", "i1");
        settle();
        report("r1", "i1", new Says("t1", TERM, 1, RunState.FAILED));

        TaskRow row = view("t1").row();
        rows.put("t1", row.with(new TaskRow.Wishes(null, "", 1, 0, "", 0, TaskRow.Breaker.NONE, 2)));
        board.load(rows.values());
        Directive stop = report("r1", "i1", new Says("t1", TERM, 1, RunState.FAILED));
        settle();
        report("r1", "i1", new Says("t1", TERM, 1, RunState.RELEASED));
        settle();

        assertThat(stop.tasks().orElseThrow()).containsExactly(new Order("t1", TERM, 1, 1, Target.STOP, 0));
        assertThat(orders("r1")).containsExactly(new Order("t1", TERM, 2, 1, Target.RUN, 0));
    }

    @Test
    void setsOfDifferentLeadersNeverShareANumber() {
        task("t1", "c1", Desired.RUNNING);
        long before = report("r1", "i1").version();
        board = new Board(TIMING, TERM + 1, now);
        board.load(rows.values());

        Directive after = report("r1", "i1");

        assertThat(after.version()).isGreaterThan(before);
        assertThat(after.tasks()).isEqualTo(Optional.of(List.of()));
    }
}
