package io.eventmesh.connector.kafka.connect;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class PositionOffsetsTest {
    private static final Map<String, String> PARTITION = Map.of("server", "shop", "db", "one");
    private static final String NAME = "{\"db\":\"one\",\"server\":\"shop\"}";

    @Test
    void aPartitionIsNamedByItsJsonWithSortedKeys() {
        assertThat(PositionOffsets.partition(PARTITION)).isEqualTo(NAME);
    }

    @Test
    void aLongPartitionIsNamedByAHashAndItsPositionSaysWhatItWas() {
        Map<String, String> partition = Map.of("table", "t".repeat(2_000));

        String name = PositionOffsets.partition(partition);
        byte[] position = new PositionOffsets(Map.of()).position(name, partition, Map.of("o", 1));

        assertThat(name).startsWith("sha256:").hasSize(71);
        assertThat(new String(position, UTF_8)).contains("t".repeat(2_000));
        assertThat(new PositionOffsets(Map.of(name, position)).offset(partition))
                .isEqualTo(Map.of("o", 1L));
    }

    @Test
    void recordsOfOneOffsetAreCounted() {
        PositionOffsets offsets = new PositionOffsets(Map.of());

        List<String> positions = List.of(
                next(offsets, Map.of("lsn", 5L)), next(offsets, Map.of("lsn", 5L)), next(offsets, Map.of("lsn", 6L)));

        assertThat(positions)
                .containsExactly(
                        "{\"f\":1,\"n\":0,\"o\":{\"lsn\":5}}",
                        "{\"f\":1,\"n\":1,\"o\":{\"lsn\":5}}",
                        "{\"f\":1,\"n\":0,\"o\":{\"lsn\":6}}");
    }

    @Test
    void theCountGoesOnAfterAResume() {
        PositionOffsets before = new PositionOffsets(Map.of());
        next(before, Map.of("lsn", 5L));
        String second = next(before, Map.of("lsn", 5L));

        PositionOffsets after = new PositionOffsets(Map.of(NAME, second.getBytes(UTF_8)));

        assertThat(next(after, Map.of("lsn", 5L))).isEqualTo("{\"f\":1,\"n\":2,\"o\":{\"lsn\":5}}");
    }

    @Test
    void theConnectorIsAnsweredWithWhatWasCommittedLast() {
        PositionOffsets offsets = new PositionOffsets(Map.of());
        String first = next(offsets, Map.of("lsn", 5));
        next(offsets, Map.of("lsn", 6));
        assertThat(offsets.offset(PARTITION)).isNull();

        offsets.committed(Map.of(NAME, first.getBytes(UTF_8)));

        assertThat(offsets.offset(PARTITION)).isEqualTo(Map.of("lsn", 5L));
        assertThat(offsets.offsets(List.of(PARTITION, Map.of("server", "other"))))
                .containsEntry(PARTITION, Map.of("lsn", 5L))
                .containsEntry(Map.of("server", "other"), null);
    }

    @Test
    void valuesComeBackAsKafkaConnectGivesThem() {
        Map<String, Object> offset = new HashMap<>();
        offset.put("whole", 7);
        offset.put("large", 7_000_000_000L);
        offset.put("real", 1.5);
        offset.put("text", "a");
        offset.put("flag", true);
        offset.put("none", null);
        offset.put("bytes", new byte[] {1, 2});
        PositionOffsets offsets = new PositionOffsets(Map.of());

        offsets.committed(Map.of(NAME, offsets.position(NAME, PARTITION, offset)));

        Map<String, Object> known = offsets.offset(PARTITION);
        assertThat(known)
                .containsEntry("whole", 7L)
                .containsEntry("large", 7_000_000_000L)
                .containsEntry("real", 1.5)
                .containsEntry("text", "a")
                .containsEntry("flag", true)
                .containsEntry("none", null);
        assertThat((byte[]) known.get("bytes")).containsExactly(1, 2);
    }

    @Test
    void aPositionOfAnotherPluginIsRefused() {
        assertThatThrownBy(() -> new PositionOffsets(Map.of(NAME, "offset 7".getBytes(UTF_8))))
                .isInstanceOf(EventMeshException.class)
                .hasMessageContaining("reset the connector's positions")
                .extracting(failure -> ((EventMeshException) failure).code())
                .isEqualTo(ErrorCode.DATA_CORRUPT);
    }

    private static String next(PositionOffsets offsets, Map<String, ?> offset) {
        return new String(offsets.position(NAME, PARTITION, offset), UTF_8);
    }
}
