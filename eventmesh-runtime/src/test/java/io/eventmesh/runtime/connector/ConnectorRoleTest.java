package io.eventmesh.runtime.connector;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.eventmesh.common.lifecycle.Health;
import io.eventmesh.proto.v1.Ask;
import io.eventmesh.proto.v1.RescanPlugins;
import io.eventmesh.proto.v1.RuntimeReport;
import io.eventmesh.proto.v1.TaskAssignment;
import io.eventmesh.proto.v1.TaskDefinition;
import io.eventmesh.proto.v1.TaskState;
import io.eventmesh.proto.v1.ValidateConnector;
import io.eventmesh.runtime.admin.FakeAdmin;
import io.eventmesh.runtime.admin.FakeMeta;
import io.eventmesh.runtime.admin.FakeProcess;
import io.eventmesh.spi.connector.SourceConnectorProvider;
import io.eventmesh.spi.plugin.Plugin;
import io.eventmesh.spi.plugin.Plugins;
import io.eventmesh.testkit.mesh.RecordingMesh;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class ConnectorRoleTest {
    @TempDir
    private Path directory;

    private final FakeMeta meta = new FakeMeta();
    private final FakeAdmin admin;
    private final ListSource source = new ListSource();
    private final RecordingMesh mesh = new RecordingMesh();
    private FakeProcess process;
    private ConnectorRole role;
    private final AtomicInteger rescans = new AtomicInteger();

    ConnectorRoleTest() throws IOException {
        admin = new FakeAdmin();
    }

    @BeforeEach
    void start() {
        process = new FakeProcess(meta, directory, new OnlySource(), mesh);
        role = new ConnectorRole(TaskFixture.config(100, Duration.ofSeconds(2), Duration.ofSeconds(90)), process);
        admin.define(TaskDefinition.newBuilder()
                .setTaskId("t1")
                .setConfigRev(1)
                .setNamespace("default")
                .setConnector("c1")
                .setKind("SOURCE")
                .setPlugin("list")
                .setTopic("in")
                .setTasksMax(1)
                .build());
        meta.lead(admin.address());
        role.start();
    }

    @AfterEach
    void close() {
        role.close();
        process.close();
        admin.close();
    }

    @Test
    void aTaskRunsWithinASecondOrTwoOfItsAssignment() {
        source.texts.add("a");
        await().until(() -> !admin.reports().isEmpty());

        admin.assign(task(1));

        await().atMost(Duration.ofSeconds(4)).until(() -> mesh.published().size() == 1);
        await().until(() -> reported(TaskState.RUNNING));
        await().until(() -> !admin.commits().isEmpty());
        assertThat(role.health().state()).isEqualTo(Health.State.UP);
    }

    @Test
    void itOffersItsPluginsWithTheirSchemas() {
        await().until(() -> admin.reports().stream().anyMatch(report -> report.getPluginsCount() == 1));

        RuntimeReport first = admin.reports().stream()
                .filter(report -> report.getPluginsCount() == 1)
                .findFirst()
                .orElseThrow();
        assertThat(first.getPlugins(0).getKind()).isEqualTo("source");
        assertThat(first.getPlugins(0).getSchema()).contains("greeting");
        assertThat(first.getSlots()).isEqualTo(10);
    }

    @Test
    void aTaskThatLeftTheListIsStopped() {
        admin.assign(task(1));
        await().until(() -> source.opened.get() == 1);

        admin.assign();

        await().until(() -> source.opened.get() == 0);
        await().until(() -> last().getTasksCount() == 0);
    }

    @Test
    void aTasksRestartsAreCountedOnUnderItsNextRight() {
        source.nextFailure = new IOException("away");
        admin.assign(task(1));
        await().until(() -> source.openedAt.size() == 2);
        await().until(() -> reported(TaskState.RUNNING) && last().getTasks(0).getRestarts() == 1);

        admin.assign(task(2));

        await().until(() -> reported(TaskState.RUNNING) && last().getTasks(0).getEpoch() == 2);
        assertThat(last().getTasks(0).getRestarts()).isOne();
    }

    @Test
    void drainReleasesAllTasksAndSaysSo() {
        admin.assign(task(1));
        await().until(() -> source.opened.get() == 1);

        role.drain(Duration.ofSeconds(10));

        assertThat(source.opened).hasValue(0);
        assertThat(last().getDraining()).isTrue();
        assertThat(last().getRestartExpectedMs()).isEqualTo(90_000);
        assertThat(last().getTasks(0).getState()).isEqualTo(TaskState.RELEASED);
    }

    @Test
    void aLeaderThatDoesNotAnswerCostsTheTask() {
        admin.lease(1_500);
        admin.assign(task(1));
        await().until(() -> source.opened.get() == 1);

        admin.silent(true);

        await().until(() -> reported(TaskState.LOST));
        assertThat(source.opened).hasValue(0);
    }

    @Test
    void withoutAnyLeaderATaskGoesOnWhileItsFenceIsItsOwn() {
        meta.set("fences/t1", "1:1");
        admin.lease(1_500);
        admin.assign(task(1));
        await().until(() -> source.opened.get() == 1);

        admin.silent(true);
        meta.leadNobody();
        await().during(Duration.ofSeconds(2)).atMost(Duration.ofSeconds(3)).until(() -> source.opened.get() == 1);
        meta.set("fences/t1", "2:2");

        await().until(() -> reported(TaskState.LOST));
    }

    @Test
    void aQuestionAboutAConnectorIsAnsweredWithItsProblems() {
        admin.ask(Ask.newBuilder()
                .setId("q1")
                .setValidate(ValidateConnector.newBuilder()
                        .setKind("SOURCE")
                        .setPlugin("list")
                        .setTopic("in")
                        .setConfig("{\"gretting\": \"x\"}"))
                .build());

        await().until(() -> !admin.answers().isEmpty());

        assertThat(admin.answers().get(0).getChecksList()).anySatisfy(check -> {
            assertThat(check.getStatus()).isEqualTo("FAIL");
            assertThat(check.getProblems(0).getPath()).isEqualTo("/gretting");
        });
    }

    @Test
    void pluginsAreLookedForAgainWhenAskedAndToldAnew() {
        await().until(() -> !admin.reports().isEmpty());
        assertThat(last().getRestartExpectedMs()).isZero();

        admin.ask(Ask.newBuilder()
                .setId("q1")
                .setRescan(RescanPlugins.getDefaultInstance())
                .build());

        await().until(() -> !admin.answers().isEmpty());
        assertThat(rescans).hasValue(1);
        assertThat(admin.answers().get(0).getPluginsList())
                .singleElement()
                .satisfies(plugin -> assertThat(plugin.getName()).isEqualTo("list"));
        await().until(() -> admin.reports().stream()
                        .filter(report -> report.getPluginsCount() > 0)
                        .count()
                > 1);
    }

    private RuntimeReport last() {
        List<RuntimeReport> reports = admin.reports();
        return reports.get(reports.size() - 1);
    }

    private boolean reported(TaskState state) {
        return last().getTasksList().stream().anyMatch(task -> task.getState() == state);
    }

    private static TaskAssignment task(long epoch) {
        return TaskAssignment.newBuilder()
                .setTaskId("t1")
                .setTerm(1)
                .setEpoch(epoch)
                .setConfigRev(1)
                .build();
    }

    private final class OnlySource implements Plugins {
        @Override
        public void rescan() {
            rescans.incrementAndGet();
        }

        @Override
        public <P extends Plugin> List<P> all(Class<P> kind) {
            return kind == SourceConnectorProvider.class ? List.of(named(kind, "list")) : List.of();
        }

        @Override
        public <P extends Plugin> P named(Class<P> kind, String name) {
            return kind.cast(source);
        }
    }
}
