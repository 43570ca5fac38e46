package io.eventmesh.tests.fault;

import io.eventmesh.sdk.Delivery;
import io.eventmesh.sdk.PublishAck;
import io.eventmesh.spi.event.Event;
import io.eventmesh.testkit.checker.Place;

/** What producers and subscribers of these tests agree upon. */
final class Wire {
    static final String TOPIC = "orders/eu";
    static final String PATTERN = "orders/>";
    static final String GROUP = "billing";
    /** What a subscriber may hold; so much may come again when it is killed. */
    static final int WINDOW = 256;

    private static final String STREAM = "orders/";

    private Wire() {}

    static Place place(PublishAck ack) {
        return new Place(STREAM + ack.partition(), ack.offset());
    }

    static Place place(Delivery<Event> delivery) {
        return new Place(STREAM + delivery.partition(), delivery.offset());
    }
}
