package io.eventmesh.runtime.delivery;

import static org.assertj.core.api.Assertions.assertThat;

import io.eventmesh.common.topic.StreamName;
import io.eventmesh.spi.storage.Position;
import io.eventmesh.spi.storage.Progress;
import io.eventmesh.spi.storage.StreamPartition;
import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

class LongTableTest {
    @Test
    void itAgreesWithAMap() {
        StreamPartition partition = new StreamPartition(new StreamName("default", "s"), 0);
        PartitionWindow window = new PartitionWindow(partition, 1, Progress.at(0), new PartitionWindow.Held());
        Random random = new Random(7);
        LongTable table = new LongTable();
        Map<Long, Entry> map = new HashMap<>();
        for (int step = 0; step < 5_000; step++) {
            long id = random.nextInt(500);
            if (random.nextBoolean() && !map.containsKey(id)) {
                Entry entry = new Entry(new Position(partition, id), window, null, null, null);
                entry.deliveryId = id;
                table.add(entry);
                map.put(id, entry);
            } else {
                assertThat(table.remove(id) == map.remove(id)).isTrue();
            }
            long probe = random.nextInt(500);
            assertThat(table.get(probe) == map.get(probe)).isTrue();
            assertThat(table.size() == map.size()).isTrue();
        }
    }
}
