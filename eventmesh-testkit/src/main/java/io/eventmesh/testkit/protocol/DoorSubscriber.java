package io.eventmesh.testkit.protocol;

import io.eventmesh.spi.event.Event;
import java.util.List;

/** A subscription held over a door's protocol. */
public interface DoorSubscriber extends AutoCloseable {
    /** What came, in order. */
    List<Event> received();

    /** Acks the n-th event that came, counted from 0. */
    void ack(int index);

    /** Whether the door ended the subscription. */
    boolean isEnded();

    @Override
    void close();
}
