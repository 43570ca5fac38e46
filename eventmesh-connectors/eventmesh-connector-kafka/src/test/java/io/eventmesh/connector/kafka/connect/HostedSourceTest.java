package io.eventmesh.connector.kafka.connect;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.time.MeshClock;
import io.eventmesh.spi.connector.SourceConnector;
import io.eventmesh.spi.connector.SourceRecord;
import io.eventmesh.spi.event.Event;
import io.eventmesh.testkit.connector.FakeTaskContext;
import io.eventmesh.testkit.connector.SourceConnectorContractTest;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class HostedSourceTest extends SourceConnectorContractTest {
    @TempDir
    static Path plugins;

    private static LinesPlugin plugin;

    @TempDir
    Path directory;

    private final FakeTaskContext context = FakeTaskContext.of("lines");
    private int produced;

    @BeforeAll
    static void compile() throws IOException {
        plugin = LinesPlugin.in(plugins, true);
    }

    @AfterAll
    static void release() throws IOException {
        plugin.close();
    }

    @Override
    protected SourceConnector connector() throws IOException {
        return source(Map.of());
    }

    @Override
    protected void produce(int records) throws IOException {
        for (int i = 0; i < records; i++) {
            write("line " + produced++);
        }
    }

    @Test
    void theTaskLearnsWhatIsCommittedAndNothingElse() throws Exception {
        produce(3);
        SourceConnector source = opened(Map.of());
        List<SourceRecord> records = poll(source, 3);
        assertThat(log()).isEmpty();

        source.committed(Map.of(records.get(1).partition(), records.get(1).position()));
        source.close();

        assertThat(log()).containsExactly("record line 0", "record line 1", "commit", "stop");
    }

    @Test
    void recordsOfOneOffsetHavePositionsOfTheirOwnAlsoAfterAResume() throws Exception {
        produce(4);
        SourceConnector first = open(Map.of("each", 2), Map.of());
        List<SourceRecord> records = poll(first, 4);
        first.close();

        List<SourceRecord> again = poll(
                open(
                        Map.of("each", 2),
                        Map.of(records.get(2).partition(), records.get(2).position())),
                2);

        assertThat(records.stream().map(HostedSourceTest::position)).doesNotHaveDuplicates();
        assertThat(again.stream().map(HostedSourceTest::position))
                .doesNotContain(position(records.get(0)), position(records.get(1)), position(records.get(2)));
    }

    @Test
    void aRecordBecomesAnEventWithKeySubjectTimeAndTopic() throws Exception {
        produce(1);

        Event event = event(poll(opened(Map.of()), 1).get(0));

        assertThat(event.type()).isEqualTo("connect.lines.record");
        assertThat(event.subject()).isEqualTo("k0");
        assertThat(event.partitionKey()).isEqualTo("k0");
        assertThat(event.attribute("connecttopic")).isEqualTo("lines");
        assertThat(event.attribute("time")).isEqualTo("1970-01-01T00:00:01Z");
        assertThat(event.dataContentType()).isEqualTo("application/json");
        assertThat(new String(event.data(), StandardCharsets.UTF_8)).isEqualTo("\"line 0\"");
    }

    @Test
    void transformsRunBeforeARecordBecomesAnEventAndWhatTheyFilterStillMovesThePosition() throws Exception {
        write("one");
        write("drop");
        Map<String, Object> settings = Map.of(
                "transforms", "hoist,route,drop",
                "transforms.hoist.type", "org.apache.kafka.connect.transforms.HoistField$Value",
                "transforms.hoist.field", "text",
                "transforms.route.type", "org.apache.kafka.connect.transforms.RegexRouter",
                "transforms.route.regex", "lines",
                "transforms.route.replacement", "routed",
                "transforms.drop.type", "org.apache.kafka.connect.transforms.Filter",
                "transforms.drop.predicate", "other",
                "predicates", "other",
                "predicates.other.type", "org.apache.kafka.connect.transforms.predicates.TopicNameMatches");
        Map<String, Object> all = new TreeMap<>(settings);
        all.put("predicates.other.pattern", "other");

        List<SourceRecord> records = poll(open(all, Map.of()), 2);
        all.put("predicates.other.pattern", "routed");
        List<SourceRecord> filtered = poll(open(all, Map.of()), 2);

        assertThat(data(records.get(0))).isEqualTo("{\"text\":\"one\"}");
        assertThat(event(records.get(0)).attribute("connecttopic")).isEqualTo("routed");
        assertThat(filtered).allMatch(record -> record.event() == null && record.position().length > 0);
    }

    @Test
    void whatATransformDoesNotTakeIsADeadLetterAsItWasAndTheOthersGoOn() throws Exception {
        write("1");
        write("two");
        write("3");

        List<SourceRecord> records = poll(open(LinesPlugin.CAST, Map.of()), 3);

        assertThat(records.stream().map(record -> event(record).data()))
                .containsExactly(text("1"), text("\"two\""), text("3"));
        assertThat(records.get(0).failure()).isNull();
        assertThat(records.get(2).failure()).isNull();
        assertThat(records.get(1).failure())
                .isNotNull()
                .hasMessageStartingWith("transform 'number': ")
                .satisfies(why -> assertThat(why.code()).isEqualTo(ErrorCode.EVENT_INVALID));
        assertThat(records.stream().map(HostedSourceTest::position)).doesNotHaveDuplicates();
    }

    @Test
    void withoutToleranceWhatATransformDoesNotTakeFailsTheTask() throws Exception {
        write("two");
        Map<String, Object> settings = new TreeMap<>(LinesPlugin.CAST);
        settings.put("errors.tolerance", "none");
        SourceConnector source = open(settings, Map.of());

        assertThatThrownBy(source::poll).hasMessageStartingWith("transform 'number': ");
    }

    @Test
    void whatMayPassIsAnIoFailure() throws Exception {
        write("again");
        SourceConnector source = opened(Map.of());

        assertThatThrownBy(source::poll).isInstanceOf(IOException.class).hasMessage("not now");
    }

    @Test
    void aFailureRaisedByTheConnectorEndsThePoll() throws Exception {
        SourceConnector source = open(Map.of("raise", "the schema has gone"), Map.of());

        assertThatThrownBy(source::poll).hasMessageContaining("the schema has gone");
    }

    @Test
    void aConnectorThatWantsOtherTasksRestartsItsTask() throws Exception {
        open(Map.of("reconfigure", "true"), Map.of());

        assertThat(context.restarts()).isEqualTo(1);
    }

    @Test
    void aTaskForWhichTheConnectorHasNothingStaysIdle() throws Exception {
        produce(1);
        SourceConnector second =
                plugin.source().create(config(Map.of()), new FakeTaskContext("lines", 1, 2, MeshClock.system()));
        second.open(Map.of());

        assertThat(second.poll()).isEmpty();
        second.close();
    }

    private SourceConnector source(Map<String, Object> settings) throws IOException {
        return plugin.source().create(config(settings), context);
    }

    private SourceConnector open(Map<String, Object> settings, Map<String, byte[]> positions) throws Exception {
        SourceConnector source = source(settings);
        source.open(positions);
        return source;
    }

    private HostedSourceConfig config(Map<String, Object> settings) {
        Map<String, Object> all = new TreeMap<>(settings);
        all.put("file", file().toString());
        return new HostedSourceConfig(all, EventForm.standard());
    }

    private Path file() {
        return directory.resolve("in");
    }

    private void write(String line) throws IOException {
        Files.writeString(file(), line + "\n", StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    }

    private List<String> log() throws IOException {
        Path log = directory.resolve("in.log");
        return Files.exists(log) ? Files.readAllLines(log) : List.of();
    }

    private static Event event(SourceRecord record) {
        return Objects.requireNonNull(record.event()).id("1").source("/s").build();
    }

    private static byte[] text(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static String position(SourceRecord record) {
        return new String(record.position(), StandardCharsets.UTF_8);
    }
}
