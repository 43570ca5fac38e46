package io.eventmesh.connector.file;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.Any;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.connector.file.FileSinkConfig.Format;
import io.eventmesh.spi.connector.SinkConnector;
import io.eventmesh.spi.event.Event;
import io.eventmesh.spi.event.EventBuilder;
import io.eventmesh.testkit.connector.FakeTaskContext;
import io.eventmesh.testkit.connector.SinkConnectorContractTest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class FileSinkTest extends SinkConnectorContractTest {
    @TempDir
    private Path directory;

    @Override
    protected SinkConnector connector() {
        return sink(Format.DATA);
    }

    @Override
    protected List<String> stored() throws IOException {
        return Files.exists(file()) ? Files.readAllLines(file()) : List.of();
    }

    @Test
    void aLineTornByACrashIsTakenAway() throws Exception {
        Files.createDirectories(file().getParent());
        Files.writeString(file(), "whole\nto");

        SinkConnector sink = opened();
        sink.put(records(0, 1));
        sink.flush();

        assertThat(stored()).containsExactly("whole", data(0));
    }

    @Test
    void aFileOfOneTornLineBecomesEmpty() throws Exception {
        Files.createDirectories(file().getParent());
        Files.writeString(file(), "x".repeat(200_000));

        opened();

        assertThat(file()).isEmptyFile();
    }

    @Test
    void jsonIsBroughtOntoOneLineWithItsNumbersAsTheyAre() throws Exception {
        put(json("{\n  \"a\": 1.10000000000000000001,\n  \"b\": \"x\\ny\"\n}"));

        assertThat(stored()).containsExactly("{\"a\":1.10000000000000000001,\"b\":\"x\\ny\"}");
    }

    @Test
    void textStandsAsItIs() throws Exception {
        put(event().dataContentType("text/plain").text("grüße"));

        assertThat(stored()).containsExactly("grüße");
    }

    @Test
    void whatCannotBeALineIsRefusedAndLeavesNothing() throws Exception {
        SinkConnector sink = opened();

        for (Event bad : List.of(
                event().dataContentType("text/plain").text("two\nlines").build(),
                event().dataContentType("image/png")
                        .data(new byte[] {(byte) 0x89, 'P'})
                        .build(),
                event().protoData(Any.getDefaultInstance()).build(),
                json("{\n broken").build())) {
            assertThatThrownBy(() -> sink.put(List.of(records(0, 1).get(0), record(bad))))
                    .isInstanceOfSatisfying(
                            EventMeshException.class,
                            refused -> assertThat(refused.code().retryable()).isFalse());
        }
        sink.flush();

        assertThat(stored()).isEmpty();
    }

    @Test
    void wholeEventsAreCloudEventsJson() throws Exception {
        SinkConnector sink = sink(Format.EVENT);
        sink.open();

        sink.put(List.of(
                record(json("{\"a\":\n1}")
                        .attribute("flag", true)
                        .attribute("count", 3)
                        .subject("s")
                        .build()),
                record(event().dataContentType("text/plain").text("two\nlines").build()),
                record(event().data(new byte[] {1, 2}).build())));
        sink.flush();
        sink.close();

        assertThat(stored().get(0))
                .isEqualTo("{\"specversion\":\"1.0\",\"id\":\"1\",\"source\":\"/test\",\"type\":\"t\",\"count\":3,"
                        + "\"datacontenttype\":\"application/json\",\"flag\":true,\"subject\":\"s\","
                        + "\"data\":{\"a\":1}}");
        assertThat(stored().get(1)).endsWith("\"data\":\"two\\nlines\"}");
        assertThat(stored().get(2)).endsWith("\"data_base64\":\"AQI=\"}");
    }

    private void put(EventBuilder event) throws Exception {
        SinkConnector sink = opened();
        sink.put(List.of(record(event.build())));
        sink.flush();
    }

    private static EventBuilder event() {
        return Event.builder().id("1").source("/test").type("t");
    }

    private static EventBuilder json(String text) {
        return event().dataContentType("application/json").text(text);
    }

    private SinkConnector sink(Format format) {
        return new FileSinkProvider().create(new FileSinkConfig(file().toString(), format), FakeTaskContext.of("out"));
    }

    /** In a directory that does not exist yet. */
    private Path file() {
        return directory.resolve("made/out.txt");
    }
}
