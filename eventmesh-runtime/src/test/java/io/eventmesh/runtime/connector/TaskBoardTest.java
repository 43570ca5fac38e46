package io.eventmesh.runtime.connector;

import static org.assertj.core.api.Assertions.assertThat;

import io.eventmesh.proto.v1.TaskAssignment;
import io.eventmesh.proto.v1.TaskAssignment.Target;
import io.eventmesh.proto.v1.TaskState;
import io.eventmesh.runtime.admin.Directive;
import io.eventmesh.runtime.connector.TaskBoard.Abandon;
import io.eventmesh.runtime.connector.TaskBoard.Await;
import io.eventmesh.runtime.connector.TaskBoard.Forget;
import io.eventmesh.runtime.connector.TaskBoard.Rest;
import io.eventmesh.runtime.connector.TaskBoard.Sever;
import io.eventmesh.runtime.connector.TaskBoard.Start;
import io.eventmesh.runtime.connector.TaskBoard.Steer;
import io.eventmesh.runtime.connector.TaskBoard.Step;
import io.eventmesh.spi.mesh.TaskFence;
import io.eventmesh.testkit.ManualTime;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

final class TaskBoardTest {
    private static final Duration LEASE = Duration.ofSeconds(15);
    private static final Duration DRAIN = Duration.ofSeconds(8);
    private static final TaskFence FENCE = new TaskFence("t1", 1, 1);

    private static final TaskFence SECOND = new TaskFence("t1", 1, 2);
    private static final Sever LEASE_OVER = new Sever(FENCE, "its lease is over");
    private static final Sever OVERDUE = new Sever(FENCE, "it did not end in time");

    private final ManualTime time = new ManualTime();
    private final TaskBoard board = new TaskBoard(DRAIN);

    @Test
    void aNewTaskIsStartedOnce() {
        assertThat(directed(task(1, 1, Target.RUN))).singleElement().isInstanceOf(Start.class);
        assertThat(directed(task(1, 1, Target.RUN))).isEmpty();
    }

    @Test
    void aTaskThatLeftTheListIsStoppedAndForgottenWhenItHasEnded() {
        directed(task(1, 1, Target.RUN));

        assertThat(directed()).containsExactly(new Steer(FENCE, Target.STOP, DRAIN));
        assertThat(directed()).isEmpty();
        assertThat(ended(TaskState.RELEASED)).containsExactly(new Forget(FENCE));
        assertThat(directed(task(1, 1, Target.RUN))).singleElement().isInstanceOf(Start.class);
    }

    @Test
    void targetsAreHandedOnWhenTheyChange() {
        directed(task(1, 1, Target.RUN));

        assertThat(directed(task(1, 1, Target.PAUSE))).containsExactly(new Steer(FENCE, Target.PAUSE, DRAIN));
        assertThat(directed(task(1, 1, Target.PAUSE))).isEmpty();
        assertThat(directed(task(1, 1, Target.RUN))).containsExactly(new Steer(FENCE, Target.RUN, DRAIN));
    }

    @Test
    void aNewConfigurationEndsTheTaskAndStartsItAgain() {
        directed(task(1, 1, Target.RUN));

        assertThat(directed(task(1, 2, Target.RUN))).containsExactly(new Steer(FENCE, Target.STOP, DRAIN));
        assertThat(ended(TaskState.RELEASED))
                .singleElement()
                .isInstanceOfSatisfying(
                        Start.class,
                        start -> assertThat(start.assignment().getConfigRev()).isEqualTo(2));
    }

    @Test
    void aStoppedTaskRestsUntilItShallRunAgain() {
        directed(task(1, 1, Target.RUN));
        directed(task(1, 1, Target.STOP));
        assertThat(ended(TaskState.RELEASED)).isEmpty();

        assertThat(directed(task(1, 1, Target.STOP))).isEmpty();
        assertThat(directed(task(1, 1, Target.RUN))).singleElement().isInstanceOf(Start.class);
    }

    @Test
    void aTaskThatShallNotRunIsReportedReleasedWithoutAThread() {
        assertThat(directed(task(1, 1, Target.DRAIN))).singleElement().isInstanceOf(Rest.class);
    }

    @Test
    void aFailedTaskWaitsForAnotherConfiguration() {
        directed(task(1, 1, Target.RUN));
        ended(TaskState.FAILED);

        assertThat(directed(task(1, 1, Target.RUN))).isEmpty();
        assertThat(directed(task(1, 2, Target.RUN))).singleElement().isInstanceOf(Start.class);
    }

    @Test
    void aLostTaskComesBackUnderANewEpochOnly() {
        directed(task(1, 1, Target.RUN));
        ended(TaskState.LOST);

        assertThat(directed(task(1, 1, Target.RUN))).isEmpty();
        assertThat(directed(task(2, 1, Target.RUN))).hasAtLeastOneElementOfType(Start.class);
    }

    @Test
    void aNewEpochWaitsUntilTheOldOneHasEndedHere() {
        directed(task(1, 1, Target.RUN));

        assertThat(directed(task(2, 1, Target.RUN)))
                .containsExactly(new Steer(FENCE, Target.STOP, DRAIN), new Await(task(2, 1, Target.RUN), SECOND));
        assertThat(directed(task(2, 1, Target.RUN))).isEmpty();
        assertThat(ended(TaskState.RELEASED))
                .hasAtLeastOneElementOfType(Forget.class)
                .hasAtLeastOneElementOfType(Start.class);
    }

    @Test
    void aTaskIsSeveredWhenItsLeaseIsOverAndNotBefore() {
        directed(task(1, 1, Target.RUN));

        time.advance(LEASE.minusMillis(1));
        assertThat(board.tick(time.nanoTime())).isEmpty();
        time.advance(Duration.ofMillis(1));
        assertThat(board.tick(time.nanoTime())).containsExactly(LEASE_OVER);
        assertThat(board.tick(time.nanoTime())).isEmpty();
    }

    @Test
    void theLeaseCountsFromTheReportThatWasAnswered() {
        long sent = time.nanoTime();
        time.advance(Duration.ofSeconds(4));
        board.directed(
                new Directive(sent, LEASE.toNanos(), Optional.of(List.of(task(1, 1, Target.RUN)))), time.nanoTime());

        time.advance(Duration.ofSeconds(11));

        assertThat(board.tick(time.nanoTime())).containsExactly(LEASE_OVER);
    }

    @Test
    void anAnswerWithoutASetRenewsWhatIsListed() {
        directed(task(1, 1, Target.RUN));
        time.advance(Duration.ofSeconds(14));

        renew();
        time.advance(Duration.ofSeconds(14));

        assertThat(board.tick(time.nanoTime())).isEmpty();
    }

    @Test
    void aTaskThatLeftTheListIsNotRenewed() {
        directed(task(1, 1, Target.RUN));
        directed();
        time.advance(Duration.ofSeconds(14));
        directed();
        time.advance(Duration.ofSeconds(1));

        assertThat(board.tick(time.nanoTime())).containsExactly(LEASE_OVER);
    }

    @Test
    void withoutAnyLeaderATaskWhoseFenceIsItsOwnGoesOn() {
        directed(task(1, 1, Target.RUN));
        assertThat(board.late(time.nanoTime())).isEmpty();

        time.advance(Duration.ofSeconds(6));
        assertThat(board.late(time.nanoTime())).containsExactly(FENCE);
        board.unled(FENCE, time.nanoTime());
        time.advance(Duration.ofSeconds(14));

        assertThat(board.tick(time.nanoTime())).isEmpty();
        time.advance(Duration.ofSeconds(1));
        assertThat(board.tick(time.nanoTime())).containsExactly(LEASE_OVER);
    }

    @Test
    void aTaskThatDoesNotEndWhenItIsStoppedIsSevered() {
        directed(task(1, 1, Target.RUN));
        directed(task(1, 1, Target.STOP));

        advanceRenewed(DRAIN.plusSeconds(4));
        assertThat(tick()).isEmpty();
        advanceRenewed(Duration.ofSeconds(1));
        assertThat(tick()).containsExactly(OVERDUE);
        assertThat(ended(TaskState.LOST)).isEmpty();
        assertThat(directed(task(1, 1, Target.RUN))).isEmpty();
    }

    @Test
    void aTaskThatDoesNotEndForANewConfigurationIsSevered() {
        directed(task(1, 1, Target.RUN));
        directed(task(1, 2, Target.RUN));

        advanceRenewed(DRAIN.plusSeconds(5));

        assertThat(tick()).containsExactly(OVERDUE);
    }

    @Test
    void theAdminSaysHowLongAnEndMayTake() {
        directed(task(1, 1, Target.RUN));

        assertThat(directed(
                        task(1, 1, Target.DRAIN).toBuilder().setDrainMs(1_000).build()))
                .containsExactly(new Steer(FENCE, Target.DRAIN, Duration.ofSeconds(1)));
        advanceRenewed(Duration.ofSeconds(6));

        assertThat(tick()).containsExactly(OVERDUE);
    }

    @Test
    void aStopIsNotPutOffByADrain() {
        directed(task(1, 1, Target.RUN));
        directed(task(1, 1, Target.STOP));
        advanceRenewed(DRAIN);
        directed(task(1, 1, Target.DRAIN));
        advanceRenewed(Duration.ofSeconds(5));

        assertThat(tick()).containsExactly(OVERDUE);
    }

    @Test
    void aPausedTaskIsGivenAllTheTime() {
        directed(task(1, 1, Target.RUN));
        directed(task(1, 1, Target.PAUSE));

        advanceRenewed(Duration.ofHours(1));

        assertThat(tick()).isEmpty();
    }

    @Test
    void aThreadThatOutlivesItsSeveringIsAbandonedAndItsSuccessorStarted() {
        directed(task(1, 1, Target.RUN));
        time.advance(LEASE);
        assertThat(tick()).containsExactly(LEASE_OVER);
        assertThat(directed(task(2, 1, Target.RUN))).containsExactly(new Await(task(2, 1, Target.RUN), SECOND));

        time.advance(Duration.ofSeconds(9));
        assertThat(tick()).isEmpty();
        time.advance(Duration.ofSeconds(1));
        renew();

        assertThat(tick())
                .hasSize(3)
                .startsWith(new Abandon(FENCE), new Forget(FENCE))
                .hasAtLeastOneElementOfType(Start.class);
        assertThat(ended(TaskState.LOST)).isEmpty();
    }

    @Test
    void aLeaseWorksForTwoThirdsAndHoldsToItsEnd() {
        TaskLease lease = new TaskLease(time.nanoTime(), LEASE.toNanos());

        time.advance(Duration.ofMillis(9_999));
        assertThat(lease.works(time.nanoTime())).isTrue();
        time.advance(Duration.ofMillis(1));
        assertThat(lease.works(time.nanoTime())).isFalse();
        assertThat(lease.holds(time.nanoTime())).isTrue();
        time.advance(Duration.ofSeconds(5));
        assertThat(lease.holds(time.nanoTime())).isFalse();
    }

    @Test
    void aLateAnswerToAnOldReportDoesNotShortenALease() {
        TaskLease lease = new TaskLease(time.nanoTime(), LEASE.toNanos());
        long old = time.nanoTime() - Duration.ofSeconds(9).toNanos();

        lease.renew(old, LEASE.toNanos());

        time.advance(Duration.ofSeconds(9));
        assertThat(lease.works(time.nanoTime())).isTrue();
    }

    private List<Step> directed(TaskAssignment... tasks) {
        return board.directed(
                new Directive(time.nanoTime(), LEASE.toNanos(), Optional.of(List.of(tasks))), time.nanoTime());
    }

    /** Goes on in steps that a renewal reaches. */
    private void advanceRenewed(Duration length) {
        Duration left = length;
        while (left.compareTo(Duration.ofSeconds(10)) > 0) {
            time.advance(Duration.ofSeconds(10));
            renew();
            assertThat(tick()).isEmpty();
            left = left.minusSeconds(10);
        }
        time.advance(left);
        renew();
    }

    private void renew() {
        board.directed(new Directive(time.nanoTime(), LEASE.toNanos(), Optional.empty()), time.nanoTime());
    }

    private List<Step> ended(TaskState state) {
        return board.ended(FENCE, state, time.nanoTime());
    }

    private List<Step> tick() {
        return board.tick(time.nanoTime());
    }

    private static TaskAssignment task(long epoch, long configRev, Target target) {
        return TaskAssignment.newBuilder()
                .setTaskId("t1")
                .setTerm(1)
                .setEpoch(epoch)
                .setConfigRev(configRev)
                .setTarget(target)
                .build();
    }
}
