package io.eventmesh.testkit.checker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class HistoryFileTest {
    private static final List<Observation> SEEN = List.of(
            new Observation.Sending(1, new EventId("p", 0), "t/a", "k", -7),
            new Observation.Sending(2, new EventId("p", 1), "t/a", null, 8),
            new Observation.Answered(3, new EventId("p", 0), Outcome.OK, new Place("t-0", 4)),
            new Observation.Answered(4, new EventId("p", 1), Outcome.UNKNOWN, null),
            new Observation.Offered(5, "g", "m", new EventId("p", 0), new Place("t-0", 4), -7, 1),
            new Observation.Settled(6, "g", "m", new Place("t-0", 4), Fate.ACKED),
            new Observation.Disturbed(7, "g", "killed", 100));

    @TempDir
    Path directory;

    @Test
    void whatWasWrittenIsRead() {
        Path file = directory.resolve("p.history");
        try (HistoryFile history = new HistoryFile(file)) {
            SEEN.forEach(history::add);
        }

        assertThat(HistoryFile.read(file)).isEqualTo(SEEN);
    }

    @Test
    void aLineThatTheProcessDidNotFinishIsLeftOut() throws IOException {
        Path file = directory.resolve("p.history");
        try (HistoryFile history = new HistoryFile(file)) {
            history.add(SEEN.get(0));
        }
        Files.writeString(file, "answered\t3\tp#", StandardOpenOption.APPEND);

        assertThat(HistoryFile.read(file)).containsExactly(SEEN.get(0));
    }

    @Test
    void anyOtherBadLineIsNamed() throws IOException {
        Path file = directory.resolve("p.history");
        Files.writeString(file, "answered\tsoon\n");

        assertThatThrownBy(() -> HistoryFile.read(file))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("answered\tsoon");
    }
}
