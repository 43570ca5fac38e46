package io.eventmesh.tests.fault;

import io.eventmesh.sdk.Delivery;
import io.eventmesh.sdk.PublishAck;
import io.eventmesh.spi.event.Event;
import io.eventmesh.testkit.checker.Place;

/**
 * What producers and subscribers of a history agree upon.
 *
 * @param stream the first level of the topic
 */
public record Route(String stream, String group) {
    static final Route ORDERS = new Route("orders", "billing");
    /** What a subscriber may hold; so much may come again when it is killed. */
    public static final int WINDOW = 256;

    String topic() {
        return stream + "/eu";
    }

    String pattern() {
        return stream + "/>";
    }

    Place place(PublishAck ack) {
        return new Place(partition(ack.partition()), ack.offset());
    }

    Place place(Delivery<Event> delivery) {
        return new Place(partition(delivery.partition()), delivery.offset());
    }

    /** One object for each, since histories name it for every event. */
    private String partition(int number) {
        return (stream + "/" + number).intern();
    }
}
