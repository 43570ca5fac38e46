package io.eventmesh.protocol.http;

import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.spi.mesh.CallContext;
import java.time.Duration;

/** A client that takes events over HTTP: a stream, or a session of polls. Thread-safe. */
interface Consumer {
    /** Names it to its client; nobody else can guess it. */
    String token();

    /** Whose it is: nobody else settles its deliveries. */
    CallContext owner();

    /** The event is done. False when the delivery is over already, or never was. */
    boolean ack(long delivery);

    /** The event shall be offered again. False as in {@link #ack}. */
    boolean release(long delivery, Duration delay);

    /** The event goes to the dead letter. False as in {@link #ack}. */
    boolean reject(long delivery, String reason);

    /** Ends it from the door's side, telling the client why. */
    void end(EventMeshException cause);
}
