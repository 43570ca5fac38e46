package io.eventmesh.spi.connector;

import java.util.List;
import java.util.Map;

/**
 * Reads a foreign system and hands its records over as events.
 *
 * <p>Used by one thread at a time: open, then poll again and again with {@link #committed} between polls, then close.
 * Only {@link #close} may be called by another thread while one of the others runs, and makes it return soon. The thread
 * is the task's own: it may block, but not longer than a second without looking at its interrupt flag.
 *
 * <p>Failures: an {@code EventMeshException} with a retryable code, or an {@code IOException}, restarts the task with
 * back-off; CONNECTOR_CONFIG_INVALID makes it fail for good after a few tries.
 */
public interface SourceConnector extends AutoCloseable {
    /**
     * Connects, and goes to where the last owner of the task had come.
     *
     * @param positions the committed position of each partition, in the connector's own form; empty for a first start
     */
    void open(Map<String, byte[]> positions) throws Exception;

    /**
     * The next records, at most a few hundred; waits up to about a second for the first, then returns what there is,
     * possibly nothing. Records of one partition come in the order of their positions.
     */
    List<SourceRecord> poll() throws Exception;

    /** The positions are stored: the foreign system may forget what lies before them. */
    default void committed(Map<String, byte[]> positions) throws Exception {}

    /** Gives everything back. Any number of times, from any state. */
    @Override
    void close();
}
