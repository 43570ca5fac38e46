package io.eventmesh.tests.rules;

import io.eventmesh.sdk.Ack;
import io.eventmesh.sdk.EventMesh;
import io.eventmesh.sdk.Subscription;
import io.eventmesh.spi.event.Event;
import io.eventmesh.spi.storage.Start;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;

/** A subscriber that remembers every event that came. */
final class Reader implements AutoCloseable {
    private final List<Event> came = new CopyOnWriteArrayList<>();
    private final Subscription subscription;

    Reader(EventMesh client, String pattern, String group) throws Exception {
        subscription = client.subscribe(pattern, group)
                .from(Start.earliest())
                .ack(Ack.EXPLICIT)
                .maxInFlight(256)
                .handle((event, delivery) -> {
                    came.add(delivery.event());
                    delivery.ack();
                })
                .ready()
                .get(60, TimeUnit.SECONDS);
    }

    List<Event> came() {
        return List.copyOf(came);
    }

    List<String> ids() {
        return came.stream().map(Event::id).toList();
    }

    @Override
    public void close() {
        subscription.close();
    }
}
