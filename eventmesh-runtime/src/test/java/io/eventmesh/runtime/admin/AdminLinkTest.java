package io.eventmesh.runtime.admin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.proto.v1.Ask;
import io.eventmesh.proto.v1.AskAnswer;
import io.eventmesh.proto.v1.Check;
import io.eventmesh.proto.v1.Definitions;
import io.eventmesh.proto.v1.Plugin;
import io.eventmesh.proto.v1.Position;
import io.eventmesh.proto.v1.RuntimeReport;
import io.eventmesh.proto.v1.TaskAssignment;
import io.eventmesh.proto.v1.TaskDefinition;
import io.eventmesh.proto.v1.ValidateConnector;
import io.eventmesh.spi.mesh.TaskFence;
import io.eventmesh.spi.plugin.Plugins;
import io.eventmesh.testkit.mesh.RecordingMesh;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class AdminLinkTest {
    private static final TaskFence FENCE = new TaskFence("t1", 1, 1);
    private static final TaskAssignment TASK =
            TaskAssignment.newBuilder().setTaskId("t1").setTerm(1).setEpoch(1).build();

    @TempDir
    private Path directory;

    private final FakeMeta meta = new FakeMeta();
    private final FakeHost host = new FakeHost();
    private FakeAdmin admin;
    private FakeProcess process;

    AdminLinkTest() throws IOException {
        admin = new FakeAdmin();
    }

    @BeforeEach
    void make() {
        process = process();
    }

    @AfterEach
    void close() {
        process.close();
        admin.close();
    }

    @Test
    void theFirstReportSaysWhoWeAreAndProvesIt() {
        meta.lead(admin.address());
        AdminLink.of(process).host(host);

        await().until(() -> admin.reports().stream().anyMatch(report -> report.getPluginsCount() == 1));
        assertThat(admin.credentials()).isEqualTo("runtime-1:key");
        assertThat(admin.reports().get(0).getRuntimeId()).isEqualTo("runtime-1");
        assertThat(admin.reports().get(0).getIncarnation()).isEqualTo("incarnation-1");
        assertThat(admin.reports().get(0).getRolesList()).containsExactly("connector");
        assertThat(admin.reports().get(0).getRestarted()).isTrue();
    }

    @Test
    void aProcessHasOneLink() {
        assertThat(AdminLink.of(process)).isSameAs(AdminLink.of(process));
    }

    @Test
    void tasksAreToldOnceAndTheLeaseWithEachAnswer() {
        admin.assign(TASK);
        meta.lead(admin.address());
        // the report that is answered may be under way before the host is there
        long before = process.clock().nanoTime();
        AdminLink link = AdminLink.of(process);
        link.host(host);

        await().until(() ->
                host.directives.stream().anyMatch(each -> each.tasks().isPresent()));
        link.changed();
        await().until(() ->
                host.directives.stream().anyMatch(each -> each.tasks().isEmpty()));

        Directive first = host.directives.stream()
                .filter(each -> each.tasks().isPresent())
                .findFirst()
                .orElseThrow();
        assertThat(first.tasks()).contains(List.of(TASK));
        assertThat(first.leaseNanos()).isEqualTo(Duration.ofSeconds(15).toNanos());
        assertThat(first.sentNanos()).isBetween(before, process.clock().nanoTime());
    }

    @Test
    void aSetCountsAsObservedOnlyOnceTheHostShowsIt() {
        host.slow = true;
        admin.assign(TASK);
        meta.lead(admin.address());
        AdminLink link = AdminLink.of(process);
        link.host(host);
        await().until(() -> !host.applications.isEmpty());

        int before = admin.reports().size();
        link.changed();
        await().until(() -> admin.reports().size() > before);
        assertThat(last().getObservedAssignmentVersion()).isZero();
        host.applications.forEach(Runnable::run);
        link.changed();

        await().until(() -> last().getObservedAssignmentVersion() > 0);
    }

    @Test
    void underAShortLeaseItReportsOften() {
        admin.lease(500);
        meta.lead(admin.address());
        AdminLink.of(process).host(host);

        await().atMost(Duration.ofSeconds(4)).until(() -> admin.reports().size() >= 15);
    }

    @Test
    void anAdminThatIsSilentIsLeftWellBeforeTheLeaseIsOver() {
        admin.lease(1_500);
        meta.lead(admin.address());
        AdminLink.of(process).host(host);
        await().until(() -> !host.directives.isEmpty());
        assertThat(admin.streams()).isEqualTo(1);

        admin.silent(true);

        await().atMost(Duration.ofMillis(1_500)).until(() -> admin.streams() > 1);
    }

    @Test
    void changesCloseTogetherComeInOneReport() {
        meta.lead(admin.address());
        AdminLink link = AdminLink.of(process);
        link.host(host);
        await().until(() -> !host.directives.isEmpty());
        int before = admin.reports().size();

        for (int i = 0; i < 100; i++) {
            link.changed();
        }

        await().until(() -> admin.reports().size() > before);
        await().during(Duration.ofMillis(200)).until(() -> admin.reports().size() <= before + 4);
    }

    @Test
    void aReportSaysWhatPlacementNeeds() {
        meta.lead(admin.address());
        AdminLink.of(process).host(host);

        await().until(() -> !admin.reports().isEmpty() && last().getLabelsCount() > 0);
        assertThat(last().getLabelsMap()).containsEntry("zone", "a");
        assertThat(last().getTrouble()).isEmpty();
    }

    @Test
    void aQuestionIsHandedOnOnceAndItsAnswerBroughtAsOftenAsItIsAsked() {
        admin.ask(Ask.newBuilder()
                .setId("q1")
                .setValidate(ValidateConnector.newBuilder().setPlugin("list"))
                .build());
        meta.lead(admin.address());
        AdminLink link = AdminLink.of(process);
        link.host(host);

        await().until(() -> !admin.answers().isEmpty());
        int before = host.directives.size();
        link.changed();
        await().until(() -> host.directives.size() > before && admin.answers().size() > 1);

        assertThat(host.asks).hasSize(1);
        // asked again is answered again: the first answer may have been lost
        assertThat(admin.answers()).hasSizeGreaterThan(1).allSatisfy(answer -> {
            assertThat(answer.getId()).isEqualTo("q1");
            assertThat(answer.getRuntimeId()).isEqualTo("runtime-1");
            assertThat(answer.getChecks(0).getStatus()).isEqualTo("PASS");
        });
    }

    @Test
    void pluginsAreToldOnceAStreamAndAgainWhenTheyChanged() {
        meta.lead(admin.address());
        AdminLink link = AdminLink.of(process);
        link.host(host);
        await().until(() -> told() == 1);
        link.changed();
        await().until(() -> last().getSeq() > 2);
        assertThat(told()).isEqualTo(1);

        link.pluginsChanged();

        await().until(() -> told() == 2);
    }

    private long told() {
        return admin.reports().stream()
                .filter(report -> report.getPluginsCount() > 0)
                .count();
    }

    @Test
    void theNewestProofOfTheLeaseIsKept() {
        admin.token("one");
        meta.lead(admin.address());
        AdminLink link = AdminLink.of(process);
        assertThat(link.leaseToken().isEmpty()).isTrue();
        link.host(host);
        await().until(() -> link.leaseToken().toStringUtf8().equals("one"));

        admin.token("two");
        link.changed();

        await().until(() -> link.leaseToken().toStringUtf8().equals("two"));
    }

    @Test
    void whenTheMetaStoreComesBackWhatItShowedBeforeDoesNotCount() {
        AdminLink link = AdminLink.of(process);
        assertThat(link.leader()).isEqualTo(LeaderPresence.ABSENT);

        meta.connect(false);
        meta.connect(true);

        assertThat(link.leader()).isEqualTo(LeaderPresence.UNKNOWN);
        await().atMost(Duration.ofSeconds(3)).until(() -> link.leader() == LeaderPresence.ABSENT);
    }

    @Test
    void anAnswerOfAFormerLeaderIsIgnored() {
        admin.term(5);
        meta.lead(admin.address());
        AdminLink link = AdminLink.of(process);
        link.host(host);
        await().until(() -> !host.directives.isEmpty());

        admin.term(4);
        admin.assign(TASK);
        link.changed();

        await().during(Duration.ofMillis(200))
                .until(() ->
                        host.directives.stream().noneMatch(each -> each.tasks().equals(Optional.of(List.of(TASK)))));
    }

    @Test
    void theLeaderThatAnotherAdminNamesIsFollowed() throws IOException {
        try (FakeAdmin follower = new FakeAdmin()) {
            follower.follow(admin.address());
            meta.lead(follower.address());

            AdminLink.of(process);

            await().until(() -> !admin.reports().isEmpty());
        }
    }

    @Test
    void aNewLeaderIsFollowed() throws IOException {
        meta.lead(admin.address());
        AdminLink.of(process).host(host);
        await().until(() -> !admin.reports().isEmpty());

        try (FakeAdmin next = new FakeAdmin()) {
            next.assign(TASK);
            admin.close();
            meta.leadNobody();
            meta.lead(next.address());

            await().until(() ->
                    host.directives.stream().anyMatch(each -> each.tasks().equals(Optional.of(List.of(TASK)))));
            assertThat(next.reports().get(0).getRestarted()).isTrue();
        }
    }

    @Test
    void theLastLeaderIsKeptWhileTheMetaStoreIsAway() {
        meta.lead(admin.address());
        AdminLink link = AdminLink.of(process);
        await().until(() -> !admin.reports().isEmpty());

        meta.connect(false);
        int before = admin.reports().size();
        link.changed();

        await().until(() -> admin.reports().size() > before);
        assertThat(link.leader()).isEqualTo(LeaderPresence.UNKNOWN);
    }

    @Test
    void whatTheMetaStoreShowsIsTold() {
        AdminLink link = AdminLink.of(process);
        assertThat(link.leader()).isEqualTo(LeaderPresence.ABSENT);

        meta.lead(admin.address());

        assertThat(link.leader()).isEqualTo(LeaderPresence.PRESENT);
    }

    @Test
    void definitionsAreFetchedAndOutliveTheProcess() throws Exception {
        admin.define(Definitions.newBuilder().setVersion(7).build());
        meta.lead(admin.address());
        List<Long> told = new CopyOnWriteArrayList<>();
        AdminLink.of(process).definitions(each -> told.add(each.getVersion()));
        await().until(() -> told.contains(7L));
        await().until(() -> Files.exists(directory.resolve("definitions.bin")));
        process.close();
        admin.close();

        process = process();
        List<Long> again = new CopyOnWriteArrayList<>();
        AdminLink.of(process).definitions(each -> again.add(each.getVersion()));

        await().until(() -> again.equals(List.of(7L)));
    }

    @Test
    void unreadableDefinitionsOnDiskCountAsNone() throws Exception {
        Files.writeString(directory.resolve("definitions.bin"), "\u0001 not protobuf");

        assertThat(new DefinitionsFile(directory.resolve("definitions.bin")).read())
                .isEqualTo(Definitions.getDefaultInstance());
    }

    @Test
    void recordsOfTasksAreAskedAndStored() {
        admin.define(TaskDefinition.newBuilder().setTaskId("t1").setTopic("in").build());
        meta.lead(admin.address());
        AdminLink link = AdminLink.of(process);
        await().until(() -> !admin.reports().isEmpty());

        CompletableFuture<TaskDefinition> task = link.definition("t1", 1).toCompletableFuture();
        CompletableFuture<Void> stored = link.commit(
                        FENCE,
                        List.of(Position.newBuilder()
                                .setPartition("p")
                                .setSeq(1)
                                .build()))
                .toCompletableFuture();

        await().until(() -> task.isDone() && stored.isDone());
        assertThat(task).isCompletedWithValueMatching(each -> each.getTopic().equals("in"));
        assertThat(stored).isCompleted();
        assertThat(admin.commits().get(0).getEpoch()).isEqualTo(1);
    }

    @Test
    void aRefusalKeepsItsCode() {
        meta.lead(admin.address());
        AdminLink link = AdminLink.of(process);
        await().until(() -> !admin.reports().isEmpty());
        admin.refuse(ErrorCode.FENCED);

        assertFails(link.commit(FENCE, List.of()).toCompletableFuture(), ErrorCode.FENCED);
    }

    @Test
    void withoutAnAdminCallsFailAtOnce() {
        AdminLink link = AdminLink.of(process);

        assertFails(link.positions(FENCE).toCompletableFuture(), ErrorCode.META_UNAVAILABLE);
    }

    private RuntimeReport last() {
        return admin.reports().get(admin.reports().size() - 1);
    }

    private static void assertFails(CompletableFuture<?> stage, ErrorCode code) {
        await().until(stage::isDone);
        assertThat(stage.handle(
                        (value, failure) -> EventMeshException.of(failure).code()))
                .isCompletedWithValue(code);
    }

    private FakeProcess process() {
        return new FakeProcess(meta, directory, new NoPlugins(), new RecordingMesh());
    }

    private static final class FakeHost implements TaskHost {
        private final List<Directive> directives = new CopyOnWriteArrayList<>();
        private final List<Runnable> applications = new CopyOnWriteArrayList<>();
        private final List<Ask> asks = new CopyOnWriteArrayList<>();
        private final Map<String, String> labels = Map.of("zone", "a");
        private volatile boolean slow;

        @Override
        public Standing standing() {
            return new Standing(3, false, Duration.ZERO, labels, "", List.of());
        }

        @Override
        public List<Plugin> plugins() {
            return List.of(Plugin.newBuilder().setKind("source").setName("list").build());
        }

        @Override
        public void directed(Directive directive, Runnable applied) {
            directives.add(directive);
            if (slow) {
                applications.add(applied);
            } else {
                applied.run();
            }
        }

        @Override
        public void asked(Ask ask, Consumer<AskAnswer> answer) {
            asks.add(ask);
            answer.accept(AskAnswer.newBuilder()
                    .addChecks(Check.newBuilder().setName("SCHEMA").setStatus("PASS"))
                    .build());
        }
    }

    private static final class NoPlugins implements Plugins {
        @Override
        public <P extends io.eventmesh.spi.plugin.Plugin> List<P> all(Class<P> kind) {
            return List.of();
        }

        @Override
        public <P extends io.eventmesh.spi.plugin.Plugin> P named(Class<P> kind, String name) {
            throw new EventMeshException(ErrorCode.PLUGIN_UNKNOWN, name);
        }
    }
}
