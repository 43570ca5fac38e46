package io.eventmesh.runtime.connector;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.proto.v1.FailureClass;
import io.eventmesh.proto.v1.TaskDefinition;
import io.eventmesh.proto.v1.TaskState;
import io.eventmesh.proto.v1.TransformDefinition;
import io.eventmesh.spi.connector.SourceRecord;
import io.eventmesh.spi.event.Event;
import io.eventmesh.testkit.mesh.RecordingMember;
import io.eventmesh.testkit.mesh.RecordingMesh;
import java.util.List;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What stands between a connector and the mesh: filter, transforms, and where failures go. */
final class PassingTest {
    private static final String TOTAL_OVER_5 = "{\"data\":{\"total\":[{\"numeric\":[\">\",5]}]}}";

    private final QueueSource source = new QueueSource();
    private final ListSink sink = new ListSink();
    private final ScriptedMesh mesh = new ScriptedMesh();
    private TaskFixture fixture = new TaskFixture(source);

    @AfterEach
    void end() {
        fixture.close();
    }

    private TaskRun source(UnaryOperator<TaskDefinition.Builder> more) {
        fixture.define(more);
        return fixture.run(mesh);
    }

    private void give(int position, String json) {
        source.given.add(new SourceRecord(
                "p",
                Integer.toString(position).getBytes(UTF_8),
                Event.builder().type("t").data("application/json", json.getBytes(UTF_8))));
    }

    private static TransformDefinition transform(String kind, String spec) {
        return TransformDefinition.newBuilder().setKind(kind).setSpec(spec).build();
    }

    private ScriptedMesh.Call call(int number) {
        await().until(() -> mesh.calls().size() > number);
        return mesh.calls().get(number);
    }

    @Test
    void whatTheFilterDoesNotTakeCountsAsDone() {
        source(task -> task.setFilter(TOTAL_OVER_5));
        give(1, "{\"total\":1}");
        give(2, "{\"total\":9}");
        give(3, "{\"total\":2}");

        assertThat(call(0).text()).isEqualTo("{\"total\":9}");
        assertThat(fixture.records.position("p")).isIn(null, "1");
        call(0).store();

        await().until(() -> "3".equals(fixture.records.position("p")));
        assertThat(mesh.calls()).hasSize(1);
    }

    @Test
    void transformsFollowOneAnotherAndTheEventKeepsItsId() {
        source(task -> task.addTransforms(
                        transform("template", "{\"paths\":{\"t\":\"$.data.total\"},\"template\":\"{\\\"a\\\":<t>}\"}"))
                .addTransforms(transform("jsonata", "{\"expression\":\"{'b': data.a + 1}\"}")));
        give(1, "{\"total\":9}");

        assertThat(call(0).text()).isEqualTo("{\"b\":10}");
        Event event = call(0).outgoing().event();
        assertThat(event.id()).hasSize(52);
        assertThat(event.source()).isEqualTo("/connectors/default/c1");
    }

    @Test
    void whatATransformDoesNotTakeGoesToTheDeadLetterUntouched() {
        source(task -> task.addTransforms(transform("jsonata", "{\"expression\":\"data.total + 1\"}")));
        give(1, "{\"total\":\"nine\"}");
        give(2, "{\"total\":1}");

        ScriptedMesh.Call letter = call(0);
        assertThat(letter.outgoing().topic().value()).isEqualTo("_dl/default/connector/c1");
        assertThat(letter.text()).isEqualTo("{\"total\":\"nine\"}");
        assertThat(letter.outgoing().event().attribute("dlstage")).isEqualTo("transform");
        assertThat(letter.outgoing().event().attribute("dlmsg")).startsWith("transforms[0] jsonata: ");
        call(1).store();
        letter.store();

        await().until(() -> "2".equals(fixture.records.position("p")));
    }

    @Test
    void deadLettersMayHaveATopicOfTheirOwn() {
        source(task -> task.addTransforms(transform("path", "{\"path\":\"$.data.absent.deep\"}"))
                .setDeadLetter("{\"topic\":\"repair/orders\",\"tolerance\":\"ALL\"}"));
        give(1, "{\"total\":1}");

        assertThat(call(0).outgoing().topic().value()).isEqualTo("repair/orders");
        call(0).refuse(ErrorCode.EVENT_TOO_LARGE);

        assertThat(call(1).outgoing().topic().value()).isEqualTo("repair/orders");
        assertThat(call(1).outgoing().event().type()).isEqualTo("io.eventmesh.deadletter");
    }

    @Test
    void aTaskThatToleratesNoneFailsAndItsPositionStaysBeforeTheRecord() {
        RecordingMesh storing = new RecordingMesh();
        fixture.define(task -> task.addTransforms(transform("jsonata", "{\"expression\":\"data.total + 1\"}"))
                .setDeadLetter("{\"topic\":null,\"tolerance\":\"NONE\"}"));
        give(1, "{\"total\":1}");
        give(2, "{\"total\":\"nine\"}");
        TaskRun run = fixture.run(storing);

        await().until(() -> run.state() == TaskState.FAILED);

        assertThat(run.failure()).isEqualTo(FailureClass.DATA);
        assertThat(run.error()).contains("transforms[0]").contains("tolerance is NONE");
        assertThat(fixture.records.position("p")).isEqualTo("1");
        assertThat(storing.published()).hasSize(1);
    }

    @Test
    void whatTheMeshRefusesFailsATaskThatToleratesNone() {
        TaskRun run = source(task -> task.setDeadLetter("{\"topic\":null,\"tolerance\":\"NONE\"}"));
        give(1, "{}");

        call(0).refuse(ErrorCode.EVENT_TOO_LARGE);

        await().until(() -> run.state() == TaskState.FAILED);
        assertThat(mesh.calls()).hasSize(1);
    }

    @Test
    void aChainThatCannotBeCompiledIsAConfigurationThatIsRefused() {
        TaskRun run = source(task -> task.setFilter("{\"data\":\"x\"}")
                .setRestartPolicy("{\"maxRestarts\":0,\"initialDelayMs\":1,\"maxDelayMs\":1}"));

        await().until(() -> run.state() == TaskState.FAILED);

        assertThat(run.failure()).isEqualTo(FailureClass.CONFIG);
    }

    @Test
    void theRestartPolicyOfTheConnectorHolds() {
        source.failing = true;
        TaskRun run =
                source(task -> task.setRestartPolicy("{\"maxRestarts\":2,\"initialDelayMs\":1,\"maxDelayMs\":2}"));

        await().until(() -> run.state() == TaskState.FAILED);

        assertThat(source.opened).hasValue(3);
        assertThat(run.failure()).isEqualTo(FailureClass.TRANSIENT);
    }

    @Test
    void aPolicyThatCannotBeReadIsRefused() {
        TaskRun run = source(task -> task.setDeadLetter("{\"tolerance\":\"SOME\"}"));

        await().until(() -> run.error().contains("deadLetter.tolerance: 'SOME' (expected: ALL or NONE)"));
    }

    // sinks

    private RecordingMember member(RecordingMesh recording) {
        await().until(() -> !recording.members().isEmpty());
        RecordingMember member = recording.members().get(0);
        await().until(() -> member.eventCredit() > 0);
        return member;
    }

    private RecordingMember sink(RecordingMesh recording, UnaryOperator<TaskDefinition.Builder> more) {
        fixture = new TaskFixture(sink);
        fixture.define(more);
        fixture.run(recording);
        return member(recording);
    }

    private static void offer(RecordingMember member, String... data) {
        for (String json : data) {
            member.offer(
                    "in",
                    Event.builder()
                            .id("1")
                            .source("/s")
                            .type("t")
                            .data("application/json", json.getBytes(UTF_8))
                            .build());
        }
    }

    @Test
    void aSinkIsGivenOnlyWhatItsFilterTakes() {
        RecordingMember member = sink(new RecordingMesh(), task -> task.setFilter(TOTAL_OVER_5));

        offer(member, "{\"total\":1}", "{\"total\":9}");

        await().until(() -> member.acked().size() == 2);
        assertThat(sink.flushed).containsExactly("{\"total\":9}");
    }

    @Test
    void aSinkIsGivenWhatItsTransformsMake() {
        RecordingMember member = sink(
                new RecordingMesh(),
                task -> task.addTransforms(transform("jsonata", "{\"expression\":\"data.total + 1\"}")));

        offer(member, "{\"total\":1}", "{\"total\":\"nine\"}");

        await().until(() ->
                member.acked().equals(List.of(0L)) && member.rejected().containsKey(1L));
        assertThat(sink.flushed).containsExactly("2");
        assertThat(member.rejected().get(1L)).contains("transforms[0]");
    }

    @Test
    void aSinksDeadLetterIsStoredInItsTopicBeforeTheEventIsAcked() {
        RecordingMesh recording = new RecordingMesh();
        RecordingMember member = sink(recording, task -> task.setDeadLetter("{\"topic\":\"repair/c1\"}"));

        member.offer(
                "in",
                Event.builder().id("1").source("/s").type("t").text("poison").build());

        await().until(() -> member.acked().equals(List.of(0L)));
        assertThat(member.rejected()).isEmpty();
        Event letter = recording.published().get(0).outgoing().event();
        assertThat(recording.published().get(0).outgoing().topic().value()).isEqualTo("repair/c1");
        assertThat(letter.attribute("dlstage")).isEqualTo("put");
        assertThat(letter.attribute("dltopic")).isEqualTo("in");
    }

    @Test
    void aSinkThatToleratesNoneFailsAndTheEventGoesBack() {
        RecordingMesh recording = new RecordingMesh();
        fixture = new TaskFixture(sink);
        fixture.define(task -> task.setDeadLetter("{\"tolerance\":\"NONE\"}"));
        TaskRun run = fixture.run(recording);
        RecordingMember member = member(recording);

        member.offer(
                "in",
                Event.builder().id("1").source("/s").type("t").text("poison").build());

        await().until(() -> run.state() == TaskState.FAILED);
        assertThat(member.acked()).isEmpty();
        assertThat(member.rejected()).isEmpty();
        assertThat(member.isClosed()).isTrue();
    }
}
