package io.eventmesh.spi.connector;

import java.util.List;

/**
 * Writes events to a foreign system.
 *
 * <p>Used by one thread at a time: open, then put and flush again and again, then close. Only {@link #close} may be called
 * by another thread meanwhile, and makes the others return soon. The thread is the task's own and may block, but not
 * longer than a second without looking at its interrupt flag.
 *
 * <p>An event may come again after a crash between flush and ack; whoever wants to recognise it uses source + id.
 */
public interface SinkConnector extends AutoCloseable {
    /** Connects, and repairs what a crash of the last owner may have left half written. */
    void open() throws Exception;

    /**
     * Takes a batch, in order. A retryable {@code EventMeshException} or an {@code IOException} brings the same batch
     * again after a back-off, and not before the exception's {@code retryAfter}: when that is longer than two minutes,
     * its events go back to the mesh until then. CONNECTOR_CONFIG_INVALID, UNAUTHENTICATED and PERMISSION_DENIED are the
     * connector's fault and fail the task. Any other failure brings its events one by one, and the one that fails alone
     * goes to the dead letter.
     */
    void put(List<SinkRecord> batch) throws Exception;

    /** Returns when everything that was put is safe in the foreign system; the runtime acks it then. */
    void flush() throws Exception;

    /** Gives everything back, after a flush if there was no failure. Any number of times, from any state. */
    @Override
    void close();
}
