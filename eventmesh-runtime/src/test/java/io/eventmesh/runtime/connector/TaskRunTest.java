package io.eventmesh.runtime.connector;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.proto.v1.TaskAssignment.Target;
import io.eventmesh.proto.v1.TaskState;
import io.eventmesh.spi.event.Event;
import io.eventmesh.spi.plugin.Plugin;
import io.eventmesh.spi.plugin.Plugins;
import io.eventmesh.spi.storage.Start;
import io.eventmesh.testkit.ManualTime;
import io.eventmesh.testkit.mesh.RecordingMember;
import io.eventmesh.testkit.mesh.RecordingMesh;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class TaskRunTest {
    private static final Duration LEASE = Duration.ofSeconds(15);

    private final ListSource source = new ListSource();
    private final ListSink sink = new ListSink();
    private final TaskFixture fixture = new TaskFixture(new Both(), "SOURCE", "list");
    private final FakeRecords records = fixture.records;
    private final ScriptedMesh mesh = new ScriptedMesh();
    private final RecordingMesh recording = new RecordingMesh();
    private final ManualTime time = new ManualTime();

    @AfterEach
    void severAll() {
        source.blocking = false;
        fixture.close();
    }

    @Test
    void nothingIsCommittedBeforeTheMeshHasStoredIt() {
        source.texts.addAll(List.of("a", "b", "c"));
        TaskRun run = fixture.run(mesh);
        await().until(() -> mesh.calls().size() == 3);
        assertThat(records.commits()).isZero();

        mesh.calls().get(1).store();
        mesh.calls().get(2).store();
        await().during(Duration.ofMillis(100)).until(() -> records.commits() == 0);
        mesh.calls().get(0).store();

        await().until(() -> "3".equals(records.position("p")));
        await().until(() -> source.committed.contains("3"));
        assertThat(run.state()).isEqualTo(TaskState.RUNNING);
    }

    @Test
    void onlyTheContiguousPrefixIsCommitted() {
        source.texts.addAll(List.of("a", "b", "c"));
        fixture.run(mesh);
        await().until(() -> mesh.calls().size() == 3);

        mesh.calls().get(0).store();
        mesh.calls().get(2).store();

        await().until(() -> "1".equals(records.position("p")));
        await().during(Duration.ofMillis(100)).until(() -> "1".equals(records.position("p")));
    }

    @Test
    void theNextOwnerLosesNothing() {
        source.texts.addAll(List.of("a", "b", "c", "d"));
        TaskRun first = fixture.run(mesh);
        await().until(() -> mesh.calls().size() == 4);
        mesh.calls().get(0).store();
        mesh.calls().get(1).store();
        await().until(() -> "2".equals(records.position("p")));
        first.sever("its lease is over");
        await().until(first::hasEnded);

        fixture.run(recording);

        await().until(() -> recording.published().size() == 2);
        assertThat(recording.published().stream()
                        .map(each -> text(each.outgoing().event())))
                .containsExactly("c", "d");
        assertThat(recording.published().get(0).outgoing().event().id())
                .isEqualTo(mesh.calls().get(2).outgoing().event().id());
    }

    @Test
    void aTaskSpeaksUnderItsRight() {
        source.texts.add("a");
        fixture.run(recording);

        await().until(() -> recording.published().size() == 1);
        assertThat(recording.published().get(0).context().taskFence()).contains(TaskFixture.FENCE);
        assertThat(recording.published().get(0).outgoing().event().source()).isEqualTo("/connectors/default/c1");
        assertThat(recording.published().get(0).context().principal().isRuntime())
                .isTrue();
    }

    @Test
    void whatIsRefusedForNowIsSentAgainInOrder() {
        source.texts.addAll(List.of("a", "b", "c"));
        fixture.run(mesh);
        await().until(() -> mesh.calls().size() == 3);

        mesh.calls().get(0).store();
        mesh.calls().get(1).refuse(ErrorCode.OVERLOADED);
        mesh.calls().get(2).store();

        await().until(() -> mesh.calls().size() == 5);
        assertThat(mesh.calls().stream().map(ScriptedMesh.Call::text)).containsExactly("a", "b", "c", "b", "c");
        mesh.calls().get(3).store();
        mesh.calls().get(4).store();
        await().until(() -> "3".equals(records.position("p")));
    }

    @Test
    void theWindowHoldsTheSourceBack() {
        for (int i = 0; i < 100; i++) {
            source.texts.add("x");
        }
        fixture.run(mesh);

        await().until(() -> mesh.calls().size() == 8);
        await().during(Duration.ofMillis(100)).until(() -> mesh.calls().size() == 8);
        mesh.calls().forEach(ScriptedMesh.Call::store);
        await().until(() -> mesh.calls().size() == 16);
    }

    @Test
    void aRecordThatTheMeshNeverTakesGoesToTheDeadLetterBeforeItsPositionMoves() {
        source.texts.addAll(List.of("bad", "good"));
        fixture.run(mesh);
        await().until(() -> mesh.calls().size() == 2);
        mesh.calls().get(0).refuse(ErrorCode.EVENT_INVALID);
        mesh.calls().get(1).store();

        await().until(() -> mesh.calls().size() == 3);
        ScriptedMesh.Call letter = mesh.calls().get(2);
        assertThat(letter.outgoing().topic().value()).isEqualTo("_dl/default/connector/c1");
        assertThat(letter.text()).isEqualTo("bad");
        assertThat(letter.outgoing().event().attribute("dlreason")).isEqualTo("EVENT_INVALID");
        assertThat(letter.outgoing().event().attribute("dlstage")).isEqualTo("publish");
        assertThat(records.position("p")).isNull();
        letter.store();
        await().until(() -> "2".equals(records.position("p")));
    }

    @Test
    void aDeadLetterThatIsTooLargeIsKeptAsData() {
        source.texts.add("large");
        fixture.run(mesh);
        await().until(() -> mesh.calls().size() == 1);
        mesh.calls().get(0).refuse(ErrorCode.EVENT_TOO_LARGE);
        await().until(() -> mesh.calls().size() == 2);
        mesh.calls().get(1).refuse(ErrorCode.EVENT_TOO_LARGE);

        await().until(() -> mesh.calls().size() == 3);

        assertThat(mesh.calls().get(2).outgoing().event().type()).isEqualTo(DeadLetters.ENVELOPE_TYPE);
        mesh.calls().get(2).store();
        await().until(() -> "1".equals(records.position("p")));
    }

    @Test
    void aRecordWithoutAnEventOnlyMovesThePosition() {
        source.texts.addAll(List.of("a", "-"));
        fixture.run(recording);

        await().until(() -> "2".equals(records.position("p")));
        assertThat(recording.published()).hasSize(1);
    }

    @Test
    void aFencedPublishEndsTheTask() {
        source.texts.add("a");
        TaskRun run = fixture.run(mesh);
        await().until(() -> mesh.calls().size() == 1);

        mesh.calls().get(0).refuse(ErrorCode.FENCED);

        await().until(() -> run.state() == TaskState.LOST);
        assertThat(source.opened).hasValue(0);
    }

    @Test
    void aFencedCommitEndsTheTask() {
        records.refuseCommits(ErrorCode.FENCED);
        source.texts.add("a");

        TaskRun run = fixture.run(recording);

        await().until(() -> run.state() == TaskState.LOST);
    }

    @Test
    void positionsWaitForTheAdminToComeBack() {
        records.refuseCommits(ErrorCode.META_UNAVAILABLE);
        source.texts.addAll(List.of("a", "b"));
        TaskRun run = fixture.run(recording);
        await().until(() -> recording.published().size() == 2);
        await().during(Duration.ofMillis(100)).until(() -> run.state() == TaskState.RUNNING);

        records.refuseCommits(null);

        await().until(() -> "2".equals(records.position("p")));
    }

    @Test
    void aDrainedTaskCommitsWhatIsInFlight() {
        source.texts.addAll(List.of("a", "b"));
        TaskRun run = fixture.run(mesh);
        await().until(() -> mesh.calls().size() == 2);

        steer(run, Target.DRAIN);
        await().until(() -> run.state() == TaskState.DRAINING);
        mesh.calls().forEach(ScriptedMesh.Call::store);

        await().until(() -> run.state() == TaskState.RELEASED);
        assertThat(records.position("p")).isEqualTo("2");
        assertThat(source.opened).hasValue(0);
    }

    @Test
    void aPausedTaskKeepsItsPluginAndTakesNothing() {
        TaskRun run = fixture.run(recording);
        await().until(() -> run.state() == TaskState.RUNNING);
        steer(run, Target.PAUSE);
        await().until(() -> run.state() == TaskState.PAUSED);

        source.texts.add("a");
        await().during(Duration.ofMillis(150)).until(() -> recording.published().isEmpty());
        assertThat(source.opened).hasValue(1);
        steer(run, Target.RUN);

        await().until(() -> recording.published().size() == 1);
    }

    @Test
    void atTwoThirdsOfTheLeaseATaskHoldsStillAndGoesOnWhenRenewed() {
        TaskLease lease = new TaskLease(time.nanoTime(), LEASE.toNanos());
        TaskRun run = fixture.run(recording, time, lease);
        source.texts.add("a");
        await().until(() -> recording.published().size() == 1);

        time.advance(Duration.ofSeconds(10));
        await().during(Duration.ofMillis(300)).until(() -> true);
        source.texts.add("b");
        await().during(Duration.ofMillis(300)).until(() -> recording.published().size() == 1);
        assertThat(run.state()).isEqualTo(TaskState.RUNNING);
        lease.renew(time.nanoTime());

        await().until(() -> recording.published().size() == 2);
    }

    @Test
    void atTheEndOfTheLeaseATaskIsLostEvenInsideItsPlugin() {
        source.blocking = true;
        TaskRun run = fixture.run(recording);
        await().until(() -> run.state() == TaskState.RUNNING);

        run.sever("its lease is over");

        await().until(() -> run.state() == TaskState.LOST);
        await().until(() -> source.opened.get() == 0);
    }

    @Test
    void aFailingPluginIsStartedAgainBehindItsPosition() {
        source.texts.addAll(List.of("a", "b"));
        TaskRun run = fixture.run(recording);
        await().until(() -> "2".equals(records.position("p")));

        source.nextFailure = new IOException("away");
        await().until(() -> run.state() == TaskState.BACKOFF);
        source.texts.add("c");

        await().until(() -> recording.published().size() == 3);
        assertThat(source.openedAt).containsExactly(0, 2);
    }

    @Test
    void aRefusedConfigurationNamesItsKey() {
        fixture.define(task -> task.setConfig("{\"gretting\":\"x\"}"));

        TaskRun run = fixture.run(recording);

        await().until(() -> run.state() == TaskState.BACKOFF);
        assertThat(run.report().getError()).contains("gretting").contains("greeting");
        assertThat(run.report().getErrorClass()).isEqualTo("CONNECTOR_CONFIG_INVALID");
    }

    @Test
    void aSinkAcksOnlyWhatIsFlushed() {
        fixture.define(task -> task.setKind("SINK"));
        sink.flushes = new CountDownLatch(1);
        fixture.run(recording);
        RecordingMember member = member();
        assertThat(member.terms().group()).isEqualTo("_connectors/c1");
        assertThat(member.terms().start()).isEqualTo(Start.earliest());
        assertThat(member.context().taskFence()).contains(TaskFixture.FENCE);

        member.offer("in", event("a"));
        await().until(() -> sink.batches.size() == 1);
        assertThat(member.acked()).isEmpty();
        sink.flushes.countDown();

        await().until(() -> member.acked().size() == 1);
        assertThat(sink.flushed).containsExactly("a");
    }

    @Test
    void aSinkThatFailsForNowGetsTheSameBatchAgain() {
        fixture.define(task -> task.setKind("SINK"));
        sink.failures.set(2);
        fixture.run(recording);
        RecordingMember member = member();

        member.offer("in", event("a"));

        await().until(() -> member.acked().size() == 1);
        assertThat(sink.batches).hasSize(3);
    }

    @Test
    void aPoisonedBatchIsSplitAndOnlyThePoisonRejected() {
        fixture.define(task -> task.setKind("SINK"));
        sink.flushes = new CountDownLatch(1);
        fixture.run(recording);
        RecordingMember member = member();
        member.offer("in", event("first"));
        await().until(() -> sink.batches.size() == 1);
        member.offer("in", event("a"));
        member.offer("in", event("poison"));
        member.offer("in", event("b"));
        sink.flushes.countDown();

        await().until(() -> member.acked().size() == 3);
        await().until(() -> member.rejected().size() == 1);

        assertThat(sink.flushed).containsExactly("first", "a", "b");
        assertThat(member.rejected()).containsOnlyKeys(2L);
        assertThat(member.rejected().get(2L)).contains("poison");
    }

    @Test
    void creditIsGivenBackAsEventsAreDone() {
        fixture.define(task -> task.setKind("SINK"));
        fixture.run(recording);
        RecordingMember member = member();
        await().until(() -> member.eventCredit() > 0);
        long credit = member.eventCredit();

        member.offer("in", event("a"));

        await().until(() -> member.acked().size() == 1 && member.eventCredit() == credit);
    }

    @Test
    void aPausedSinkLeavesItsGroup() {
        fixture.define(task -> task.setKind("SINK"));
        TaskRun run = fixture.run(recording);
        RecordingMember member = member();

        steer(run, Target.PAUSE);

        await().until(member::isClosed);
        await().until(() -> run.state() == TaskState.PAUSED);
        steer(run, Target.RUN);
        await().until(() -> recording.members().size() == 2);
    }

    @Test
    void aSinkWhoseGroupWasTakenOverIsLost() {
        fixture.define(task -> task.setKind("SINK"));
        TaskRun run = fixture.run(recording);

        member().end(new EventMeshException(ErrorCode.FENCED, "newer epoch"));

        await().until(() -> run.state() == TaskState.LOST);
    }

    private static void steer(TaskRun run, Target target) {
        run.steer(target, Duration.ofSeconds(5));
    }

    private RecordingMember member() {
        await().until(() -> !recording.members().isEmpty());
        RecordingMember member = recording.members().get(0);
        await().until(() -> member.eventCredit() > 0);
        return member;
    }

    private static Event event(String text) {
        return Event.builder().id(text).source("/s").type("t").text(text).build();
    }

    private static String text(Event event) {
        return new String(event.data(), UTF_8);
    }

    private final class Both implements Plugins {
        @Override
        public <P extends Plugin> List<P> all(Class<P> kind) {
            return List.of(named(kind, "list"));
        }

        @Override
        public <P extends Plugin> P named(Class<P> kind, String name) {
            return kind.isInstance(source) ? kind.cast(source) : kind.cast(sink);
        }
    }
}
