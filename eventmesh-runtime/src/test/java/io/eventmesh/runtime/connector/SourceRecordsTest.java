package io.eventmesh.runtime.connector;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.proto.v1.TaskAssignment.Target;
import io.eventmesh.proto.v1.TaskState;
import io.eventmesh.spi.connector.SourceRecord;
import io.eventmesh.spi.connector.SourceRecord.Identity;
import io.eventmesh.spi.event.Event;
import io.eventmesh.spi.event.EventBuilder;
import io.eventmesh.testkit.mesh.RecordingMesh;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class SourceRecordsTest {
    private final QueueSource source = new QueueSource();
    private final BlockingQueue<SourceRecord> given = source.given;
    private final TaskFixture fixture = new TaskFixture(source);
    private final ScriptedMesh mesh = new ScriptedMesh();
    private final RecordingMesh recording = new RecordingMesh();
    private final Told told = new Told();

    @AfterEach
    void end() {
        fixture.close();
    }

    @Test
    void whatNoEventCanBeMadeOfGoesToTheDeadLetter() {
        given.add(record(1, Event.builder().type("t").text(new byte[] {(byte) 0xff, 1})));
        given.add(record(2, event("good")));
        fixture.run(mesh);

        await().until(() -> mesh.calls().size() == 2);
        Event letter = mesh.calls().get(0).outgoing().event();
        assertThat(mesh.calls().get(0).outgoing().topic().value()).isEqualTo("_dl/default/connector/c1");
        assertThat(letter.data()).containsExactly((byte) 0xff, (byte) 1);
        assertThat(letter.attribute("dlstage")).isEqualTo("decode");
        assertThat(letter.attribute("dlcode")).isEqualTo("EVENT_INVALID");
        mesh.calls().get(1).store();
        await().during(Duration.ofMillis(100)).until(() -> fixture.records.position("p") == null);
        mesh.calls().get(0).store();
        await().until(() -> "2".equals(fixture.records.position("p")));
    }

    @Test
    void whatATransformDoesNotTakeGoesToTheDeadLetterAsItIs() {
        EventMeshException why = new EventMeshException(ErrorCode.EVENT_INVALID, "transform 'unwrap': no envelope");
        given.add(SourceRecord.failed("p", at(1), event("raw"), why));
        given.add(record(2, event("good")));
        fixture.run(mesh);

        await().until(() -> mesh.calls().size() == 2);
        Event letter = mesh.calls().get(0).outgoing().event();
        assertThat(mesh.calls().get(0).outgoing().topic().value()).isEqualTo("_dl/default/connector/c1");
        assertThat(letter.attribute("dlstage")).isEqualTo("transform");
        assertThat(letter.attribute("dlmsg")).isEqualTo("transform 'unwrap': no envelope");
        assertThat(letter.type()).isEqualTo(event("raw").build().type());
        mesh.calls().forEach(ScriptedMesh.Call::store);
        await().until(() -> "2".equals(fixture.records.position("p")));
    }

    @Test
    void aKeptIdAndSourceStayAndAMissingOneIsMade() {
        given.add(new SourceRecord("p", at(1), event("a").id("theirs").source("/theirs"), Identity.KEPT, null));
        given.add(new SourceRecord("p", at(2), event("b"), Identity.KEPT, null));
        given.add(new SourceRecord("p", at(3), event("c").id("theirs").source("/theirs"), Identity.MADE, null));
        fixture.run(recording);

        await().until(() -> recording.published().size() == 3);
        List<Event> events = recording.published().stream()
                .map(published -> published.outgoing().event())
                .toList();
        assertThat(events.get(0).id() + " " + events.get(0).source()).isEqualTo("theirs /theirs");
        assertThat(events.get(1).source()).isEqualTo("/connectors/default/c1");
        assertThat(events.get(1).id()).hasSize(52);
        assertThat(events.get(2).source()).isEqualTo("/connectors/default/c1");
        assertThat(events.get(2).id()).hasSize(52);
    }

    @Test
    void aReceiptComesWhenItsOwnRecordIsStored() {
        given.add(positionless("a"));
        given.add(positionless("b"));
        fixture.run(mesh);
        await().until(() -> mesh.calls().size() == 2);

        mesh.calls().get(1).store();

        await().until(() -> told.all.equals(List.of("stored b")));
        mesh.calls().get(0).store();
        await().until(() -> told.all.size() == 2);
        assertThat(fixture.records.commits()).isZero();
    }

    @Test
    void whoSentARefusedRecordKeepsItAndNoDeadLetterIsMade() {
        given.add(positionless("a"));
        given.add(record(1, event("b")));
        fixture.run(mesh);
        await().until(() -> mesh.calls().size() == 2);

        mesh.calls().get(0).refuse(ErrorCode.EVENT_TOO_LARGE);
        mesh.calls().get(1).store();

        await().until(() -> told.all.equals(List.of("EVENT_TOO_LARGE a")));
        await().until(() -> "1".equals(fixture.records.position("p")));
        assertThat(mesh.calls()).hasSize(2);
    }

    @Test
    void aReceiptIsToldOnceThoughItsEventIsSentAgainToKeepTheOrder() {
        given.add(positionless("a"));
        given.add(positionless("b"));
        fixture.run(mesh);
        await().until(() -> mesh.calls().size() == 2);

        mesh.calls().get(1).store();
        mesh.calls().get(0).refuse(ErrorCode.OVERLOADED);
        await().until(() -> mesh.calls().size() == 4);
        mesh.calls().get(2).store();
        mesh.calls().get(3).store();

        await().until(() -> told.all.size() == 2);
        await().during(Duration.ofMillis(100)).until(() -> told.all.size() == 2);
    }

    @Test
    void aPositionThatNobodyCanKeepIsSaidAndNotRepeatedForEver() {
        given.add(new SourceRecord("p", new byte[65_537], event("a")));
        TaskRun run = fixture.run(recording);

        await().until(() -> run.error().contains("65537 bytes (expected: <= 65536)"));

        assertThat(recording.published()).isEmpty();
    }

    @Test
    void tooManyDeadLettersPauseTheTaskUntilItIsResumed() {
        for (int i = 1; i <= 51; i++) {
            given.add(record(i, Event.builder().type("t").text(new byte[] {(byte) 0xff})));
        }
        TaskRun run = fixture.run(mesh);

        await().until(() -> stored() && run.state() == TaskState.PAUSED);
        assertThat(run.report().getErrorClass()).isEqualTo("BREAKER_OPEN");
        assertThat(run.report().getError()).contains("51 dead letters within a minute (expected: <= 50)");
        await().until(() -> stored() && "51".equals(fixture.records.position("p")));

        given.add(record(52, event("good")));
        run.steer(Target.RUN, Duration.ofSeconds(5));
        await().during(Duration.ofMillis(150)).until(() -> run.state() == TaskState.PAUSED);
        run.steer(Target.PAUSE, Duration.ofSeconds(5));
        run.steer(Target.RUN, Duration.ofSeconds(5));

        await().until(() -> stored() && "52".equals(fixture.records.position("p")));
        assertThat(run.state()).isEqualTo(TaskState.RUNNING);
    }

    /** Stores whatever was published. */
    private boolean stored() {
        mesh.calls().forEach(ScriptedMesh.Call::store);
        return true;
    }

    private SourceRecord positionless(String text) {
        return new SourceRecord("", new byte[0], event(text), Identity.KEPT, told.of(text));
    }

    private static SourceRecord record(int position, EventBuilder event) {
        return new SourceRecord("p", at(position), event);
    }

    private static byte[] at(int position) {
        return Integer.toString(position).getBytes(UTF_8);
    }

    private static EventBuilder event(String text) {
        return Event.builder().type("t").text(text);
    }

    private static final class Told {
        private final List<String> all = new CopyOnWriteArrayList<>();

        private SourceRecord.Receipt of(String text) {
            return new SourceRecord.Receipt() {
                @Override
                public void stored() {
                    all.add("stored " + text);
                }

                @Override
                public void refused(EventMeshException why) {
                    all.add(why.code() + " " + text);
                }
            };
        }
    }
}
