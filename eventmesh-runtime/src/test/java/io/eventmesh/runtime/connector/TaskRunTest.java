package io.eventmesh.runtime.connector;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.eventmesh.common.config.DataSize;
import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.time.MeshClock;
import io.eventmesh.proto.v1.TaskAssignment;
import io.eventmesh.proto.v1.TaskAssignment.Target;
import io.eventmesh.proto.v1.TaskDefinition;
import io.eventmesh.proto.v1.TaskState;
import io.eventmesh.spi.event.Event;
import io.eventmesh.spi.mesh.Mesh;
import io.eventmesh.spi.mesh.TaskFence;
import io.eventmesh.spi.plugin.Plugin;
import io.eventmesh.spi.plugin.Plugins;
import io.eventmesh.spi.storage.Start;
import io.eventmesh.testkit.ManualTime;
import io.eventmesh.testkit.mesh.RecordingMember;
import io.eventmesh.testkit.mesh.RecordingMesh;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

final class TaskRunTest {
    private static final TaskFence FENCE = new TaskFence("t1", 3, 7);
    private static final Duration LEASE = Duration.ofSeconds(15);

    private final ListSource source = new ListSource();
    private final ListSink sink = new ListSink();
    private final FakeRecords records = new FakeRecords();
    private final ScriptedMesh mesh = new ScriptedMesh();
    private final RecordingMesh recording = new RecordingMesh();
    private final List<TaskRun> runs = new CopyOnWriteArrayList<>();
    private final ManualTime time = new ManualTime();

    @BeforeEach
    void define() {
        records.define(definition("SOURCE", "{}"));
    }

    @AfterEach
    void severAll() {
        source.blocking = false;
        runs.stream().filter(run -> !run.hasEnded()).forEach(run -> run.sever("the test ends"));
    }

    @Test
    void nothingIsCommittedBeforeTheMeshHasStoredIt() {
        source.texts.addAll(List.of("a", "b", "c"));
        TaskRun run = run(mesh);
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
        run(mesh);
        await().until(() -> mesh.calls().size() == 3);

        mesh.calls().get(0).store();
        mesh.calls().get(2).store();

        await().until(() -> "1".equals(records.position("p")));
        await().during(Duration.ofMillis(100)).until(() -> "1".equals(records.position("p")));
    }

    @Test
    void theNextOwnerLosesNothing() {
        source.texts.addAll(List.of("a", "b", "c", "d"));
        TaskRun first = run(mesh);
        await().until(() -> mesh.calls().size() == 4);
        mesh.calls().get(0).store();
        mesh.calls().get(1).store();
        await().until(() -> "2".equals(records.position("p")));
        first.sever("its lease is over");
        await().until(first::hasEnded);

        run(recording);

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
        run(recording);

        await().until(() -> recording.published().size() == 1);
        assertThat(recording.published().get(0).context().taskFence()).contains(FENCE);
        assertThat(recording.published().get(0).outgoing().event().source()).isEqualTo("/connectors/default/c1");
        assertThat(recording.published().get(0).context().principal().isRuntime())
                .isTrue();
    }

    @Test
    void whatIsRefusedForNowIsSentAgainInOrder() {
        source.texts.addAll(List.of("a", "b", "c"));
        run(mesh);
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
        run(mesh);

        await().until(() -> mesh.calls().size() == 8);
        await().during(Duration.ofMillis(100)).until(() -> mesh.calls().size() == 8);
        mesh.calls().forEach(ScriptedMesh.Call::store);
        await().until(() -> mesh.calls().size() == 16);
    }

    @Test
    void aRecordThatTheMeshNeverTakesGoesToTheDeadLetterBeforeItsPositionMoves() {
        source.texts.addAll(List.of("bad", "good"));
        run(mesh);
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
        run(mesh);
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
        run(recording);

        await().until(() -> "2".equals(records.position("p")));
        assertThat(recording.published()).hasSize(1);
    }

    @Test
    void aFencedPublishEndsTheTask() {
        source.texts.add("a");
        TaskRun run = run(mesh);
        await().until(() -> mesh.calls().size() == 1);

        mesh.calls().get(0).refuse(ErrorCode.FENCED);

        await().until(() -> run.state() == TaskState.LOST);
        assertThat(source.opened).hasValue(0);
    }

    @Test
    void aFencedCommitEndsTheTask() {
        records.refuseCommits(ErrorCode.FENCED);
        source.texts.add("a");

        TaskRun run = run(recording);

        await().until(() -> run.state() == TaskState.LOST);
    }

    @Test
    void positionsWaitForTheAdminToComeBack() {
        records.refuseCommits(ErrorCode.META_UNAVAILABLE);
        source.texts.addAll(List.of("a", "b"));
        TaskRun run = run(recording);
        await().until(() -> recording.published().size() == 2);
        await().during(Duration.ofMillis(100)).until(() -> run.state() == TaskState.RUNNING);

        records.refuseCommits(null);

        await().until(() -> "2".equals(records.position("p")));
    }

    @Test
    void aDrainedTaskCommitsWhatIsInFlight() {
        source.texts.addAll(List.of("a", "b"));
        TaskRun run = run(mesh);
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
        TaskRun run = run(recording);
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
        TaskRun run = run(recording, time, lease);
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
        TaskRun run = run(recording);
        await().until(() -> run.state() == TaskState.RUNNING);

        run.sever("its lease is over");

        await().until(() -> run.state() == TaskState.LOST);
        await().until(() -> source.opened.get() == 0);
    }

    @Test
    void aFailingPluginIsStartedAgainBehindItsPosition() {
        source.texts.addAll(List.of("a", "b"));
        TaskRun run = run(recording);
        await().until(() -> "2".equals(records.position("p")));

        source.nextFailure = new IOException("away");
        await().until(() -> run.state() == TaskState.BACKOFF);
        source.texts.add("c");

        await().until(() -> recording.published().size() == 3);
        assertThat(source.openedAt).containsExactly(0, 2);
    }

    @Test
    void aRefusedConfigurationNamesItsKey() {
        records.define(definition("SOURCE", "{\"gretting\":\"x\"}"));

        TaskRun run = run(recording);

        await().until(() -> run.state() == TaskState.BACKOFF);
        assertThat(run.report().getError()).contains("gretting").contains("greeting");
        assertThat(run.report().getErrorClass()).isEqualTo("CONNECTOR_CONFIG_INVALID");
    }

    @Test
    void aSinkAcksOnlyWhatIsFlushed() {
        records.define(definition("SINK", "{}"));
        sink.flushes = new CountDownLatch(1);
        run(recording);
        RecordingMember member = member();
        assertThat(member.terms().group()).isEqualTo("_connectors/c1");
        assertThat(member.terms().start()).isEqualTo(Start.earliest());
        assertThat(member.context().taskFence()).contains(FENCE);

        member.offer("in", event("a"));
        await().until(() -> sink.batches.size() == 1);
        assertThat(member.acked()).isEmpty();
        sink.flushes.countDown();

        await().until(() -> member.acked().size() == 1);
        assertThat(sink.flushed).containsExactly("a");
    }

    @Test
    void aSinkThatFailsForNowGetsTheSameBatchAgain() {
        records.define(definition("SINK", "{}"));
        sink.failures.set(2);
        run(recording);
        RecordingMember member = member();

        member.offer("in", event("a"));

        await().until(() -> member.acked().size() == 1);
        assertThat(sink.batches).hasSize(3);
    }

    @Test
    void aPoisonedBatchIsSplitAndOnlyThePoisonRejected() {
        records.define(definition("SINK", "{}"));
        sink.flushes = new CountDownLatch(1);
        run(recording);
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
        records.define(definition("SINK", "{}"));
        run(recording);
        RecordingMember member = member();
        await().until(() -> member.eventCredit() > 0);
        long credit = member.eventCredit();

        member.offer("in", event("a"));

        await().until(() -> member.acked().size() == 1 && member.eventCredit() == credit);
    }

    @Test
    void aPausedSinkLeavesItsGroup() {
        records.define(definition("SINK", "{}"));
        TaskRun run = run(recording);
        RecordingMember member = member();

        steer(run, Target.PAUSE);

        await().until(member::isClosed);
        await().until(() -> run.state() == TaskState.PAUSED);
        steer(run, Target.RUN);
        await().until(() -> recording.members().size() == 2);
    }

    @Test
    void aSinkWhoseGroupWasTakenOverIsLost() {
        records.define(definition("SINK", "{}"));
        TaskRun run = run(recording);

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

    private TaskRun run(Mesh with) {
        MeshClock clock = MeshClock.system();
        return run(
                with,
                clock,
                new TaskLease(clock.nanoTime(), Duration.ofMinutes(1).toNanos()));
    }

    private TaskRun run(Mesh with, MeshClock clock, TaskLease lease) {
        ConnectorConfig config = new ConnectorConfig(
                10,
                8,
                DataSize.ofMebibytes(1),
                10,
                Duration.ofMillis(20),
                1_000,
                Duration.ofSeconds(5),
                DataSize.ofKibibytes(64),
                50,
                ConnectorConfig.Secrets.standard(),
                Map.of());
        TaskEnvironment environment = new TaskEnvironment(
                "runtime-1",
                config,
                clock,
                new Both(),
                with,
                records,
                new PluginConfigs(Map.of(), ConnectorConfig.Secrets.standard()),
                Runnable::run,
                () -> 0);
        TaskAssignment assignment = TaskAssignment.newBuilder()
                .setTaskId(FENCE.task())
                .setTerm(FENCE.term())
                .setEpoch(FENCE.epoch())
                .setConfigRev(1)
                .build();
        TaskRun run = new TaskRun(assignment, FENCE, lease, environment, changed -> {});
        runs.add(run);
        run.start();
        return run;
    }

    private static TaskDefinition definition(String kind, String config) {
        return TaskDefinition.newBuilder()
                .setTaskId(FENCE.task())
                .setConfigRev(1)
                .setNamespace("default")
                .setConnector("c1")
                .setKind(kind)
                .setPlugin("list")
                .setTopic("in")
                .setConfig(config)
                .setTasksMax(1)
                .build();
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
