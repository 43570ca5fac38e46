package io.eventmesh.runtime.connector;

import io.eventmesh.spi.connector.SinkRecord;
import io.eventmesh.spi.mesh.Delivery;

/** A delivery of the mesh, and the record that the sink is given for it: the same one each time. */
record Held(Delivery delivery, SinkRecord record) {
    static Held of(Delivery delivery) {
        return new Held(
                delivery,
                new SinkRecord(
                        delivery.record().topic(), delivery.record().event(), delivery.attempt(), delivery.position()));
    }

    long bytes() {
        return delivery.record().event().size();
    }
}
