package io.eventmesh.tests.fault.task;

import io.eventmesh.sdk.EventMesh;
import io.eventmesh.sdk.Subscription;
import io.eventmesh.spi.event.Event;
import io.eventmesh.spi.storage.Start;
import io.eventmesh.tests.fault.task.plugin.Stamp;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;

/** A group of its own that reads what the mesh stored of the numbered sources, by place. Thread-safe. */
final class MeshTail implements AutoCloseable {
    private final EventMesh client;
    private final Map<Integer, SortedMap<Long, Stamp>> stored = new HashMap<>();
    private final Map<String, List<Stamp>> seen = new HashMap<>();

    MeshTail(EventMesh client, String topic) throws Exception {
        this.client = client;
        Subscription subscription = client.subscribe(topic, "tail")
                .from(Start.earliest())
                .handle(Event.class, (event, delivery) -> saw(delivery.partition(), delivery.offset(), event));
        subscription.ready().get(30, TimeUnit.SECONDS);
    }

    private synchronized void saw(int partition, long offset, Event event) {
        Stamp stamp = Stamp.decode(event.data());
        if (stored.computeIfAbsent(partition, unused -> new TreeMap<>()).putIfAbsent(offset, stamp) == null) {
            seen.computeIfAbsent(stamp.partition(), unused -> new ArrayList<>()).add(stamp);
        }
    }

    /** What is stored of each partition of the sources, in the order of the mesh. */
    synchronized Map<String, List<Stamp>> stored() {
        Map<String, List<Stamp>> bySource = new TreeMap<>();
        stored.values()
                .forEach(partition -> partition
                        .values()
                        .forEach(stamp -> bySource.computeIfAbsent(stamp.partition(), unused -> new ArrayList<>())
                                .add(stamp)));
        return bySource;
    }

    /** What came of a source's partition, in the order of its coming. */
    synchronized List<Stamp> seen(String partition) {
        return List.copyOf(seen.getOrDefault(partition, List.of()));
    }

    /** How many events of a source's partition came. */
    synchronized int count(String partition) {
        return seen.getOrDefault(partition, List.of()).size();
    }

    @Override
    public void close() {
        client.close();
    }
}
