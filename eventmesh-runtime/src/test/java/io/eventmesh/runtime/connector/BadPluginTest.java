package io.eventmesh.runtime.connector;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.eventmesh.common.lifecycle.Health;
import io.eventmesh.proto.v1.FailureClass;
import io.eventmesh.proto.v1.RuntimeReport;
import io.eventmesh.proto.v1.TaskAssignment;
import io.eventmesh.proto.v1.TaskAssignment.Target;
import io.eventmesh.proto.v1.TaskDefinition;
import io.eventmesh.proto.v1.TaskReport;
import io.eventmesh.proto.v1.TaskState;
import io.eventmesh.runtime.admin.FakeAdmin;
import io.eventmesh.runtime.admin.FakeMeta;
import io.eventmesh.runtime.admin.FakeProcess;
import io.eventmesh.spi.connector.SinkConnectorProvider;
import io.eventmesh.spi.connector.SourceConnectorProvider;
import io.eventmesh.spi.event.Event;
import io.eventmesh.spi.plugin.Plugin;
import io.eventmesh.spi.plugin.Plugins;
import io.eventmesh.testkit.connector.BadBehaviour;
import io.eventmesh.testkit.connector.BadPlugins;
import io.eventmesh.testkit.mesh.RecordingMesh;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.EnumSource.Mode;

/** Whatever a plugin does, its task ends and says why, the others go on, and the process stays. At ten times the speed. */
final class BadPluginTest {
    private static final int SPEED = 10;
    private static final int NEIGHBOURS_EVENTS = 1_000;

    @TempDir
    private Path directory;

    private final FakeMeta meta = new FakeMeta();
    private final FakeAdmin admin;
    private final ListSource neighbour = new ListSource();
    private final RecordingMesh mesh = new RecordingMesh();
    private FakeProcess process;
    private ConnectorRole role;

    BadPluginTest() throws IOException {
        admin = new FakeAdmin();
    }

    @BeforeEach
    void start() {
        process = new FakeProcess(meta, directory, new GoodAndBad(), mesh, SPEED);
        role = new ConnectorRole(TaskFixture.config(100, Duration.ofSeconds(2), Duration.ZERO), process);
        admin.lease(300_000);
        admin.define(definition("neighbour", "SOURCE", "list", "{}"));
        meta.lead(admin.address());
        role.start();
        await().until(() -> !admin.reports().isEmpty());
    }

    @AfterEach
    void close() {
        role.close();
        process.close();
        admin.close();
    }

    @ParameterizedTest
    @EnumSource(
            value = BadBehaviour.class,
            names = {"OUT_OF_MEMORY", "STACK_OVERFLOW"})
    void aPluginThatExhaustsTheProcessIsGivenUpAfterTheThirdTimeAndTheRuntimeIsSuspect(BadBehaviour behaviour) {
        runs("SOURCE", "work", behaviour);

        TaskReport failed = awaitState("bad", TaskState.FAILED);

        assertThat(failed.getFailure()).isEqualTo(FailureClass.EXHAUSTED);
        assertThat(failed.getFailureSeq()).isEqualTo(3);
        assertThat(failed.getError()).isNotEmpty();
        assertThat(stacks("bad")).anyMatch(stack -> stack.startsWith(failed.getError()));
        await().untilAsserted(() -> assertThat(last().getTrouble()).contains("bad"));
        neighbourGoesOn();
    }

    @ParameterizedTest
    @EnumSource(
            value = BadBehaviour.class,
            names = {"NO_CLASS_DEF_FOUND", "SERVICE_CONFIGURATION"})
    void aPluginThatLacksSomethingIsGivenUpAfterTheThirdTime(BadBehaviour behaviour) {
        runs("SOURCE", "work", behaviour);

        TaskReport failed = awaitState("bad", TaskState.FAILED);

        assertThat(failed.getFailure()).isEqualTo(FailureClass.CONFIG);
        assertThat(failed.getError()).isNotEmpty();
        assertThat(last().getTrouble()).isEmpty();
        neighbourGoesOn();
    }

    @ParameterizedTest
    @EnumSource(
            value = BadBehaviour.class,
            names = {"STRANGE_ERROR", "SNEAKY", "BAD_TEXT", "SELF_INTERRUPT"})
    void aPluginThatFailsAnyOtherWayIsTriedAgain(BadBehaviour behaviour) {
        runs("SOURCE", "work", behaviour);

        await().untilAsserted(() -> assertThat(task("bad")).hasValueSatisfying(task -> {
            assertThat(task.getFailureSeq()).isGreaterThanOrEqualTo(3);
            assertThat(task.getState()).isIn(TaskState.BACKOFF, TaskState.STARTING, TaskState.RUNNING);
        }));

        assertThat(reports("bad")).anySatisfy(task -> {
            assertThat(task.getState()).isEqualTo(TaskState.BACKOFF);
            assertThat(task.getFailure()).isEqualTo(FailureClass.TRANSIENT);
            assertThat(task.getError()).isNotEmpty();
        });
        assertThat(reports("bad")).noneMatch(task -> task.getState() == TaskState.LOST);
        neighbourGoesOn();
    }

    @ParameterizedTest
    @EnumSource(
            value = BadBehaviour.class,
            names = {"NONE", "BLOCKS", "IGNORES_INTERRUPTS", "LEAVES_A_THREAD"},
            mode = Mode.EXCLUDE)
    void aSinkThatFailsInOpenIsTriedAgain(BadBehaviour behaviour) {
        runs("SINK", "open", behaviour);

        await().untilAsserted(() -> assertThat(task("bad"))
                .hasValueSatisfying(task -> assertThat(task.getFailureSeq()).isGreaterThanOrEqualTo(2)));

        neighbourGoesOn();
    }

    @Test
    void aSinkThatRunsOutOfMemoryLosesNoEvent() {
        runs("SINK", "work", BadBehaviour.OUT_OF_MEMORY);
        await().until(() -> !mesh.members().isEmpty());
        await().until(() -> mesh.members().get(0).eventCredit() > 0);

        mesh.members()
                .get(0)
                .offer(
                        "in",
                        Event.builder().id("1").source("/s").type("t").text("a").build());

        await().untilAsserted(() -> assertThat(task("bad"))
                .hasValueSatisfying(task -> assertThat(task.getFailureSeq()).isPositive()));
        assertThat(mesh.members().get(0).acked()).isEmpty();
        assertThat(mesh.members().get(0).rejected()).isEmpty();
        assertThat(mesh.members().get(0).isClosed()).isTrue();
        neighbourGoesOn();
    }

    @Test
    void aPluginThatBlocksForEverIsSeveredWhenItShallStop() {
        runs("SOURCE", "work", BadBehaviour.BLOCKS);
        awaitState("bad", TaskState.RUNNING);

        assign(1, 1, Target.STOP);

        TaskReport lost = awaitState("bad", TaskState.LOST);
        assertThat(lost.getError()).contains("did not end in time");
        assertThat(role.health().state()).isEqualTo(Health.State.UP);
        neighbourGoesOn();
    }

    @Test
    void aPluginThatBlocksForEverDoesNotKeepItsOldConfiguration() {
        runs("SOURCE", "work", BadBehaviour.BLOCKS);
        awaitState("bad", TaskState.RUNNING);

        assign(1, 2, Target.RUN);
        awaitState("bad", TaskState.LOST);
        admin.define(definition("bad", "SOURCE", "bad", "{}"));
        assign(2, 2, Target.RUN);

        await().untilAsserted(() -> assertThat(task("bad")).hasValueSatisfying(task -> {
            assertThat(task.getEpoch()).isEqualTo(2);
            assertThat(task.getState()).isEqualTo(TaskState.RUNNING);
        }));
    }

    @Test
    void aThreadThatIgnoresInterruptsIsLeftBehindAndItsSuccessorRuns() {
        String config = "{\"work\": \"IGNORES_INTERRUPTS\", \"close\": \"IGNORES_INTERRUPTS\"}";
        admin.define(definition("bad", "SOURCE", "bad", config));
        assign(1, 1, Target.RUN);
        awaitState("bad", TaskState.RUNNING);

        assign(1, 1, Target.STOP);
        awaitState("bad", TaskState.LOST);
        admin.define(definition("bad", "SOURCE", "bad", "{}"));
        assign(2, 1, Target.RUN);

        await().untilAsserted(() -> assertThat(task("bad"))
                .hasValueSatisfying(task -> assertThat(task.getEpoch()).isEqualTo(2)));
        assertThat(task("bad").orElseThrow().getState()).isEqualTo(TaskState.STARTING);
        awaitState("bad", TaskState.RUNNING);
        assertThat(abandoned()).isEqualTo(1);
        assertThat(role.health().state()).isEqualTo(Health.State.DEGRADED);
        assertThat(last().getTrouble()).isEmpty();
        neighbourGoesOn();
    }

    @Test
    void aRuntimeWithTwoThreadsThatNothingEndsWantsNoMoreTasks() {
        admin.define(definition("bad", "SOURCE", "bad", "{\"work\": \"IGNORES_INTERRUPTS\"}"));
        for (int epoch = 1; epoch <= 2; epoch++) {
            assign(epoch, 1, Target.RUN);
            awaitState("bad", TaskState.RUNNING);
            assign(epoch, 1, Target.STOP);
            awaitState("bad", TaskState.LOST);
        }

        await().until(() -> abandoned() == 2);
        await().untilAsserted(() -> assertThat(last().getTrouble()).contains("2 threads"));
        neighbourGoesOn();
    }

    @Test
    void aPluginThatBlocksInCloseIsSevered() {
        runs("SOURCE", "close", BadBehaviour.IGNORES_INTERRUPTS);
        awaitState("bad", TaskState.RUNNING);

        assign(1, 1, Target.STOP);

        awaitState("bad", TaskState.LOST);
        await().until(() -> abandoned() == 1);
        neighbourGoesOn();
    }

    private void runs(String kind, String where, BadBehaviour behaviour) {
        admin.define(definition("bad", kind, "bad", "{\"%s\": \"%s\"}".formatted(where, behaviour)));
        assign(1, 1, Target.RUN);
    }

    private void assign(long epoch, long configRev, Target target) {
        admin.assign(assignment("bad", epoch, configRev, target), assignment("neighbour", 1, 1, Target.RUN));
    }

    private void neighbourGoesOn() {
        int before = neighbour.texts.size();
        List<String> more = new ArrayList<>();
        for (int i = 0; i < NEIGHBOURS_EVENTS; i++) {
            more.add("event " + (before + i));
        }
        neighbour.texts.addAll(more);

        await().untilAsserted(() -> assertThat(task("neighbour")).hasValueSatisfying(task -> {
            assertThat(task.getState()).isEqualTo(TaskState.RUNNING);
            assertThat(task.getEvents()).isGreaterThanOrEqualTo(before + NEIGHBOURS_EVENTS);
        }));
    }

    private double abandoned() {
        return process.meters()
                .get("eventmesh_connector_abandoned_threads")
                .gauge()
                .value();
    }

    private TaskReport awaitState(String task, TaskState state) {
        await().atMost(Duration.ofSeconds(20))
                .untilAsserted(() -> assertThat(task(task))
                        .hasValueSatisfying(
                                found -> assertThat(found.getState()).isEqualTo(state)));
        return task(task).orElseThrow();
    }

    private RuntimeReport last() {
        List<RuntimeReport> reports = admin.reports();
        return reports.get(reports.size() - 1);
    }

    /** The newest right's report in the last report of the runtime. */
    private Optional<TaskReport> task(String task) {
        return last().getTasksList().stream()
                .filter(each -> each.getTaskId().equals(task))
                .reduce((older, newer) -> newer);
    }

    private List<TaskReport> reports(String task) {
        return admin.reports().stream()
                .flatMap(report -> report.getTasksList().stream())
                .filter(each -> each.getTaskId().equals(task))
                .toList();
    }

    private List<String> stacks(String task) {
        return reports(task).stream().map(TaskReport::getStack).toList();
    }

    private static TaskAssignment assignment(String task, long epoch, long configRev, Target target) {
        return TaskAssignment.newBuilder()
                .setTaskId(task)
                .setTerm(1)
                .setEpoch(epoch)
                .setConfigRev(configRev)
                .setTarget(target)
                .build();
    }

    private static TaskDefinition definition(String task, String kind, String plugin, String config) {
        return TaskDefinition.newBuilder()
                .setTaskId(task)
                .setConfigRev(1)
                .setNamespace("default")
                .setConnector(task)
                .setKind(kind)
                .setPlugin(plugin)
                .setTopic("in")
                .setConfig(config)
                .setTasksMax(1)
                .build();
    }

    private final class GoodAndBad implements Plugins {
        private final List<Plugin> all = Arrays.asList(neighbour, new BadPlugins.Source(), new BadPlugins.Sink());

        @Override
        public <P extends Plugin> List<P> all(Class<P> kind) {
            return all.stream().filter(kind::isInstance).map(kind::cast).toList();
        }

        @Override
        public <P extends Plugin> P named(Class<P> kind, String name) {
            assertThat(kind).isIn(SourceConnectorProvider.class, SinkConnectorProvider.class);
            return all(kind).stream()
                    .filter(plugin -> plugin.name().equals(name))
                    .findFirst()
                    .orElseThrow();
        }
    }
}
