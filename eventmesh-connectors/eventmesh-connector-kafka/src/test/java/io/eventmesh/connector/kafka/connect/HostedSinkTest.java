package io.eventmesh.connector.kafka.connect;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.topic.TopicName;
import io.eventmesh.spi.connector.DeferringSink;
import io.eventmesh.spi.connector.SinkConnector;
import io.eventmesh.spi.connector.SinkRecord;
import io.eventmesh.spi.event.Event;
import io.eventmesh.testkit.connector.DeferringSinkContractTest;
import io.eventmesh.testkit.connector.FakeTaskContext;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class HostedSinkTest extends DeferringSinkContractTest {
    @TempDir
    static Path plugins;

    private static LinesPlugin plugin;

    @TempDir
    Path directory;

    private final FakeTaskContext context = FakeTaskContext.of("lines");

    @BeforeAll
    static void compile() throws IOException {
        plugin = LinesPlugin.in(plugins, true);
    }

    @AfterAll
    static void release() throws IOException {
        plugin.close();
    }

    @Override
    protected DeferringSink connector() throws IOException {
        return sink(Map.of());
    }

    @Override
    protected List<String> stored() throws IOException {
        return lines("out");
    }

    @Test
    void theConnectorGetsTopicKeyAndAttributes() throws Exception {
        SinkConnector sink = opened();

        sink.put(List.of(new SinkRecord(TopicName.of("shop/orders"), event("7", "hello"), 1)));
        sink.flush();
        sink.close();

        assertThat(lines("out.log"))
                .containsExactly("open shop.orders-0 of 1", "shop.orders key-7 7", "close 1", "stop");
    }

    @Test
    void whatTheConnectorKeepsBackIsNotSafe() throws Exception {
        DeferringSink sink = sink(Map.of("keep", 2));
        sink.open();
        List<SinkRecord> records = records(0, 5);

        sink.put(records);

        assertThat(sink.safe(true)).containsExactlyElementsOf(records.subList(0, 3));
        assertThat(sink.safe(true)).isEmpty();
        sink.close();
    }

    @Test
    void withoutForceTheConnectorIsAskedOnlyWhenItIsTime() throws Exception {
        DeferringSink sink = sink(Map.of());
        sink.open();

        sink.put(records(0, 2));

        assertThat(sink.safe(false)).isEmpty();
        assertThat(stored()).isEmpty();
        assertThat(sink.safe(true)).hasSize(2);
        sink.close();
    }

    @Test
    void anErrantRecordIsRejectedAndTheOthersGoOn() throws Exception {
        DeferringSink sink = sink(Map.of());
        sink.open();
        SinkRecord poison = record(event("2", "poison"));

        sink.put(List.of(record(event("1", "a")), poison, record(event("3", "b"))));
        sink.flush();
        sink.close();

        assertThat(stored()).containsExactly("a", "b");
        assertThat(context.rejected()).hasSize(1);
        assertThat(context.rejected().get(0).record()).isSameAs(poison);
    }

    @Test
    void whatMayPassIsAnIoFailureAndOtherFailuresAreNot() throws Exception {
        SinkConnector sink = opened();

        assertThatThrownBy(() -> sink.put(List.of(record(event("1", "again")))))
                .isInstanceOf(IOException.class)
                .hasMessage("not now");
        assertThatThrownBy(() -> sink.put(List.of(record(event("1", "broken")))))
                .isNotInstanceOf(IOException.class)
                .hasMessage("broken record");
    }

    @Test
    void aConnectorThatPausedIsCalledWithNothingUntilItResumes() throws Exception {
        SinkConnector sink = opened();

        sink.put(List.of(record(event("1", "pause"))));
        sink.put(List.of(record(event("2", "after"))));
        sink.flush();

        assertThat(stored()).containsExactly("pause", "after");
    }

    @Test
    void whatATransformFiltersIsSafe() throws Exception {
        DeferringSink sink = sink(
                Map.of("transforms", "drop", "transforms.drop.type", "org.apache.kafka.connect.transforms.Filter"));
        sink.open();
        List<SinkRecord> records = records(0, 2);

        sink.put(records);

        assertThat(sink.safe(false)).containsExactlyElementsOf(records);
        sink.close();
    }

    @Test
    void whatATransformDoesNotTakeIsRejectedAndTheOthersGoOn() throws Exception {
        DeferringSink sink = sink(LinesPlugin.CAST);
        sink.open();
        SinkRecord two = record(event("2", "two"));

        sink.put(List.of(record(event("1", "1")), two, record(event("3", "3"))));
        sink.flush();
        sink.close();

        assertThat(stored()).containsExactly("1", "3");
        assertThat(context.rejected()).singleElement().satisfies(rejected -> {
            assertThat(rejected.record()).isSameAs(two);
            assertThat(rejected.why()).hasMessageStartingWith("transform 'number': ");
        });
    }

    @Test
    void withoutToleranceWhatATransformDoesNotTakeFailsTheTask() throws Exception {
        Map<String, Object> settings = new TreeMap<>(LinesPlugin.CAST);
        settings.put("errors.tolerance", "none");
        DeferringSink sink = sink(settings);
        sink.open();

        assertThatThrownBy(() -> sink.put(List.of(record(event("2", "two")))))
                .isInstanceOfSatisfying(
                        EventMeshException.class,
                        failure -> assertThat(failure.code()).isEqualTo(ErrorCode.CONNECTOR_CONFIG_INVALID));
        assertThat(context.rejected()).isEmpty();
        sink.close();
    }

    @Test
    void dataThatIsNotWhatTheFormSaysIsRefused() throws Exception {
        SinkConnector sink = plugin.sink()
                .create(
                        new HostedSinkConfig(
                                Map.of("file", directory.resolve("out").toString()),
                                ValueForm.standard(),
                                Duration.ofSeconds(1)),
                        context);
        sink.open();

        assertThatThrownBy(() -> sink.put(List.of(record(event("1", "{no json")))))
                .isInstanceOf(EventMeshException.class)
                .hasMessageContaining("values.form");
        sink.close();
    }

    private DeferringSink sink(Map<String, Object> settings) throws IOException {
        Map<String, Object> all = new TreeMap<>(settings);
        all.put("file", directory.resolve("out").toString());
        return (DeferringSink) plugin.sink()
                .create(
                        new HostedSinkConfig(all, new ValueForm(ValueForm.Form.TEXT, ""), Duration.ofMinutes(1)),
                        context);
    }

    private static Event event(String id, String text) {
        return Event.builder()
                .id(id)
                .source("/test")
                .type("number")
                .attribute("partitionkey", "key-" + id)
                .text(text)
                .build();
    }

    private List<String> lines(String name) throws IOException {
        Path file = directory.resolve(name);
        return Files.exists(file) ? Files.readAllLines(file) : List.of();
    }
}
