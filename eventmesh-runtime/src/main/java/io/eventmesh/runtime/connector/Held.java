package io.eventmesh.runtime.connector;

import io.eventmesh.spi.connector.SinkRecord;
import io.eventmesh.spi.event.Event;
import io.eventmesh.spi.mesh.Delivery;

/** A delivery of the mesh, and the record that the sink is given for it: the same one each time. */
record Held(Delivery delivery, SinkRecord record) {
    /** @param event what the sink is given of it */
    static Held of(Delivery delivery, Event event) {
        return new Held(
                delivery, new SinkRecord(delivery.record().topic(), event, delivery.attempt(), delivery.position()));
    }

    long bytes() {
        return delivery.record().event().size();
    }
}
