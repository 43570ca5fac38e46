package io.eventmesh.runtime.connector;

import static org.assertj.core.api.Assertions.assertThat;

import io.eventmesh.proto.v1.TaskAssignment;
import io.eventmesh.proto.v1.TaskAssignment.Target;
import io.eventmesh.proto.v1.TaskState;
import io.eventmesh.runtime.admin.Directive;
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
    private static final TaskFence FENCE = new TaskFence("t1", 1, 1);

    private final ManualTime time = new ManualTime();
    private final TaskBoard board = new TaskBoard();

    @Test
    void aNewTaskIsStartedOnce() {
        assertThat(directed(task(1, 1, Target.RUN))).singleElement().isInstanceOf(Start.class);
        assertThat(directed(task(1, 1, Target.RUN))).isEmpty();
    }

    @Test
    void aTaskThatLeftTheListIsStoppedAndForgottenWhenItHasEnded() {
        directed(task(1, 1, Target.RUN));

        assertThat(directed()).containsExactly(new Steer(FENCE, Target.STOP));
        assertThat(directed()).isEmpty();
        assertThat(board.ended(FENCE, TaskState.RELEASED)).containsExactly(new Forget(FENCE));
        assertThat(directed(task(1, 1, Target.RUN))).singleElement().isInstanceOf(Start.class);
    }

    @Test
    void targetsAreHandedOnWhenTheyChange() {
        directed(task(1, 1, Target.RUN));

        assertThat(directed(task(1, 1, Target.PAUSE))).containsExactly(new Steer(FENCE, Target.PAUSE));
        assertThat(directed(task(1, 1, Target.PAUSE))).isEmpty();
        assertThat(directed(task(1, 1, Target.RUN))).containsExactly(new Steer(FENCE, Target.RUN));
    }

    @Test
    void aNewConfigurationEndsTheTaskAndStartsItAgain() {
        directed(task(1, 1, Target.RUN));

        assertThat(directed(task(1, 2, Target.RUN))).containsExactly(new Steer(FENCE, Target.STOP));
        assertThat(board.ended(FENCE, TaskState.RELEASED))
                .singleElement()
                .isInstanceOfSatisfying(
                        Start.class,
                        start -> assertThat(start.assignment().getConfigRev()).isEqualTo(2));
    }

    @Test
    void aStoppedTaskRestsUntilItShallRunAgain() {
        directed(task(1, 1, Target.RUN));
        directed(task(1, 1, Target.STOP));
        assertThat(board.ended(FENCE, TaskState.RELEASED)).isEmpty();

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
        board.ended(FENCE, TaskState.FAILED);

        assertThat(directed(task(1, 1, Target.RUN))).isEmpty();
        assertThat(directed(task(1, 2, Target.RUN))).singleElement().isInstanceOf(Start.class);
    }

    @Test
    void aLostTaskComesBackUnderANewEpochOnly() {
        directed(task(1, 1, Target.RUN));
        board.ended(FENCE, TaskState.LOST);

        assertThat(directed(task(1, 1, Target.RUN))).isEmpty();
        assertThat(directed(task(2, 1, Target.RUN))).hasAtLeastOneElementOfType(Start.class);
    }

    @Test
    void aNewEpochWaitsUntilTheOldOneHasEndedHere() {
        directed(task(1, 1, Target.RUN));

        assertThat(directed(task(2, 1, Target.RUN))).containsExactly(new Steer(FENCE, Target.STOP));
        assertThat(board.ended(FENCE, TaskState.RELEASED))
                .hasAtLeastOneElementOfType(Forget.class)
                .hasAtLeastOneElementOfType(Start.class);
    }

    @Test
    void aTaskIsSeveredWhenItsLeaseIsOverAndNotBefore() {
        directed(task(1, 1, Target.RUN));

        time.advance(LEASE.minusMillis(1));
        assertThat(board.tick(time.nanoTime())).isEmpty();
        time.advance(Duration.ofMillis(1));
        assertThat(board.tick(time.nanoTime())).containsExactly(new Sever(FENCE));
        assertThat(board.tick(time.nanoTime())).isEmpty();
    }

    @Test
    void theLeaseCountsFromTheReportThatWasAnswered() {
        long sent = time.nanoTime();
        time.advance(Duration.ofSeconds(4));
        board.directed(new Directive(sent, LEASE.toNanos(), Optional.of(List.of(task(1, 1, Target.RUN)))));

        time.advance(Duration.ofSeconds(11));

        assertThat(board.tick(time.nanoTime())).containsExactly(new Sever(FENCE));
    }

    @Test
    void anAnswerWithoutASetRenewsWhatIsListed() {
        directed(task(1, 1, Target.RUN));
        time.advance(Duration.ofSeconds(14));

        board.directed(new Directive(time.nanoTime(), LEASE.toNanos(), Optional.empty()));
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

        assertThat(board.tick(time.nanoTime())).containsExactly(new Sever(FENCE));
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
        assertThat(board.tick(time.nanoTime())).containsExactly(new Sever(FENCE));
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
        return board.directed(new Directive(time.nanoTime(), LEASE.toNanos(), Optional.of(List.of(tasks))));
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
