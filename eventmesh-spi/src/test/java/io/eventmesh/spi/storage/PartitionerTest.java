package io.eventmesh.spi.storage;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PartitionerTest {
    @ParameterizedTest
    @CsvSource({
        "21, -973932308",
        "foobar, -790332482",
        "a-little-bit-long-string, -985981536",
        "a-little-bit-longer-string, -1486304829",
        "lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8, -58897971",
        "abc, 479470107"
    })
    void hashesAsKafkaDoes(String key, int hash) {
        assertThat(Partitioner.murmur2(key.getBytes(StandardCharsets.UTF_8))).isEqualTo(hash);
    }

    @Test
    void takesTheHashWithoutItsSignModuloThePartitions() {
        assertThat(Partitioner.partition("21", 7)).isEqualTo((-973932308 & 0x7fffffff) % 7);
        assertThat(Partitioner.partition("abc", 10)).isEqualTo(7);
    }

    @Test
    void hashesTheUtf8BytesOfAKey() {
        String key = "größe-日本";

        int expected = (Partitioner.murmur2(key.getBytes(StandardCharsets.UTF_8)) & 0x7fffffff) % 1_000;

        assertThat(Partitioner.partition(key, 1_000)).isEqualTo(expected);
    }

    @Test
    void oneOfOnePartitionIsTheFirst() {
        assertThat(Partitioner.partition("whatever", 1)).isZero();
    }

    @Test
    void usesAllPartitions() {
        assertThat(IntStream.range(0, 1_000)
                        .map(i -> Partitioner.partition("key-" + i, 8))
                        .distinct()
                        .count())
                .isEqualTo(8);
    }
}
