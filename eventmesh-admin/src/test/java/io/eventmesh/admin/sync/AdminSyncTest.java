package io.eventmesh.admin.sync;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.awaitility.Awaitility.await;

import com.google.protobuf.ByteString;
import io.eventmesh.admin.AdminConfig;
import io.eventmesh.admin.AdminProcess;
import io.eventmesh.admin.FakeConnectors;
import io.eventmesh.admin.MemoryMetaStore;
import io.eventmesh.admin.database.DatabaseConfig;
import io.eventmesh.proto.v1.CommitPositionsRequest;
import io.eventmesh.proto.v1.GetPositionsRequest;
import io.eventmesh.proto.v1.GetTaskRequest;
import io.eventmesh.proto.v1.LeaseToken;
import io.eventmesh.proto.v1.Position;
import io.eventmesh.proto.v1.SignedLease;
import io.eventmesh.proto.v1.TaskAssignment;
import io.eventmesh.proto.v1.TaskState;
import io.eventmesh.spi.meta.MetaPaths;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** An admin and runtimes over the wire; each database has a subclass. */
abstract class AdminSyncTest {
    private static final String CONNECTOR = """
            {"metadata": {"name": "lines"},
             "spec": {"plugin": "fake", "kind": "SOURCE", "topic": "packages", "config": {"path": "/tmp/x"}}}
            """;

    @TempDir
    Path directory;

    private final MemoryMetaStore meta = new MemoryMetaStore();
    private final AdminConfig config = AdminProcess.config(Duration.ofSeconds(15), database());

    private final List<AutoCloseable> opened = new ArrayList<>();
    private AdminProcess admin;

    /** A new, empty one that two admins may have. */
    abstract DatabaseConfig database();

    @BeforeEach
    void startAdmin() {
        admin = new AdminProcess("admin-1", meta, directory)
                .with(new FakeConnectors())
                .start(config);
        opened.add(admin);
    }

    @AfterEach
    void close() throws Exception {
        for (int i = opened.size() - 1; i >= 0; i--) {
            opened.get(i).close();
        }
    }

    private FakeRuntime runtime(String id) {
        FakeRuntime runtime = FakeRuntime.of(id, admin);
        opened.add(runtime);
        awaitLeader();
        return runtime.connect().report();
    }

    private void awaitLeader() {
        await().atMost(Duration.ofSeconds(10))
                .until(() -> admin.http("GET", "/", "").body().contains("\"leads\":true"));
    }

    private void create(String body) {
        awaitLeader();
        assertThat(admin.http("POST", "/api/v1/connectors", body).statusCode()).isEqualTo(201);
    }

    private TaskAssignment order(FakeRuntime runtime) {
        await().atMost(Duration.ofSeconds(10))
                .untilAsserted(() -> assertThat(runtime.report().orders()).hasSize(1));
        return runtime.orders().get(0);
    }

    @Test
    void aConnectorBecomesATaskThatARuntimeIsToldToRunWithItsFencePublished() {
        create(CONNECTOR);

        FakeRuntime runtime = runtime("r1");
        TaskAssignment order = order(runtime);

        assertThat(order.getTarget()).isEqualTo(TaskAssignment.Target.RUN);
        assertThat(order.getEpoch()).isEqualTo(1);
        assertThat(fence(order)).isEqualTo(order.getTerm() + ":1");
        var definition = runtime.calls()
                .getTask(GetTaskRequest.newBuilder()
                        .setTaskId(order.getTaskId())
                        .setConfigRev(order.getConfigRev())
                        .build());
        assertThat(definition.getConnector()).isEqualTo("lines");
        assertThat(definition.getKind()).isEqualTo("SOURCE");
        assertThat(definition.getTopic()).isEqualTo("packages");
        assertThat(definition.getConfig()).isEqualTo("{\"path\":\"/tmp/x\"}");
        runtime.says(order, TaskState.RUNNING);
        await().atMost(Duration.ofSeconds(10)).untilAsserted(() -> {
            runtime.report();
            assertThat(admin.http("GET", "/api/v1/connectors/lines", "").body())
                    .contains("\"status\":\"True\",\"reason\":\"Running\"");
        });
    }

    private String fence(TaskAssignment order) {
        return meta.get(MetaPaths.FENCES + "/" + order.getTaskId())
                .toCompletableFuture()
                .join()
                .map(value -> new String(value.value(), StandardCharsets.UTF_8))
                .orElse("");
    }

    @Test
    void positionsAreStoredUnderTheRightOnlyAndOutliveTheOwner() {
        create(CONNECTOR);
        FakeRuntime first = runtime("r1");
        TaskAssignment order = order(first);

        first.calls().commitPositions(commit(order, 1, "a"));
        Throwable old = catchThrowable(() -> first.calls().commitPositions(commit(order, 1, "b")));
        first.says(order, TaskState.RUNNING).draining().report();
        FakeRuntime second = runtime("r2");
        await().atMost(Duration.ofSeconds(10))
                .until(() -> first.report().orders().stream()
                        .anyMatch(task -> task.getTarget() == TaskAssignment.Target.DRAIN));
        first.says(order, TaskState.RELEASED).report();
        TaskAssignment moved = order(second);
        Throwable late = catchThrowable(() -> first.calls().commitPositions(commit(order, 2, "late")));

        assertThat(FakeRuntime.info(old).getReason()).isEqualTo("FENCED");
        assertThat(moved.getEpoch()).isEqualTo(2);
        assertThat(fence(moved)).isEqualTo(moved.getTerm() + ":2");
        assertThat(FakeRuntime.info(late).getReason()).isEqualTo("FENCED");
        var positions = second.calls()
                .getPositions(GetPositionsRequest.newBuilder()
                        .setTaskId(moved.getTaskId())
                        .setTerm(moved.getTerm())
                        .setEpoch(moved.getEpoch())
                        .build());
        assertThat(positions.getPositionsList()).singleElement().satisfies(position -> {
            assertThat(position.getSeq()).isEqualTo(1);
            assertThat(position.getValue().toStringUtf8()).isEqualTo("a");
        });
    }

    private static CommitPositionsRequest commit(TaskAssignment order, long seq, String value) {
        return CommitPositionsRequest.newBuilder()
                .setTaskId(order.getTaskId())
                .setTerm(order.getTerm())
                .setEpoch(order.getEpoch())
                .addPositions(Position.newBuilder()
                        .setPartition("/tmp/x")
                        .setSeq(seq)
                        .setValue(ByteString.copyFromUtf8(value)))
                .build();
    }

    @Test
    void aRestartedRuntimeGetsItsTasksBackAtOnceUnderANewEpoch() {
        create(CONNECTOR);
        FakeRuntime first = runtime("r1");
        TaskAssignment order = order(first);
        first.says(order, TaskState.RUNNING).report();
        first.close();

        FakeRuntime again = new FakeRuntime("r1", "r1-2", admin.endpoint("admin.grpc"), AdminProcess.KEY).restarted();
        opened.add(again);
        again.connect().report();

        TaskAssignment back = order(again);
        assertThat(back.getTaskId()).isEqualTo(order.getTaskId());
        assertThat(back.getEpoch()).isEqualTo(2);
    }

    @Test
    void aDeletedConnectorIsGoneAfterItsTaskWasGivenBack() {
        create(CONNECTOR);
        FakeRuntime runtime = runtime("r1");
        TaskAssignment order = order(runtime);
        runtime.says(order, TaskState.RUNNING).report();

        assertThat(admin.http("DELETE", "/api/v1/connectors/lines", "", "If-Match", "*")
                        .statusCode())
                .isEqualTo(204);
        await().atMost(Duration.ofSeconds(10))
                .until(() -> runtime.report().orders().stream()
                        .anyMatch(task -> task.getTarget() == TaskAssignment.Target.STOP));
        assertThat(admin.http("GET", "/api/v1/connectors/lines", "").body()).contains("\"reason\":\"Deleting\"");
        runtime.says(order, TaskState.RELEASED).report();

        await().atMost(Duration.ofSeconds(10))
                .until(() -> admin.http("GET", "/api/v1/connectors/lines", "").statusCode() == 404);
        assertThat(admin.http("GET", "/api/v1/tasks", "").body()).contains("\"items\":[]");
        await().atMost(Duration.ofSeconds(10))
                .until(() -> fence(order).equals(order.getTerm() + ":" + (order.getEpoch() + 1)));
    }

    @Test
    void aNewRevisionIsTakenAndTheOneBeforeCanStillBeAskedFor() {
        create(CONNECTOR);
        FakeRuntime runtime = runtime("r1");
        TaskAssignment order = order(runtime);
        runtime.says(order, TaskState.RUNNING).report();
        await().atMost(Duration.ofSeconds(10))
                .until(() ->
                        runtime.report().calls().getTask(revision(order, 1)).getConfigRev() == 1
                                && admin.http("GET", "/api/v1/connectors/lines", "")
                                        .body()
                                        .contains("\"reason\":\"Running\""));

        String changed = CONNECTOR.replace("/tmp/x", "/tmp/y");
        assertThat(admin.http(
                                "PUT",
                                "/api/v1/connectors/lines",
                                changed,
                                "If-Match",
                                "*",
                                "Content-Type",
                                "application/json")
                        .statusCode())
                .isEqualTo(200);

        await().atMost(Duration.ofSeconds(10))
                .until(() -> runtime.report().orders().get(0).getConfigRev() == 2);
        assertThat(runtime.orders().get(0).getEpoch()).isEqualTo(order.getEpoch());
        assertThat(runtime.calls().getTask(revision(order, 1)).getConfig()).isEqualTo("{\"path\":\"/tmp/x\"}");
        assertThat(runtime.calls().getTask(revision(order, 2)).getConfig()).isEqualTo("{\"path\":\"/tmp/y\"}");
        Throwable unknown = catchThrowable(() -> runtime.calls().getTask(revision(order, 3)));
        assertThat(FakeRuntime.info(unknown).getReason()).isEqualTo("NOT_FOUND");
    }

    private static GetTaskRequest revision(TaskAssignment order, long rev) {
        return GetTaskRequest.newBuilder()
                .setTaskId(order.getTaskId())
                .setConfigRev(rev)
                .build();
    }

    @Test
    void aDirectiveTellsLeaseGraceAndATokenOfThem() throws Exception {
        FakeRuntime runtime = runtime("r1");

        await().atMost(Duration.ofSeconds(10))
                .until(() -> runtime.report()
                        .newest()
                        .filter(directive -> !directive.getLeaseToken().isEmpty())
                        .isPresent());

        var directive = runtime.newest().orElseThrow();
        var lease = LeaseToken.parseFrom(
                SignedLease.parseFrom(directive.getLeaseToken()).getLease());
        assertThat(directive.getLeaseMs()).isEqualTo(15_000);
        assertThat(directive.getGraceMs()).isEqualTo(5_000);
        assertThat(lease.getRuntimeId()).isEqualTo("r1");
        assertThat(lease.getIncarnation()).isEqualTo("r1-1");
        assertThat(lease.getTerm()).isEqualTo(directive.getTerm());
        assertThat(lease.getSkewMs()).isEqualTo(2_000);
    }

    @Test
    void pausedAndStoppedReachTheRuntime() {
        create(CONNECTOR);
        FakeRuntime runtime = runtime("r1");
        TaskAssignment order = order(runtime);
        runtime.says(order, TaskState.RUNNING).report();

        put("PAUSED");
        await().atMost(Duration.ofSeconds(10))
                .until(() -> runtime.orders().get(0).getTarget() == TaskAssignment.Target.PAUSE);
        assertThat(runtime.orders().get(0).getConfigRev()).isEqualTo(order.getConfigRev());
        put("STOPPED");
        await().atMost(Duration.ofSeconds(10))
                .until(() -> runtime.orders().get(0).getTarget() == TaskAssignment.Target.STOP);
        runtime.forgets(order.getTaskId());

        await().atMost(Duration.ofSeconds(10))
                .until(() -> runtime.report().orders().isEmpty());
        assertThat(admin.http("GET", "/api/v1/connectors/lines", "").body()).contains("\"reason\":\"Stopped\"");
    }

    private void put(String desired) {
        String body = CONNECTOR.replace("\"kind\"", "\"desired\": \"%s\", \"kind\"".formatted(desired));
        String[] anyJson = {"Content-Type", "application/json", "If-Match", "*"};
        assertThat(admin.http("PUT", "/api/v1/connectors/lines", body, anyJson).statusCode())
                .isEqualTo(200);
    }

    @Test
    void aTaskThatNobodyCanRunSaysWhy() {
        create(CONNECTOR);

        await().atMost(Duration.ofSeconds(10))
                .untilAsserted(() -> assertThat(admin.http("GET", "/api/v1/connectors/lines", "")
                                .body())
                        .contains("NotPlaced")
                        .contains("no connector runtime is alive"));
    }

    @Test
    void theNextLeaderBeginsANewTermAndTheOwnerKeepsItsRight() {
        create(CONNECTOR);
        FakeRuntime runtime = runtime("r1");
        TaskAssignment order = order(runtime);
        runtime.says(order, TaskState.RUNNING).report();
        AdminProcess next = new AdminProcess("admin-1", meta, directory)
                .with(new FakeConnectors())
                .start(config);
        opened.add(next);
        FakeRuntime early = FakeRuntime.of("r1", next).connect().report();
        opened.add(early);
        await().atMost(Duration.ofSeconds(10)).until(() -> early.ended().isPresent());

        meta.depose(MetaPaths.ADMIN_LEADER);
        await().atMost(Duration.ofSeconds(10)).until(() -> runtime.ended().isPresent());
        await().atMost(Duration.ofSeconds(10))
                .until(() -> next.http("GET", "/", "").body().contains("\"leads\":true"));
        FakeRuntime moved = FakeRuntime.of("r1", next)
                .says(order, TaskState.RUNNING)
                .connect()
                .report();
        opened.add(moved);

        await().atMost(Duration.ofSeconds(10)).until(() -> moved.newest().isPresent());
        assertThat(early.ended().orElseThrow().getMetadataOrThrow("leader")).isEqualTo(admin.endpoint("admin.grpc"));
        assertThat(moved.newest().orElseThrow().getTerm()).isEqualTo(order.getTerm() + 1);
        assertThat(moved.orders()).containsExactly(order);
        moved.calls().commitPositions(commit(order, 1, "a"));
        assertThat(admin.http("PUT", "/api/v1/connectors/lines", CONNECTOR).statusCode())
                .isEqualTo(421);
        assertThat(admin.http("GET", "/api/v1/connectors/lines", "").statusCode())
                .isEqualTo(200);
    }

    @Test
    void whoHasNotTheClusterKeyIsRefused() {
        FakeRuntime stranger = new FakeRuntime("r1", "r1-1", admin.endpoint("admin.grpc"), "wrong");
        opened.add(stranger);

        stranger.connect();

        await().atMost(Duration.ofSeconds(10)).until(() -> stranger.ended().isPresent());
        assertThat(stranger.ended().orElseThrow().getReason()).isEqualTo("UNAUTHENTICATED");
    }

    @Test
    void anAdminThatDoesNotLeadNamesTheLeader() {
        FakeRuntime runtime = runtime("r1");

        meta.takeAway("nothing");
        meta.bringBack("nothing");
        meta.elect(MetaPaths.ADMIN_LEADER, "127.0.0.1:7".getBytes(StandardCharsets.UTF_8), new Standing());
        meta.depose(MetaPaths.ADMIN_LEADER);

        await().atMost(Duration.ofSeconds(10)).until(() -> runtime.ended().isPresent());
        assertThat(runtime.ended().orElseThrow().getReason()).isEqualTo("NOT_LEADER");
        runtime.connect().report();
        await().atMost(Duration.ofSeconds(10)).until(() -> runtime.ended().isPresent());
        assertThat(runtime.ended().orElseThrow().getMetadataOrThrow("leader")).isEqualTo("127.0.0.1:7");
        var refused = admin.http("POST", "/api/v1/connectors", CONNECTOR);
        assertThat(refused.statusCode()).isEqualTo(421);
        assertThat(refused.body()).contains("NOT_LEADER").contains("127.0.0.1:7");
    }

    private static final class Standing implements io.eventmesh.spi.meta.MetaStore.Leadership {
        @Override
        public void gained() {}

        @Override
        public void lost() {}
    }

    @Test
    void aLeaderGoesOnRenewingWhileTheMetaStoreIsAwayButAssignsNothing() {
        create(CONNECTOR);
        FakeRuntime runtime = runtime("r1");
        TaskAssignment order = order(runtime);
        runtime.says(order, TaskState.RUNNING).report();

        meta.takeAway(MetaPaths.ADMIN_LEADER);
        create(CONNECTOR.replace("lines", "more"));
        long seen = runtime.newest().orElseThrow().getEchoSeq();
        await().atMost(Duration.ofSeconds(10))
                .until(() -> runtime.report().newest().orElseThrow().getEchoSeq() > seen + 2);
        assertThat(runtime.orders()).containsExactly(order);
        assertThat(admin.http("GET", "/api/v1/connectors/more", "").body()).contains("the meta store does not answer");
        meta.bringBack(MetaPaths.ADMIN_LEADER);

        await().atMost(Duration.ofSeconds(10))
                .until(() -> runtime.report().orders().size() == 2);
        assertThat(runtime.orders()).contains(order);
        assertThat(runtime.ended()).isEmpty();
    }
}
