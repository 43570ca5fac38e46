package io.eventmesh.connector.file;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.eventmesh.common.config.DataSize;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.connector.file.FileSourceConfig.Format;
import io.eventmesh.spi.connector.SourceConnector;
import io.eventmesh.spi.connector.SourceRecord;
import io.eventmesh.spi.connector.TaskContext;
import io.eventmesh.testkit.connector.FakeTaskContext;
import io.eventmesh.testkit.connector.SourceConnectorContractTest;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class FileSourceTest extends SourceConnectorContractTest {
    @TempDir
    private Path directory;

    private int produced;

    @Override
    protected SourceConnector connector() {
        return source(Format.LINES, 0, true);
    }

    @Override
    protected void produce(int records) throws IOException {
        for (int i = 0; i < records; i++) {
            append("line " + produced++ + "\n");
        }
    }

    @Test
    void aLineBecomesJsonWithItsNumber() throws Exception {
        append("a \"quoted\"\r\n\nübrig\n");

        List<SourceRecord> records = poll(opened(Map.of()), 3);

        assertThat(records.stream().map(FileSourceTest::data))
                .containsExactly(
                        "{\"line\":\"a \\\"quoted\\\"\",\"number\":1}",
                        "{\"line\":\"\",\"number\":2}",
                        "{\"line\":\"übrig\",\"number\":3}");
    }

    @Test
    void numbersGoOnAfterARestart() throws Exception {
        append("a\nb\nc\n");
        SourceRecord second = poll(opened(Map.of()), 3).get(1);

        List<SourceRecord> rest = poll(opened(position(second)), 1);

        assertThat(data(rest.get(0))).isEqualTo("{\"line\":\"c\",\"number\":3}");
    }

    @Test
    void aLineWithoutItsBreakWaitsForIt() throws Exception {
        append("whole\nhal");
        SourceConnector source = opened(Map.of());
        assertThat(poll(source, 1)).hasSize(1);
        assertThat(source.poll()).isEmpty();

        append("f\n");

        assertThat(data(poll(source, 1).get(0))).contains("\"half\"");
    }

    @Test
    void aFileThatIsNotFollowedEndsWithItsLastLine() throws Exception {
        append("a\nb");
        SourceConnector source = source(Format.LINES, 0, false);
        source.open(Map.of());

        List<SourceRecord> records = poll(source, 2);
        append("c\n");

        assertThat(data(records.get(1))).contains("\"b\"");
        assertThat(source.poll()).isEmpty();
        source.close();
    }

    @Test
    void bytesThatAreNotUtf8BecomeReplacements() throws Exception {
        Files.write(file(), new byte[] {'a', (byte) 0xff, 'b', '\n'});

        assertThat(data(poll(opened(Map.of()), 1).get(0))).contains("a\uFFFDb");
    }

    @Test
    void aLongLineIsCutAndSaysSo() throws Exception {
        append("x".repeat(100) + "\nshort\n");
        SourceConnector source = new FileSource(
                new FileSourceConfig(file().toString(), Format.LINES, "t", 0, true, 10, new DataSize(16)), context());
        source.open(Map.of());

        List<SourceRecord> records = poll(source, 2);

        assertThat(data(records.get(0))).contains("\"" + "x".repeat(16) + "\"");
        assertThat(Objects.requireNonNull(records.get(0).event()).build().attribute("truncated"))
                .isEqualTo("true");
        assertThat(Objects.requireNonNull(records.get(1).event()).build().attribute("truncated"))
                .isNull();
        source.close();
    }

    @Test
    void ndjsonLinesAreTheDataThemselves() throws Exception {
        append("{\"a\": 1.50}\n\nnot json\n[1] 2\n");
        SourceConnector source = source(Format.NDJSON, 0, true);
        source.open(Map.of());

        List<SourceRecord> records = poll(source, 4);

        assertThat(data(records.get(0))).isEqualTo("{\"a\": 1.50}");
        assertThat(records.get(1).event()).isNull();
        assertThat(data(records.get(2))).isEqualTo("{\"line\":\"not json\",\"number\":3,\"invalid\":true}");
        assertThat(data(records.get(3))).contains("\"invalid\":true");
        source.close();
    }

    @Test
    void aFileThatDoesNotExistYetIsWaitedFor() throws Exception {
        SourceConnector source = opened(Map.of());
        assertThat(source.poll()).isEmpty();

        append("here\n");

        assertThat(poll(source, 1)).hasSize(1);
    }

    @Test
    void aRenamedFileIsReadToItsEndAndThenTheNewOne() throws Exception {
        append("old 1\n");
        SourceConnector source = opened(Map.of());
        poll(source, 1);

        Files.move(file(), directory.resolve("in.log.1"));
        append("new 1\n");
        Files.writeString(directory.resolve("in.log.1"), "old 2\n", StandardOpenOption.APPEND);

        assertThat(poll(source, 2).stream().map(FileSourceTest::data))
                .containsExactly("{\"line\":\"old 2\",\"number\":2}", "{\"line\":\"new 1\",\"number\":1}");
    }

    @Test
    void aFileRenamedWhileNobodyReadIsFoundAgain() throws Exception {
        append("old 1\nold 2\n");
        SourceConnector first = opened(Map.of());
        Map<String, byte[]> position = position(poll(first, 2).get(0));
        first.close();

        Files.move(file(), directory.resolve("in.log.1"));
        append("new 1\n");

        assertThat(poll(opened(position), 2).stream().map(FileSourceTest::data))
                .containsExactly("{\"line\":\"old 2\",\"number\":2}", "{\"line\":\"new 1\",\"number\":1}");
    }

    @Test
    void aTruncatedFileIsReadFromItsBeginning() throws Exception {
        append("a long first line\nand another\n");
        SourceConnector source = opened(Map.of());
        List<SourceRecord> before = poll(source, 2);

        truncate();
        append("a\n");

        List<SourceRecord> after = poll(source, 1);
        assertThat(data(after.get(0))).isEqualTo("{\"line\":\"a\",\"number\":1}");
        assertThat(after.get(0).position()).isNotEqualTo(before.get(0).position());
    }

    @Test
    void aFileWrittenAnewToMoreThanItsOldLengthIsNoticed() throws Exception {
        append("first\n");
        SourceConnector source = opened(Map.of());
        poll(source, 1);

        truncate();
        append("something else, and longer\n");

        assertThat(data(poll(source, 1).get(0))).contains("something else");
    }

    @Test
    void aFileTruncatedWhileNobodyReadIsReadFromItsBeginning() throws Exception {
        append("a long first line\nand another\n");
        SourceConnector first = opened(Map.of());
        Map<String, byte[]> position = position(poll(first, 2).get(1));
        first.close();

        truncate();
        append("b\n");

        assertThat(data(poll(opened(position), 1).get(0))).isEqualTo("{\"line\":\"b\",\"number\":1}");
    }

    @Test
    void theRateIsKept() throws Exception {
        append("x\n".repeat(1_000));
        SourceConnector source = source(Format.LINES, 500, true);
        source.open(Map.of());
        long before = System.nanoTime();

        poll(source, 400);

        double seconds = (System.nanoTime() - before) / 1e9;
        assertThat(seconds).isBetween(0.5, 2.0);
        source.close();
    }

    @Test
    void aStrangePositionIsRefused() {
        assertThatThrownBy(() -> opened(Map.of(file().toString(), "9;?".getBytes(UTF_8))))
                .isInstanceOf(EventMeshException.class)
                .hasMessageContaining("format 1");
    }

    @Test
    void aDirectoryIsRefusedBeforeItRuns() {
        FileSourceConfig config =
                new FileSourceConfig(directory.toString(), Format.LINES, "t", 0, true, 10, DataSize.ofKibibytes(1));

        assertThat(new FileSourceProvider().validate(config))
                .singleElement()
                .asString()
                .contains("not a directory");
    }

    private SourceConnector source(Format format, int rate, boolean follow) {
        return new FileSourceProvider()
                .create(
                        new FileSourceConfig(
                                file().toString(), format, "file.line", rate, follow, 250, DataSize.ofKibibytes(64)),
                        context());
    }

    private static TaskContext context() {
        return FakeTaskContext.of("in");
    }

    private static Map<String, byte[]> position(SourceRecord record) {
        return Map.of(record.partition(), record.position());
    }

    private Path file() {
        return directory.resolve("in.log");
    }

    private void append(String text) throws IOException {
        Files.writeString(file(), text, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    }

    private void truncate() throws IOException {
        try (FileChannel channel = FileChannel.open(file(), StandardOpenOption.WRITE)) {
            channel.truncate(0);
        }
    }
}
